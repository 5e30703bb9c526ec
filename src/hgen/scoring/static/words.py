"""Words in docstrings and comments, in any script: what is said is not judged, only that something is."""

from __future__ import annotations

import re
import unicodedata

from hgen.scoring.python.combining import normalized
from hgen.scoring.static import empty_words

MIN_WORDS = 3
_MOST = 20_000
"""Characters that are looked at; what begins with as many that say nothing says nothing."""
_BETWEEN = re.compile(r"[\s,;:/\\|()\[\]{}<>=+*&!?\"#@$%^~`…—–。、「」『』·•→]+")
_BLANK_LETTERS = re.compile("[\u115f\u1160]")
"""Fillers of the Korean script: letters by their category, and nothing to see."""
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff0-\ufff8\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What Unicode says to show as nothing (Default_Ignorable_Code_Point), the letters above apart."""
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff]")
_PROMISE = re.compile(
    r"\W*(?:(?:TODO|FIXME|TBD|TBA|XXX|WIP)\b(?!-|\s+(?:list|item|comment|note|entr|tag|task))|T\WO\WD\WO\b"
    r"|(?i:(?:to[ _-]?do|fixme|tbd)(?:\s?:|\s+[-–—]|\.?\s*$)|to\s+be\s+(?:done|written|determined|defined|added|filled"
    r"|completed|described|documented|continued)\b|coming\s+soon|work\s+in\s+progress|lorem\s+ipsum))"
)
_FILLER = re.compile(
    r"(?:(?:add|insert|put|write) )?(?:a |the |your |my )?(?:docstring|documentation|description|text) (?:goes )?"
    r"(?:here|later)|this is (?:a|the) (?:\w+ )?docstring(?: \w+)?"
)
_PARTS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")


def words(text: str) -> list[str]:
    """The words of a text in small letters; a dotted or underscored name is one, a number or a sign is none."""
    plain = _BLANK_LETTERS.sub(" ", normalized(text)).casefold()
    parts = ("".join(filter(str.isalnum, part)) for part in _BETWEEN.split(plain))
    return [part for part in parts if any(map(str.isalpha, part))]


def is_description(docstring: str, name: str = "") -> bool:
    """Whether the docstring of a definition of some name says something.

    That takes at least three different words, or as much in a script without spaces. Numbers in any writing, links,
    letters as they follow each other on a keyboard or in an alphabet, and repeated letters are no words. A promise to
    write a docstring (``TODO``), the request to do so, and the usual fillers say nothing.
    """
    plain = _plain(docstring)
    said = [word for word in words(" ".join(filter(_is_no_link, plain.split()))) if not empty_words.is_empty(word)]
    folded = [_folded(word) for word in said]
    if _PROMISE.match(_folded(plain, keep_case=True)) or _FILLER.fullmatch(" ".join(folded)):
        return False
    if empty_words.say_nothing(folded, {_folded(word) for word in _PARTS.split(name)}):
        return False
    unspaced = [char for char in _UNSPACED.findall("".join(said)) if not char.isnumeric()]
    if len(unspaced) >= 2 * MIN_WORDS and len(set(unspaced)) > MIN_WORDS:
        return True
    return len({_DIGITS.sub("", word) for word in said}) >= MIN_WORDS and any(len(word) > 1 for word in said)


def says_something(comment: str) -> bool:
    """Whether a comment holds at least one word of two letters."""
    return any(sum(map(str.isalpha, word)) > 1 for word in words(comment[:_MOST]))


def _plain(text: str) -> str:
    """What of a text can be seen, in the usual letters, numbers apart."""
    # Before they are normalized, Roman numerals are told from letters.
    text = "".join(" " if unicodedata.category(char) in ("Nl", "No") else char for char in text[:_MOST])
    return _BLANK_LETTERS.sub(" ", _UNSEEN.sub("", normalized(text)))


def _is_no_link(token: str) -> bool:
    token = token.strip(".,;:!?()<>[]{}'\"`")
    if "://" in token or token.startswith("www.") or ("@" in token[1:] and "." in token):
        return False
    first, slash, rest = token.partition("/")
    return not slash or ("." not in first and "." not in rest.rpartition("/")[2])


def _folded(text: str, *, keep_case: bool = False) -> str:
    """Letters without accents, and Latin ones in place of those that look like them."""
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return (bare if keep_case else bare.casefold()).translate(empty_words.LOOK_ALIKES)
