"""Words that say nothing about code: of what is still to be written, of numbers, of rows of letters."""

from __future__ import annotations

from collections.abc import Collection, Sequence

LOOK_ALIKES = str.maketrans(
    "АВЕКМНОРСТУХавекмнорстухіІјЈѕЅԁѡΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαιντᴛᴏᴅᴇɪꜰᴍхⅼ",
    "ABEKMHOPCTYXabekmhopctyxiIjJsSdwABEZHIKMNOPTYXoaivtTODEIFMxl",
)
"""Letters of other scripts by the Latin ones that they are taken for."""

_ROWS = (
    *("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn"),
    *("qaz", "wsx", "edc", "rfv", "tgb", "yhn", "ujm", "abcdefghijklmnopqrstuvwxyz"),
    *("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
    *("αβγδεζηθικλμνξοπρστυφχψω", "あいうえおかきくけこ", "アイウエオカキクケコ"),
)
"""Letters as they follow each other on keyboards and in alphabets."""
_RUNS = frozenset(way[at : at + 3] for row in _ROWS for way in (row, row[::-1]) for at in range(len(row) - 2))
_LONGEST = 60
"""Letters of a word that may be such a row."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NUMBERS = _set(
    """
    zero one two three four five six seven eight nine ten eleven twelve hundred thousand million eins zwei drei
    vier fünf sechs sieben acht neun zehn un deux trois quatre cinq sept huit neuf dix uno dos tres cuatro cinco
    seis siete ocho nueve diez i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xx l c d m alpha beta gamma
    delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi psi omega
    """
)
_FILLERS = _set(
    """
    foo bar baz qux quux quuz corge grault garply waldo fred plugh xyzzy thud foobar spam ham eggs lorem ipsum
    dolor sit amet consectetur adipiscing elit hello world blah bla yada yadda dummy filler placeholder sample
    asdf etc na nil null none void undefined unknown whatever stuff thing things something anything test testing
    tests
    """
)
_OF_GRAMMAR = _set(
    """
    a an the this that these those it its my your our their his her i you we they he she me us them of for to
    and or but with as at by from is are was were be been being has have had will would shall should can could
    may might must please just only here there now so too also very own some any each every one
    """
)
_ABOUT_DOCUMENTING = _set(
    """
    docstring docstrings doc docs documentation documented document documents documenting undocumented
    description descriptions describe described describes describing todo tbd tba fixme wip
    """
)
_ASKING = _set(
    """
    add added adding insert inserted put write writes writing written fill filled provide provided complete
    completed replace replaced update supply give given see find need needs needed want wants do done go goes
    come comes follow follows following get gets make read sure until no not none nothing missing lacking lost
    empty blank yet available unavailable pending later soon temporary stub placeholder draft function functions
    method methods class classes module modules definition definitions code symbol body first statement words
    word least three two real summary text comment comments explanation explain what who which how where when
    below above out other others look alike right place whole proper properly short good task tasks answer all
    nobody somebody someone still always
    """
)
"""What requests to write a docstring, and the rules for it, are made of besides."""


def is_empty(word: str) -> bool:
    """Whether a word, in small letters, is one letter many times, or a row of letters."""
    if len(word) < 2:
        return False
    return len(set(word)) == 1 or _is_row(word)


def say_nothing(words: Sequence[str], names: Collection[str]) -> bool:
    """Whether words only count, fill, or speak of documentation that is to be written for something of these names."""
    said = set(words)
    if said <= _NUMBERS | _FILLERS or said <= _OF_GRAMMAR:
        return True
    # What works on documentation itself may well be described so.
    if any("doc" in name for name in names) or not said & _ABOUT_DOCUMENTING:
        return False
    return said <= _ABOUT_DOCUMENTING | _ASKING | _OF_GRAMMAR | _NUMBERS | _FILLERS | set(names)


def _is_row(word: str) -> bool:
    """Whether a word is made of rows of at least three letters that follow each other."""
    if not 3 <= len(word) <= _LONGEST:
        return False
    covered = 0
    for at in range(len(word) - 2):
        if word[at : at + 3] in _RUNS:
            covered = at + 3
        elif at >= covered:
            return False
    return covered == len(word)
