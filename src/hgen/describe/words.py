"""Words: how identifiers and prose are cut into comparable pieces."""

import re

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+|\d+")
_SEPARATORS = re.compile(r"[\W_]+")


def parts(identifier: str) -> list[str]:
    """The lower-case words of an identifier: ``parseHTTP_header2`` is parse, http, header, 2."""
    return [piece.lower() for chunk in identifier.split("_") for piece in _CAMEL.findall(chunk)]


def terms(text: str) -> list[str]:
    """The search terms of code or prose: the words of all identifiers, without plural endings."""
    return [_stem(word) for identifier in _IDENTIFIER.findall(text) for word in parts(identifier) if len(word) > 1]


def flat(text: str) -> str:
    """Text with everything but letters and digits folded to single spaces, lower case, framed by spaces.

    Two passages that differ in markup, wrapping or punctuation only are equal when flat.
    """
    return f" {_SEPARATORS.sub(' ', text).strip().lower()} "


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
