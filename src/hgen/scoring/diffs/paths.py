"""File names in diffs: git's quoting, and the names that no diff may touch."""

from __future__ import annotations

import re

from hgen.scoring.diffs.values import DiffError

MAX_PATH = 4096
"""Bytes; no system takes longer ones."""
_NEVER = frozenset({b"", b".", b"..", b".git", b"git~1"})
_ESCAPES = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13, b'"': 34, b"\\": 92}
_ESCAPED = {code: b"\\" + letter for letter, code in _ESCAPES.items()}
_QUOTED = re.compile(rb'"((?:[^"\\]|\\(?:[0-3][0-7]{2}|[abtnvfr"\\]))*)"')
_DATE = re.compile(rb"[\t ](?:\d\d)?\d\d-\d\d-\d\d(?: \d\d:\d\d:\d\d(?:\.\d{1,12})?)?(?: [+-](?:\d{4}|\d\d:\d\d))?$")
_LONGEST_DATE = 50
_TIME = re.compile(rb"(1970-01-01|1969-12-31) ([0-2]\d):([0-5]\d):00(?:\.0+)? ([+-])([0-2]\d):?([0-5]\d)")
_NAME_END = re.compile(rb"[\t\r]")
_SLASHES = re.compile(rb"//+")
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2}|.)")


def quote(path: str, prefix: str = "") -> str:
    """Write a path as git does: in quotes with escapes if it holds anything unusual."""
    raw = (prefix + path).encode("utf-8", "surrogateescape")
    if all(32 <= byte < 127 and byte not in b'"\\' for byte in raw):
        return raw.decode("ascii")
    return '"' + b"".join(_quoted_byte(byte) for byte in raw).decode("ascii") + '"'


def read_quoted(text: bytes) -> tuple[bytes, bytes] | None:
    """Split ``"name"rest`` into the name, unescaped, and the rest; None if it is not quoted, or wrongly."""
    match = _QUOTED.match(text)
    return (_ESCAPE.sub(_unescape, match.group(1)), text[match.end() :]) if match else None


def read_name(text: bytes) -> bytes:
    """The file name at the start of a header's value; a tab or a carriage return ends an unquoted one."""
    quoted = read_quoted(text)
    return quoted[0] if quoted else _NAME_END.split(text, maxsplit=1)[0]


def read_dated_name(text: bytes) -> bytes:
    """As ``read_name``, for a diff that is not git's: a time may follow behind spaces."""
    date = None if text.startswith(b'"') else _DATE.search(text[-_LONGEST_DATE:])
    return text[: date.start() - min(len(text), _LONGEST_DATE)].rstrip(b" ") if date else read_name(text)


def is_epoch(text: bytes) -> bool:
    """Whether the time behind a file name is the beginning of 1970, by which other diffs say that there is no file."""
    match = _TIME.fullmatch(text.rpartition(b"\t")[2])
    if not match:
        return False
    day, hours, minutes, sign, east_hours, east_minutes = match.groups()
    east = int(east_hours) * 60 + int(east_minutes)
    since = int(hours) * 60 + int(minutes) - (-east if sign == b"-" else east)
    return since == (0 if day == b"1970-01-01" else 24 * 60)


def strip_prefix(name: bytes) -> bytes:
    """Drop the first component (``a/``, ``b/``), as ``git apply`` does by default."""
    _, slash, rest = name.partition(b"/")
    if not slash or not rest:
        raise DiffError(f"file name {show(name)} lacks the leading a/ or b/")
    return rest


def checked(name: bytes) -> str:
    """The path as text; raises for a path that leaves the tree or enters git's own folder."""
    name = _SLASHES.sub(b"/", name)
    parts = name.split(b"/")
    if name.startswith(b"/") or any(part.lower() in _NEVER for part in parts):
        raise DiffError(f"invalid path {show(name)}")
    if b"\0" in name or len(name) > MAX_PATH:
        raise DiffError(f"invalid path {show(name)}")
    return name.decode("utf-8", "surrogateescape")


def show(raw: bytes) -> str:
    """A short printable form for messages."""
    text = raw.decode("utf-8", "replace")
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _quoted_byte(byte: int) -> bytes:
    if byte in _ESCAPED:
        return _ESCAPED[byte]
    return bytes([byte]) if 32 <= byte < 127 else b"\\%03o" % byte


def _unescape(match: re.Match[bytes]) -> bytes:
    escape = match.group(1)
    return bytes([int(escape, 8) if len(escape) == 3 else _ESCAPES[escape]])
