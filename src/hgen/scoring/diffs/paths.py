"""File names in diffs: git's quoting, and the names that no diff may touch."""

from __future__ import annotations

import re

from hgen.scoring.diffs.values import DiffError

MAX_PATH = 4096
"""Bytes; no system takes longer ones."""
_ESCAPES = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13, b'"': 34, b"\\": 92}
_ESCAPED = {code: b"\\" + letter for letter, code in _ESCAPES.items()}
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)


def quote(path: str, prefix: str = "") -> str:
    """Write a path as git does: in quotes with escapes if it holds anything unusual."""
    raw = (prefix + path).encode("utf-8", "surrogateescape")
    if all(32 <= byte < 127 and byte not in b'"\\' for byte in raw):
        return raw.decode("ascii")
    return '"' + b"".join(_quoted_byte(byte) for byte in raw).decode("ascii") + '"'


def read_quoted(text: bytes) -> tuple[bytes, bytes]:
    """Split ``"name"rest`` into the name, unescaped, and the rest."""
    match = _QUOTED.match(text)
    if not match:
        raise DiffError(f"unterminated quoted file name {show(text)}")
    return _ESCAPE.sub(_unescape, match.group(1)), text[match.end() :]


def read_name(text: bytes) -> bytes:
    """The file name at the start of a header's value; a tab or a carriage return ends an unquoted one."""
    if text.startswith(b'"'):
        return read_quoted(text)[0]
    return re.split(rb"[\t\r]", text, maxsplit=1)[0]


def strip_prefix(name: bytes) -> str:
    """Drop the first component (``a/``, ``b/``), as ``git apply`` does by default, and check the rest."""
    _, slash, rest = name.partition(b"/")
    if not slash or not rest:
        raise DiffError(f"file name {show(name)} lacks the leading a/ or b/")
    return checked(rest)


def checked(name: bytes) -> str:
    """The path as text; raises for a path that leaves the tree or enters git's own folder."""
    parts = name.split(b"/")
    if name.startswith(b"/") or any(part in (b"", b".", b"..") or part.lower() == b".git" for part in parts):
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
    if len(escape) == 3:
        return bytes([int(escape, 8)])
    if escape not in _ESCAPES:
        raise DiffError(f"unknown escape {show(match.group(0))} in a file name")
    return bytes([_ESCAPES[escape]])
