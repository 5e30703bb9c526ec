"""Python files as scorers see them: bytes, lines, syntax tree and declared encoding."""

from __future__ import annotations

import ast
import codecs
import gc
import re
import sys
import threading
import warnings
from functools import lru_cache

from hgen.scoring.python.combining import MAX_RUN, has_overlong_name
from hgen.scoring.python.values import ParsedSource

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
UTF8 = "utf-8"
"""The encoding of files that declare none."""
_PARSER_STACK = 192 << 20


class SourceError(ValueError):
    """The contents are not Python that this interpreter can read."""


def parse(content: bytes) -> ParsedSource:
    """Parse a file; whatever is hostile in it ends in ``SourceError``."""
    body = statements(content)
    lines = split(content)
    encoding = encoding_of(lines)
    if encoding != UTF8 and _decoded(content, encoding).count("\n") != content.count(b"\n"):
        raise SourceError(f"the encoding {encoding} hides ends of lines")
    return ParsedSource(lines, encoding, body, 1, len(lines), (), 0)


def statements(content: bytes) -> list[ast.stmt]:
    """The statements of a module; raises ``SourceError``."""
    _require_short_names(content)
    try:
        return _tree(content).body
    except SyntaxError as error:
        raise SourceError(f"line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError, OverflowError, SystemError) as error:
        raise SourceError(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__) from None


@lru_cache(maxsize=64)
def parse_start(content: bytes) -> ParsedSource:
    """As ``parse``, remembering the last ones: all predictions for a file share its start state."""
    return parse(content)


def split(content: bytes) -> list[bytes]:
    """Lines as Python counts them, without their ends."""
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content.split(b"\n")


def encoding_of(lines: list[bytes]) -> str:
    """The encoding that a byte order mark or a comment in the first two lines declares (PEP 263)."""
    if lines[0].startswith(codecs.BOM_UTF8):
        return UTF8
    for line in lines[:2]:
        match = _COOKIE.match(line)
        if match:
            return _canonical(match.group(1).decode("ascii"))
        if not _BLANK.match(line):
            return UTF8
    return UTF8


def _require_short_names(content: bytes) -> None:
    encoding = encoding_of(split(b"\n".join(content.split(b"\n", 2)[:2])))
    if encoding == UTF8 and content.isascii():
        return
    if has_overlong_name(_decoded(content, encoding)):
        raise SourceError(f"more than {MAX_RUN} combining characters follow each other in a name")


def _canonical(declared: str) -> str:
    name = declared.lower().replace("_", "-")
    # Python's own parser takes utf-8-unix and the like as editors write them.
    for known in (UTF8, "iso-8859-1", "latin-1"):
        if name.startswith(known + "-"):
            name = known
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return name


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding, "replace")
    except (LookupError, ValueError) as error:
        raise SourceError(f"{type(error).__name__}: {error}") from None


def _tree(content: bytes) -> ast.Module:
    collecting = gc.isenabled()
    # A growing tree sets off the garbage collector again and again, which walks all there is and finds no cycle.
    gc.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if sys.version_info < (3, 11):
                return _tree_on_a_large_stack(content)
            return ast.parse(content)
    finally:
        if collecting:
            gc.enable()


def _tree_on_a_large_stack(content: bytes) -> ast.Module:
    # Before Python 3.11 a long chain such as 1+1+1+... overflows the C stack while its tree is built.
    results: list[ast.Module] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(ast.parse(content))
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError) as error:
            errors.append(error)

    before = threading.stack_size(_PARSER_STACK)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
