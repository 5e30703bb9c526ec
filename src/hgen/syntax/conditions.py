"""Conditions about the platform, whose outcome does not depend on the program."""

import re

from tree_sitter import Node

from hgen.syntax.reader import Reader

PYTHON = (3, 11, 9)
"""The Python that sources are read for: the oldest one that hgen runs on."""

_VERSION = re.compile(
    r"(?:sys\.)?version_info(?:\[:[23]\])?\s*(<=|>=|<|>|==|!=)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?(?:,[^)]*)?\)"
)
_MAJOR = re.compile(r"(?:sys\.)?version_info(?:\[0\]|\.major)\s*(<=|>=|<|>|==|!=)\s*(\d+)")
_HEX = re.compile(r"(?:sys\.)?hexversion\s*(<=|>=|<|>)\s*0x([0-9a-fA-F]{8}|[0-9a-fA-F]{7})")
_PLATFORM = re.compile(r"""(?:sys\.)?platform\s*(==|!=)\s*["'](\w+)["']""")
_STARTS = re.compile(r"""(?:sys\.)?platform\.startswith\(\s*["'](\w+)["']\s*\)""")
_OS = re.compile(r"""os\.name\s*(==|!=)\s*["'](\w+)["']""")


def known_outcome(reader: Reader, test: Node) -> bool | None:
    """How a test of the Python version or the operating system (Linux) comes out; None for every other test."""
    text = reader.source[test.start_byte : min(test.end_byte, test.start_byte + 100)].decode("utf-8", "replace")
    for word, deciding in ((" and ", False), (" or ", True)):
        first, found, _ = text.partition(word)
        if found:
            return deciding if _outcome(first.strip()) is deciding else None
    negated = text.startswith("not ")
    text = text.removeprefix("not ").strip()
    outcome = _outcome(text)
    return None if outcome is None else outcome != negated


def _outcome(text: str) -> bool | None:  # noqa: PLR0911
    if text in ("True", "1"):
        return True
    if text in ("False", "0"):
        return False
    if found := _VERSION.fullmatch(text):
        wanted = tuple(int(part) for part in found.groups()[1:] if part)
        return _compare(found[1], PYTHON[:2] if "[:2]" in text else PYTHON, wanted)
    if found := _MAJOR.fullmatch(text):
        return _compare(found[1], PYTHON[:1], (int(found[2]),))
    if found := _HEX.fullmatch(text):
        number = int(found[2], 16)
        return _compare(found[1], PYTHON, (number >> 24, number >> 16 & 0xFF))
    if found := _PLATFORM.fullmatch(text):
        return (found[2] == "linux") == (found[1] == "==")
    if found := _STARTS.fullmatch(text):
        return "linux".startswith(found[1])
    if found := _OS.fullmatch(text):
        return (found[2] == "posix") == (found[1] == "==")
    return None


def _compare(operator: str, have: tuple[int, ...], want: tuple[int, ...]) -> bool:
    if operator in ("==", "!="):
        return (have[: len(want)] == want) == (operator == "==")
    if operator in (">=", ">"):
        return have >= want if operator == ">=" else have > want
    return have < want if operator == "<" else have <= want
