"""The parts of one large JSON array or object, read one after the other without holding the others."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

_CHUNK = 1 << 20
_LARGEST = 1 << 28
"""Characters that one part may have."""

_NEAR_THE_END = 16
"""How far before the end of what was read an error may stand that more characters would mend."""


class BrokenJson(Exception):  # noqa: N818 - said of a file, and counted as a row that cannot be read
    """The file is no JSON from here on; the message says where and why."""


def elements(file: Path) -> Iterator[object]:
    """The elements of an array; raises ``BrokenJson`` after those that can be read."""
    with _opened(file) as text:
        text.take("[")
        if text.peek() == "]":
            return
        while True:
            yield text.value()
            if text.take(",]") == "]":
                text.require_end()
                return


def members(file: Path) -> Iterator[tuple[str, object]]:
    """The keys and values of an object, those with the same key too; raises ``BrokenJson`` as ``elements`` does."""
    with _opened(file) as text:
        text.take("{")
        if text.peek() == "}":
            return
        while True:
            key = text.key()
            yield key, text.value()
            if text.take(",}") == "}":
                text.require_end()
                return


def beginning(file: Path) -> tuple[str, str, str]:
    """The first character of a file beside white space, and of an object the first key and how its value begins."""
    with _opened(file) as text:
        first = text.peek()
        if first != "{":
            return first, "", ""
        text.take("{")
        try:
            return first, text.key(), text.peek()
        except BrokenJson:
            return first, "", ""


class _Text:
    """The characters of a file from where reading has come to, more of them as they are needed."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._buffer = ""
        self._at = 0
        self._passed = 0
        """Characters before the buffer."""
        self._decoder = json.JSONDecoder()

    def __enter__(self) -> "_Text":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def take(self, expected: str) -> str:
        """The next character, which must be one of these."""
        found = self.peek()
        if not found or found not in expected:
            raise self._broken(f"expected {' or '.join(expected)}" if found else "the file ends too early")
        self._at += 1
        return found

    def key(self) -> str:
        """A text and the colon behind it."""
        key = self.value()
        if not isinstance(key, str):
            raise self._broken("expected a key")
        self.take(":")
        return key

    def value(self) -> object:
        """The next value."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                near = error.pos >= len(self._buffer) - _NEAR_THE_END
                # An open string is reported where it begins.
                if not (near or error.msg.startswith("Unterminated string")):
                    raise self._broken(error.msg, error.pos) from None
                if not self._more():
                    raise self._broken("the file ends too early") from None
                continue
            except (ValueError, RecursionError) as error:
                raise self._broken(str(error)) from None
            # A number may go on.
            if end == len(self._buffer) and self._more():
                continue
            self._at = end
            found: object = value
            return found

    def require_end(self) -> None:
        """Nothing but white space may follow."""
        if self.peek():
            raise self._broken("it goes on after its end")

    def _more(self) -> bool:
        """Read as much again as is held; whether there was any."""
        held = self._buffer[self._at :]
        if len(held) > _LARGEST:
            raise self._broken("a part of it is too large")
        try:
            more = self._file.read(max(_CHUNK, len(held)))
        except (OSError, UnicodeDecodeError) as error:
            raise self._broken(str(error)) from None
        self._passed += self._at
        self._buffer, self._at = held + more, 0
        return bool(more)

    def _broken(self, why: str, at: int | None = None) -> BrokenJson:
        return BrokenJson(f"no JSON from character {self._passed + (self._at if at is None else at)} on: {why}")


def _opened(file: Path) -> _Text:
    return _Text(file.open(encoding="utf-8-sig", newline=""))
