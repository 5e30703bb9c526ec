"""Strings, numbers and other constants."""

from collections.abc import Callable

from tree_sitter import Node

from hgen.syntax.grammar import kind_ids
from hgen.syntax.ir import (
    E_CONSTANT,
    E_UNKNOWN,
    Expr,
)
from hgen.syntax.reader import Reader

_MAX_TEXT = 200
"""Longer string constants are neither names nor annotations."""
_UNKNOWN: Expr = (E_UNKNOWN,)


def read_string(reader: Reader, node: Node) -> Expr:
    """A string; its text if it may be a name or an annotation."""
    start = reader.source[node.start_byte : node.start_byte + 3].lower()
    prefix = start[: min((start + b"'").find(b"'"), (start + b'"').find(b'"'))]
    if b"f" in prefix or b"t" in prefix:
        read_inside(reader, node)
        return (E_CONSTANT, "str", None)
    if b"b" in prefix:
        return (E_CONSTANT, "bytes", None)
    text = reader.source[node.start_byte : node.end_byte][len(prefix) :]
    if len(text) > _MAX_TEXT or b"\\" in text:
        return (E_CONSTANT, "str", None)
    quotes = 3 if text[:3] in (b'"""', b"'''") else 1
    return (E_CONSTANT, "str", text[quotes:-quotes].decode())


def read_strings(reader: Reader, node: Node) -> Expr:
    """Strings side by side."""
    parts = [reader.expr(part) for part in reader.parts(node)]
    texts = [part[2] for part in parts]
    return (E_CONSTANT, parts[0][1], None if None in texts else "".join(texts))


def read_integer(reader: Reader, node: Node) -> Expr:
    """A number; its value if it may be an index."""
    text = reader.text(node)
    return (E_CONSTANT, "int", int(text) if len(text) < 5 and text.isdecimal() else None)


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
