"""Annotations: expressions whose names are looked up when everything is defined, and which call nothing."""

from functools import cache

from tree_sitter import Node

from hgen.syntax.decode import Broken
from hgen.syntax.expressions import tables
from hgen.syntax.flow import Flow
from hgen.syntax.grammar import by_kind, parser
from hgen.syntax.ir import E_ATTRIBUTE, E_BINARY, E_CONSTANT, E_LIST, E_NAME, E_SUBSCRIPT, E_TUPLE, E_UNKNOWN, Expr
from hgen.syntax.reader import Reader, Texts

_MAX_DEPTH = 90

_SAME, _NAME, _ATTRIBUTE, _GENERIC, _SUBSCRIPT, _UNION, _STRING, _NONE, _LIST, _TUPLE, _STAR = range(1, 12)
_KINDS = {
    **dict.fromkeys(("type", "parenthesized_expression"), _SAME),
    "identifier": _NAME,
    **dict.fromkeys(("attribute", "member_type"), _ATTRIBUTE),
    "generic_type": _GENERIC,
    "subscript": _SUBSCRIPT,
    **dict.fromkeys(("binary_operator", "union_type"), _UNION),
    "string": _STRING,
    "none": _NONE,
    "list": _LIST,
    **dict.fromkeys(("tuple", "expression_list"), _TUPLE),
}


@cache
def _kinds() -> list[int]:
    return by_kind(_KINDS, 0)


def annotation(reader: Reader, node: Node, depth: int = 0) -> Expr:  # noqa: PLR0911
    """An annotation's tuple; parts that no type is written with are unknown."""
    if depth > _MAX_DEPTH:
        raise Broken("too-deep")
    kind = _kinds()[node.kind_id]
    if kind == _NAME:
        return (E_NAME, reader.text(node))
    if kind == _NONE:
        return (E_CONSTANT, "NoneType", None)
    if kind == _STRING:
        return reader.expr(node)
    parts = reader.parts(node)
    if not kind or not parts:
        return (E_TUPLE, ()) if kind == _TUPLE else (E_UNKNOWN,)
    if kind == _SAME:
        return annotation(reader, parts[0], depth + 1)
    if kind == _ATTRIBUTE:
        return (E_ATTRIBUTE, annotation(reader, parts[0], depth + 1), reader.text(parts[1]))
    if kind == _GENERIC:
        items = [annotation(reader, part, depth + 1) for part in reader.parts(parts[1])]
        return (E_SUBSCRIPT, (E_NAME, reader.text(parts[0])), items[0] if len(items) == 1 else (E_TUPLE, tuple(items)))
    items = [annotation(reader, part, depth + 1) for part in parts]
    if kind == _UNION:
        return (E_BINARY, "|", items[0], items[-1])
    if kind == _SUBSCRIPT:
        return (E_SUBSCRIPT, items[0], items[1] if len(items) == 2 else (E_TUPLE, tuple(items[1:])))
    return (E_LIST if kind == _LIST else E_TUPLE, tuple(items))


def parse_annotation(text: str) -> Expr:
    """The tuple of an annotation that was written as a string; unknown if it is no expression."""
    source = f"({text.strip()})".encode()
    root = parser().parse(source).root_node
    if root.has_error or root.named_child_count != 1:
        return (E_UNKNOWN,)
    try:
        return annotation(Reader(source, Texts(), Flow(), tables()), root.named_children[0].named_children[0])
    except Broken:
        return (E_UNKNOWN,)
