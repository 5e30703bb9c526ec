"""Comments that decide how a file is run, built or installed: a change of one is no change of a comment."""

from __future__ import annotations

import re

_BLOCK = re.compile(rb"# /// ([a-zA-Z0-9-]+)")
_END = b"# ///"
_COMPILER = re.compile(rb"#[ \t]*(?:cython|distutils)[ \t]*:")
_MAYBE = (b"# ///", b"cython", b"distutils")


def changed(before: bytes, after: bytes) -> str:
    """Which directive differs between two versions of a file, in words; empty if none does."""
    if _interpreter(before) != _interpreter(after):
        return "the first line, which names the interpreter"
    old, new = _directives(before), _directives(after)
    if old == new:
        return ""
    differing = sorted({*old} ^ {*new})[:1] or [b"their order"]
    return f"metadata or options in comments ({differing[0].decode(errors='replace')})"


def _interpreter(content: bytes) -> bytes:
    """The line by which a system finds the interpreter of a script."""
    return content.partition(b"\n")[0].rstrip() if content.startswith(b"#!") else b""


def _directives(content: bytes) -> list[bytes]:
    """The lines of all blocks of inline metadata (PEP 723), and of Cython's options, in their order.

    Whoever reads metadata looks for them in the text, strings included; so does this.
    """
    if not any(word in content for word in _MAYBE):
        return []
    found: list[bytes] = []
    block: list[bytes] | None = None
    for line in content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        if _COMPILER.match(line.lstrip()):
            found.append(line.strip())
        if block is None:
            block = [line] if _BLOCK.fullmatch(line.rstrip()) else None
        elif line == b"#" or line.startswith(b"# "):
            block.append(line)
        else:
            found += _closed(block)
            block = [line] if _BLOCK.fullmatch(line.rstrip()) else None
    return [*found, *_closed(block or [])]


def _closed(block: list[bytes]) -> list[bytes]:
    """A block up to the last line that ends it; nothing if none does."""
    for at in range(len(block) - 1, 0, -1):
        if block[at].rstrip() == _END:
            return block[: at + 1]
    return []
