"""Words in docstrings and comments, in any script: what is said is not judged, only that something is."""

from __future__ import annotations

import re

from hgen.scoring.python.combining import normalized

MIN_WORDS = 3
_BETWEEN = re.compile(r"[\s,;:/\\|()\[\]{}<>=+*&!?\"#@$%^~`…—–。、「」『』·•→]+")
_BLANK_LETTERS = re.compile("[\u115f\u1160]")
"""Fillers of the Korean script: letters by their category, and nothing to see."""
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff]")
_PROMISE = re.compile(
    r"\W*(?:(?:TODO|FIXME|TBD|XXX)\b(?!-|\s+(?:list|item|comment|note|entr|tag|task))"
    r"|(?i:(?:todo|fixme|tbd)(?::|\s+-)|lorem\s+ipsum))"
)
_FILLER = re.compile(
    r"(?:(?:add|insert|put|write) )?(?:a |the |your |my )?(?:docstring|documentation|description|text) (?:goes )?"
    r"(?:here|later)|this is (?:a|the) (?:\w+ )?docstring(?: \w+)?|foo bar baz(?: qu+x)?"
)


def words(text: str) -> list[str]:
    """The words of a text in small letters; a dotted or underscored name is one, a number or a sign is none."""
    plain = _BLANK_LETTERS.sub(" ", normalized(text)).casefold()
    parts = ("".join(filter(str.isalnum, part)) for part in _BETWEEN.split(plain))
    return [part for part in parts if any(map(str.isalpha, part))]


def is_description(docstring: str) -> bool:
    """Whether a docstring says something: at least three different words, or as much in a script without spaces.

    A promise to write one (``TODO``) and the usual fillers say nothing.
    """
    said = words(docstring)
    if _PROMISE.match(docstring) or _FILLER.fullmatch(" ".join(said)):
        return False
    unspaced = _UNSPACED.findall("".join(said))
    if len(unspaced) >= 2 * MIN_WORDS and len(set(unspaced)) > MIN_WORDS:
        return True
    return len(set(said)) >= MIN_WORDS and any(len(word) > 1 for word in said)


def says_something(comment: str) -> bool:
    """Whether a comment holds at least one word of two letters."""
    return any(sum(map(str.isalpha, word)) > 1 for word in words(comment))
