"""Expressions of one scope, from syntax tree to tuples; calls are noted on the way, in source order."""

import re
from collections.abc import Callable
from functools import cache

from tree_sitter import Node

from hgen.syntax.assignments import to_attribute, to_inner, to_items, to_name, to_nothing
from hgen.syntax.compound import (
    COMPREHENSIONS,
    read_as_pattern,
    read_boolean,
    read_comprehension,
    read_conditional,
    read_lambda,
    read_walrus,
)
from hgen.syntax.decode import Broken
from hgen.syntax.grammar import by_kind, kind_ids
from hgen.syntax.ir import (
    CALL,
    E_ATTRIBUTE,
    E_AWAIT,
    E_BINARY,
    E_CALL,
    E_CONSTANT,
    E_DICT,
    E_LIST,
    E_SET,
    E_STAR,
    E_SUBSCRIPT,
    E_TUPLE,
    E_UNARY,
    E_UNKNOWN,
    E_VALUE,
    E_YIELD,
    KIND,
    V_ITEM,
    Expr,
)
from hgen.syntax.literals import constant, read_inside, read_integer, read_string, read_strings
from hgen.syntax.reader import MAX_LINKS, Assign, Read, Reader, Tables

_UNKNOWN: Expr = (E_UNKNOWN,)
_ACTS = re.compile(rb"\(|:=|\byield\b")
"""In every expression that calls something or binds a name."""
_BOOL: Expr = (E_CONSTANT, "bool", None)


def _identifier(reader: Reader, node: Node) -> Expr:
    return (E_VALUE, reader.flow.get(reader.texts[reader.source[node.start_byte : node.end_byte]]))


def _spine(reader: Reader, node: Node) -> Expr:
    """A chain of calls, attributes and subscripts, from its innermost part outwards without recursion."""
    chain: list[tuple[int, Node, list[Node]]] = []
    spine, flow = reader.spine, reader.flow
    starred = False
    while True:
        while (link := spine[node.kind_id]) > 0:
            parts = reader.pair(node)
            chain.append((link, node, parts))
            node = parts[0]
        if node.kind_id not in kind_ids("list_splat"):
            break
        # The grammar takes ``*x.m()`` in a list for a call of ``(*x).m``.
        starred, node = True, reader.parts(node)[0]
    name = reader.text(node) if link < 0 else ""
    key = name if flow.has_chains else ""
    result = reader.expr(node)
    place = 0
    first = node
    while chain:
        link, outer, parts = chain.pop()
        place += 1
        if place % MAX_LINKS == 0:
            key, result = "", _UNKNOWN
        if link == _ATTRIBUTE:
            name = reader.text(parts[1])
            key = key and f"{key}.{name}"
            result = (E_VALUE, flow.get(key)) if key and key in flow.env else (E_ATTRIBUTE, result, name)
            continue
        key = ""
        if link == _CALL:
            result = (E_CALL, result, *_arguments(reader, parts[1]))
            reader.site(CALL, result, first, parts[0])
            reader.called.add(name)
        else:
            indices = [reader.expr(part) for part in parts[1:]]
            several = len(indices) > 1 or outer.children[-2].type == ","
            result = (E_SUBSCRIPT, result, (E_TUPLE, tuple(indices)) if several else indices[0])
    return (E_STAR, result) if starred else result


def _arguments(reader: Reader, node: Node) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
    if node.kind_id in kind_ids("generator_expression"):
        return (reader.expr(node),), ()
    parts = reader.parts(node)
    if not parts:
        return (), ()
    positional: list[Expr] = []
    keywords: list[tuple[str, Expr]] = []
    keyword_argument, double_star = kind_ids("keyword_argument"), kind_ids("dictionary_splat")
    for part in parts:
        kind = part.kind_id
        if kind in keyword_argument:
            name, value = reader.pair(part)
            argument = reader.expr(value)
            keywords.append((reader.text(name), argument))
            if argument[KIND] != E_CONSTANT:
                reader.stored.add(keywords[-1][0])
        elif kind in double_star:
            keywords.append(("**", reader.expr(reader.parts(part)[0])))
        else:
            positional.append(reader.expr(part))
    return tuple(positional), tuple(keywords)


def _binary(reader: Reader, node: Node) -> Expr:
    operators: list[tuple[str, Node]] = []
    kinds = kind_ids("binary_operator")
    while node.kind_id in kinds:
        children = [child for child in node.children if child.kind_id not in reader.extras]
        operators.append((children[1].type, children[2]))
        node = children[0]
    result = reader.expr(node)
    for place, (operator, right) in enumerate(reversed(operators), start=1):
        operand = reader.expr(right)
        result = _UNKNOWN if place % MAX_LINKS == 0 else (E_BINARY, operator, result, operand)
    return result


def _slice(reader: Reader, node: Node) -> Expr:
    read_inside(reader, node)
    return (E_CONSTANT, "slice", None)


def _not(reader: Reader, node: Node) -> Expr:
    read_inside(reader, node)
    return _BOOL


def _comparison(reader: Reader, node: Node) -> Expr:
    text = reader.source[node.start_byte : node.end_byte]
    if b"<>" in text and any(child.type == "<>" for child in node.children):
        raise Broken("python-2")
    if _ACTS.search(text):
        read_inside(reader, node)
    return _BOOL


def _yield(reader: Reader, node: Node) -> Expr:
    parts = reader.parts(node)
    value = reader.expr(parts[0]) if parts else (E_CONSTANT, "NoneType", None)
    if not reader.nested:
        reader.generator = True
        delegates = any(child.type == "from" for child in node.children)
        item = (E_VALUE, reader.flow.new((V_ITEM, value, False))) if delegates else value
        reader.yields.append(item)
    return (E_YIELD,)


def _dictionary(reader: Reader, node: Node) -> Expr:
    keys: list[Expr] = []
    values: list[Expr] = []
    pair = kind_ids("pair")
    for part in reader.parts(node):
        inner = reader.parts(part)
        if part.kind_id in pair:
            keys.append(reader.expr(inner[0]))
            values.append(reader.expr(inner[1]))
        else:
            unpacked = reader.expr(inner[0])
            keys.append(_UNKNOWN)
            values.append((E_STAR, unpacked))
    return (E_DICT, tuple(keys), tuple(values))


def _items(kind: int) -> Callable[[Reader, Node], Expr]:
    return lambda reader, node: (kind, tuple([_item(reader, part) for part in reader.parts(node)]))


def _item(reader: Reader, node: Node) -> Expr:
    """An item; the grammar takes ``*a or b`` for ``(*a) or b``."""
    item = reader.expr(node)
    return (E_STAR, _UNKNOWN) if reader.source[node.start_byte] == ord("*") and item[KIND] != E_STAR else item


def _of_part(kind: int) -> Callable[[Reader, Node], Expr]:
    return lambda reader, node: (kind, reader.expr(reader.parts(node)[-1]))


_CALL, _ATTRIBUTE, _SUBSCRIPT = 1, 2, 3
_SPINE = {"call": _CALL, "attribute": _ATTRIBUTE, "subscript": _SUBSCRIPT, "identifier": -1}
_TARGETS: dict[str, Assign] = {
    "identifier": to_name,
    "attribute": to_attribute,
    **dict.fromkeys(("pattern_list", "tuple_pattern", "list_pattern", "tuple", "list", "expression_list"), to_items),
    **dict.fromkeys(("parenthesized_expression", "as_pattern_target", "list_splat_pattern"), to_inner),
}
_EXPRESSIONS: dict[str, Read] = {
    "identifier": _identifier,
    **dict.fromkeys(("call", "attribute", "subscript"), _spine),
    "binary_operator": _binary,
    "boolean_operator": read_boolean,
    "comparison_operator": _comparison,
    "not_operator": _not,
    "conditional_expression": read_conditional,
    **dict.fromkeys(COMPREHENSIONS, read_comprehension),
    "lambda": read_lambda,
    "named_expression": read_walrus,
    "as_pattern": read_as_pattern,
    "string": read_string,
    "concatenated_string": read_strings,
    "integer": read_integer,
    "slice": _slice,
    "yield": _yield,
    "dictionary": _dictionary,
    **dict.fromkeys(("tuple", "expression_list"), _items(E_TUPLE)),
    "list": _items(E_LIST),
    "set": _items(E_SET),
    "await": _of_part(E_AWAIT),
    **dict.fromkeys(("list_splat", "list_splat_pattern"), _of_part(E_STAR)),
    "parenthesized_expression": lambda reader, node: reader.expr(reader.parts(node)[0]),
    "unary_operator": lambda reader, node: (E_UNARY, node.children[0].type, reader.expr(reader.parts(node)[-1])),
    "float": constant("float"),
    "none": constant("NoneType"),
    **dict.fromkeys(("true", "false"), constant("bool")),
    "ellipsis": constant("ellipsis"),
}


@cache
def tables() -> Tables:
    """The tables of this process."""
    extras = kind_ids("comment", "line_continuation")
    return by_kind(_SPINE, 0), extras, by_kind(_EXPRESSIONS, read_inside), by_kind(_TARGETS, to_nothing)
