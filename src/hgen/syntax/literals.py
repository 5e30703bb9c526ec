"""Strings, numbers and other constants."""

from collections.abc import Callable
from functools import cache

from tree_sitter import Node

from hgen.syntax.decode import Broken
from hgen.syntax.grammar import kind_ids
from hgen.syntax.ir import (
    CLASS_NAME,
    CONSTANT,
    E_CONSTANT,
    E_UNKNOWN,
    Expr,
)
from hgen.syntax.reader import Reader

_MAX_TEXT = 200
"""Longer string constants are neither names nor annotations."""
_UNKNOWN: Expr = (E_UNKNOWN,)
_STRING: Expr = (E_CONSTANT, "str", None)
_INTEGER: Expr = (E_CONSTANT, "int", None)


def read_string(reader: Reader, node: Node) -> Expr:
    """A string; its text if it may be a name or an annotation."""
    start, end = node.start_byte, node.end_byte
    if reader.source[start] == ord("`"):
        raise Broken("python-2")
    while reader.source[start] not in b"\"'":
        prefix = reader.source[start]
        start += 1
        if prefix in b"fFtT":
            read_inside(reader, node)
            return _STRING
        if prefix in b"bB":
            return (E_CONSTANT, "bytes", None)
    if end - start > _MAX_TEXT:
        return _STRING
    text = reader.source[start:end]
    if b"\\" in text:
        return _STRING
    quotes = 3 if text[:3] in (b'"""', b"'''") else 1
    return (E_CONSTANT, "str", text[quotes:-quotes].decode())


def read_strings(reader: Reader, node: Node) -> Expr:
    """Strings side by side."""
    parts = [reader.expr(part) for part in reader.parts(node)]
    texts = [part[CONSTANT] for part in parts]
    return (E_CONSTANT, parts[0][CLASS_NAME], None if None in texts else "".join(texts))


def read_integer(reader: Reader, node: Node) -> Expr:
    """A number; its value if it may be an index."""
    start, end = node.start_byte, node.end_byte
    return _integer(reader.source[start:end]) if end - start < 5 else _INTEGER


@cache
def _integer(text: bytes) -> Expr:
    return (E_CONSTANT, "int", int(text)) if text.isdigit() else _INTEGER


def constant(name: str) -> Callable[[Reader, Node], Expr]:
    """A reader of constants of a builtin class."""
    value: Expr = (E_CONSTANT, name, None)
    return lambda reader, node: value


def read_inside(reader: Reader, node: Node) -> Expr:
    """Anything whose parts matter only for the calls in them."""
    interpolation = kind_ids("interpolation", "format_specifier", "format_expression")
    for part in reader.parts(node):
        if part.kind_id in interpolation:
            read_inside(reader, part)
        else:
            reader.expr(part)
    return _UNKNOWN
