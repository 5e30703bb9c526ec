"""Words: how identifiers and prose are cut into comparable pieces."""

import re
from functools import lru_cache

import snowballstemmer

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")
_SEPARATORS = re.compile(r"[\W_]+")
_STEMMER = snowballstemmer.stemmer("english")
_LONGEST_WORD = 40
"""Letters; what is longer is no word, and has no other forms."""


def parts(identifier: str) -> list[str]:
    """The lower-case words of an identifier: ``parseHTTP_header2`` is parse, http, header, 2."""
    return [piece.lower() for chunk in identifier.split("_") for piece in _CAMEL.findall(chunk)]


def terms(text: str) -> list[str]:
    """The search terms of code or prose: the stems of the words of all identifiers."""
    return [word for identifier in _IDENTIFIER.findall(text) for word in _stems(identifier)]


@lru_cache(maxsize=1 << 16)
def _stems(identifier: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in parts(identifier) if len(word) > 1)


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """What a lower-case word has in common with its other forms: ``parses`` and ``parsing`` are ``pars``."""
    return word if len(word) > _LONGEST_WORD else str(_STEMMER.stemWord(word))


def flat(text: str) -> str:
    """Text with everything but letters and digits folded to single spaces, lower case, framed by spaces.

    Two passages that differ in markup, wrapping or punctuation only are equal when flat.
    """
    return f" {_SEPARATORS.sub(' ', text).strip().lower()} "
