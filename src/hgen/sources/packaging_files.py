"""The formats of packaging files, TOML and INI, read from anyone: what cannot be read in linear time says nothing."""

import configparser
import re
import tomllib
from collections.abc import Mapping

MOST_BYTES = 1_000_000
"""Packaging files beyond this size are no packaging files."""

_MOST_INI_LINES = 5_000
"""``configparser`` writes a message of every line that it cannot read, again and again."""

_GAP = re.compile(r"(?<!\s)[^\S\n]{100}")
"""White space that ``configparser`` searches again from each place in it."""

_PART = r"""(?:(?<![A-Za-z0-9_-])[A-Za-z0-9_-]++|(?<!\\)"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+"""
_DEEP_KEY = re.compile(rf"(?:{_PART}\.[ \t]*+){{50}}")
"""A dotted key of so many parts that ``tomllib``, which goes through all that are before each, never ends."""


def read_toml(text: str) -> dict[str, object]:
    """The tables, or nothing."""
    if len(text) > MOST_BYTES or _DEEP_KEY.search(text):
        return {}
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        # Not only TOMLDecodeError: dates that never were and numbers of thousands of digits are others.
        return {}


def read_ini(text: str, *, strict: bool) -> Mapping[str, Mapping[str, str]]:
    """The sections, or nothing; ``strict`` refuses what is said twice."""
    if len(text) > MOST_BYTES or text.count("\n") > _MOST_INI_LINES or _GAP.search(text):
        return {}
    parser = configparser.RawConfigParser(strict=strict)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {section: dict(parser.items(section)) for section in parser.sections()}
