"""Combining characters, such as accents: of many in a row, sorting them takes time that grows with their square.

Unicode's Normalization Forms put the combining characters behind a letter in order, which Python does by insertion.
A megabyte of them keeps ``unicodedata.normalize``, and Python's own parser for identifiers, busy for hours.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RUN = 30
"""As many in a row as Unicode's Stream-Safe Text Format has (UAX #15); no language needs ten."""
_LONG_RUN = re.compile(f"[^\\x00-\\x7f]{{{MAX_RUN + 1},}}")
_SKIPPED = re.compile(
    r"#[^\r\n]*|([bfrtuBFRTU]{0,3})(?:"
    r'"""(?:[^\\"]+|\\[\s\S]|"(?!""))*(?:"""|\\?\Z)'
    r"|'''(?:[^\\']+|\\[\s\S]|'(?!''))*(?:'''|\\?\Z)"
    r'|"(?:[^\\"\r\n]+|\\[\s\S])*(?:"|(?=[\r\n])|\\?\Z)'
    r"|'(?:[^\\'\r\n]+|\\[\s\S])*(?:'|(?=[\r\n])|\\?\Z))"
)
"""A comment, or a string and its prefix; one that is open goes on to the end of its line, or of the text."""


def normalized(text: str) -> str:
    """Text in Normalization Form NFKC, in linear time: of combining characters in a row, the first 30 count."""
    return unicodedata.normalize("NFKC", "".join(_in_short_runs(text)) if _LONG_RUN.search(text) else text)


def is_overlong(text: str) -> bool:
    """Whether more than 30 combining characters follow each other somewhere."""
    return any(len("".join(_in_short_runs(found[0]))) < len(found[0]) for found in _LONG_RUN.finditer(text))


def has_overlong_name(text: str) -> bool:
    """Whether that is so in Python code outside of its comments and plain strings, where Python's parser normalizes."""
    return is_overlong(text) and any(map(is_overlong, _code(text)))


def _in_short_runs(text: str) -> Iterator[str]:
    run = 0
    for char in text:
        run = run + 1 if _combines(char) else 0
        if run <= MAX_RUN:
            yield char


@lru_cache(maxsize=65536)
def _combines(char: str) -> bool:
    """Whether a character becomes one that combines with what stands before it; some do so only when decomposed."""
    return unicodedata.combining(unicodedata.normalize("NFKD", char)[0]) != 0


def _code(text: str) -> Iterator[str]:
    at = 0
    for skipped in _SKIPPED.finditer(text):
        yield text[at : skipped.start()]
        at = skipped.end()
        if set(skipped[1] or "") & set("fFtT"):
            yield skipped[0]
            if skipped[0].count("{") != skipped[0].count("}"):
                # The string's own quote stands in one of its expressions (PEP 701): where it ends is not known.
                break
    yield text[at:]
