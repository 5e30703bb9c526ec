"""Expressions of one scope, from syntax tree to tuples; calls are noted on the way, in source order."""

from collections.abc import Callable
from functools import cache

from tree_sitter import Node

from hgen.syntax.decode import Broken
from hgen.syntax.flow import Flow
from hgen.syntax.grammar import by_kind, kind_ids
from hgen.syntax.ir import (
    CALL,
    E_AND,
    E_ATTRIBUTE,
    E_AWAIT,
    E_BINARY,
    E_CALL,
    E_COMPREHENSION,
    E_CONDITIONAL,
    E_CONSTANT,
    E_DICT,
    E_LAMBDA,
    E_LIST,
    E_OR,
    E_SET,
    E_STAR,
    E_SUBSCRIPT,
    E_TUPLE,
    E_UNARY,
    E_UNKNOWN,
    E_VALUE,
    E_YIELD,
    V_ENTER,
    V_EXPR,
    V_ITEM,
    V_UNKNOWN,
    V_UNPACK,
    Expr,
    Site,
)
from hgen.syntax.narrowing import narrow

_MAX_DEPTH = 90
"""Levels of nested expressions; CPython allows 200 parentheses, real code stays below 30."""
_MAX_LINKS = 100
"""Operators or attributes in a row, after which a type is no longer known."""
_MAX_TEXT = 200
"""Longer string constants are neither names nor annotations."""

_UNKNOWN: Expr = (E_UNKNOWN,)
_BOOL: Expr = (E_CONSTANT, "bool", None)


class Reader:
    """Reads the expressions of one scope into its flow of values."""

    def __init__(self, source: bytes, names: dict[bytes, str], flow: Flow) -> None:
        self.source = source
        self.flow = flow
        self.sites: list[Site] = []
        self.yields: list[Expr] = []
        self.stored: set[str] = set()
        self.other_stores: set[str] = set()
        self.generator = False
        self.async_with = False
        self.nested = 0
        """Lambdas around this place, whose yields are not the scope's."""
        self.walruses: list[tuple[str, int]] = []
        self.spine, self.extras, self._table, self._targets = _tables()
        self._names = names
        self._depth = 0
        self._kept: list[int] = []

    def text(self, node: Node) -> str:
        """A node's source, one object for equal texts."""
        raw = self.source[node.start_byte : node.end_byte]
        text = self._names.get(raw)
        if text is None:
            text = self._names[raw] = raw.decode()
        return text

    def parts(self, node: Node) -> list[Node]:
        """The named children without comments."""
        extras = self.extras
        return [child for child in node.named_children if child.kind_id not in extras]

    def expr(self, node: Node) -> Expr:
        """An expression's tuple; raises ``Broken`` if it is nested too deeply."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Broken("too-deep")
        result = self._table[node.kind_id](self, node)
        self._depth -= 1
        return result

    def site(self, kind: int, expression: Expr, whole: Node, callee: Node) -> None:
        """Note a call or raise."""
        start, end = whole.start_point, callee.end_point
        self.sites.append((kind, expression, start.row + 1, start.column, end.row + 1, end.column))

    def assign(self, target: Node, value: int, *, bind: bool = True) -> None:
        """Give a target of an assignment, loop or ``with`` a value."""
        self._targets[target.kind_id](self, target, value, bind)

    def enter(self) -> None:
        """Read a part of an expression under a condition, or with names of its own."""
        self.flow.push()
        self._kept.append(len(self.walruses))

    def leave(self) -> None:
        """The end of that part; only what ``:=`` assigned in it stays."""
        self.flow.pop()
        for name, value in self.walruses[self._kept.pop() :]:
            self.flow.put(name, value)


def _identifier(reader: Reader, node: Node) -> Expr:
    return (E_VALUE, reader.flow.get(reader.text(node)))


def _spine(reader: Reader, node: Node) -> Expr:
    """A chain of calls, attributes and subscripts, from its innermost part outwards without recursion."""
    chain: list[tuple[int, Node, list[Node]]] = []
    spine, flow = reader.spine, reader.flow
    while (link := spine[node.kind_id]) > 0:
        parts = reader.parts(node)
        chain.append((link, node, parts))
        node = parts[0]
    key = reader.text(node) if link < 0 else ""
    result = reader.expr(node)
    for place, (link, outer, parts) in enumerate(reversed(chain), start=1):
        if place % _MAX_LINKS == 0:
            key, result = "", _UNKNOWN
        if link == _ATTRIBUTE:
            name = reader.text(parts[1])
            key = key and f"{key}.{name}"
            result = (E_VALUE, flow.get(key)) if key in flow.env else (E_ATTRIBUTE, result, name)
            continue
        key = ""
        if link == _CALL:
            result = (E_CALL, result, *_arguments(reader, parts[1]))
            reader.site(CALL, result, outer, parts[0])
        else:
            indices = [reader.expr(part) for part in parts[1:]]
            several = len(indices) > 1 or outer.children[-2].type == ","
            result = (E_SUBSCRIPT, result, (E_TUPLE, tuple(indices)) if several else indices[0])
    return result


def _arguments(reader: Reader, node: Node) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
    if node.kind_id in kind_ids("generator_expression"):
        return (reader.expr(node),), ()
    positional: list[Expr] = []
    keywords: list[tuple[str, Expr]] = []
    keyword_argument, double_star = kind_ids("keyword_argument"), kind_ids("dictionary_splat")
    for part in reader.parts(node):
        if part.kind_id in keyword_argument:
            name, value = reader.parts(part)
            argument = reader.expr(value)
            keywords.append((reader.text(name), argument))
            if argument[0] != E_CONSTANT:
                reader.stored.add(keywords[-1][0])
        elif part.kind_id in double_star:
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
        result = _UNKNOWN if place % _MAX_LINKS == 0 else (E_BINARY, operator, result, operand)
    return result


def _boolean(reader: Reader, node: Node) -> Expr:
    """``and`` and ``or``: the right side is read knowing how the left one came out."""
    chain: list[tuple[bool, Node, Node]] = []
    kinds = kind_ids("boolean_operator")
    while node.kind_id in kinds:
        left, right = reader.parts(node)
        operator = next(child.type for child in node.children if not child.is_named)
        chain.append((operator == "and", left, right))
        node = left
    result = reader.expr(node)
    reader.enter()
    previous, links = chain[-1][0], 0
    for is_and, left, right in reversed(chain):
        if previous != is_and:
            reader.leave()
            reader.enter()
        tested = reader.parts(left)[1] if previous == is_and and left.kind_id in kinds else left
        narrow(reader, tested, held=is_and)
        result = (E_AND if is_and else E_OR, result, reader.expr(right))
        links += 1
        if links % _MAX_LINKS == 0:
            result = _UNKNOWN
        previous = is_and
    reader.leave()
    return result


def _conditional(reader: Reader, node: Node) -> Expr:
    held, test, otherwise = reader.parts(node)
    reader.expr(test)
    results = []
    for branch, outcome in ((held, True), (otherwise, False)):
        reader.enter()
        narrow(reader, test, held=outcome)
        results.append(reader.expr(branch))
        reader.leave()
    return (E_CONDITIONAL, *results)


def _comprehension(reader: Reader, node: Node) -> Expr:
    body, *clauses = reader.parts(node)
    flow, kind = reader.flow, _COMPREHENSIONS[node.type]
    reader.enter()
    loop = kind_ids("for_in_clause")
    for clause in clauses:
        if clause.kind_id in loop:
            target, *iterated = reader.parts(clause)
            items = [reader.expr(part) for part in iterated]
            is_async = clause.children[0].type == "async"
            value: Expr = (E_TUPLE, tuple(items)) if len(items) > 1 else items[0]
            reader.assign(target, flow.new((V_ITEM, value, is_async)), bind=False)
        else:
            test = reader.parts(clause)[0]
            reader.expr(test)
            narrow(reader, test, held=True)
    if kind == "dict":
        key, item = reader.parts(body)
        result: Expr = (E_COMPREHENSION, kind, reader.expr(key), reader.expr(item))
    else:
        result = (E_COMPREHENSION, kind, reader.expr(body), None)
    reader.leave()
    return result


def _lambda(reader: Reader, node: Node) -> Expr:
    parts = reader.parts(node)
    flow = reader.flow
    names: list[str] = []
    if len(parts) > 1:
        for parameter in reader.parts(parts[0]):
            inner = reader.parts(parameter)
            if inner and parameter.kind_id in kind_ids("default_parameter"):
                reader.expr(inner[1])
            names.append(reader.text(inner[0] if inner else parameter))
    reader.enter()
    for name in names:
        flow.put(name, flow.new((V_UNKNOWN,)))
    reader.nested += 1
    body = reader.expr(parts[-1])
    reader.nested -= 1
    reader.leave()
    return (E_LAMBDA, body)


def _walrus(reader: Reader, node: Node) -> Expr:
    name, value = reader.parts(node)
    number = reader.flow.new((V_EXPR, reader.expr(value)))
    reader.flow.bind(reader.text(name), number)
    reader.walruses.append((reader.text(name), number))
    return (E_VALUE, number)


def _as_pattern(reader: Reader, node: Node) -> Expr:
    """``value as target`` in a ``with`` statement, also within parentheses."""
    value, *targets = reader.parts(node)
    result = reader.expr(value)
    for target in targets:
        reader.assign(target, reader.flow.new((V_ENTER, result, reader.async_with)))
    return result


def _string(reader: Reader, node: Node) -> Expr:
    start = reader.source[node.start_byte : node.start_byte + 3].lower()
    prefix = start[: min((start + b"'").find(b"'"), (start + b'"').find(b'"'))]
    if b"f" in prefix or b"t" in prefix:
        _inside(reader, node)
        return (E_CONSTANT, "str", None)
    if b"b" in prefix:
        return (E_CONSTANT, "bytes", None)
    text = reader.source[node.start_byte : node.end_byte][len(prefix) :]
    if len(text) > _MAX_TEXT or b"\\" in text:
        return (E_CONSTANT, "str", None)
    quotes = 3 if text[:3] in (b'"""', b"'''") else 1
    return (E_CONSTANT, "str", text[quotes:-quotes].decode())


def _strings(reader: Reader, node: Node) -> Expr:
    parts = [reader.expr(part) for part in reader.parts(node)]
    texts = [part[2] for part in parts]
    return (E_CONSTANT, parts[0][1], None if None in texts else "".join(texts))


def _inside(reader: Reader, node: Node) -> Expr:
    """Anything whose parts matter only for the calls in them."""
    interpolation = kind_ids("interpolation", "format_specifier", "format_expression")
    for part in reader.parts(node):
        if part.kind_id in interpolation:
            _inside(reader, part)
        else:
            reader.expr(part)
    return _UNKNOWN


def _slice(reader: Reader, node: Node) -> Expr:
    _inside(reader, node)
    return (E_CONSTANT, "slice", None)


def _test(reader: Reader, node: Node) -> Expr:
    _inside(reader, node)
    return _BOOL


def _yield(reader: Reader, node: Node) -> Expr:
    parts = reader.parts(node)
    value = reader.expr(parts[0]) if parts else (E_CONSTANT, "NoneType", None)
    if not reader.nested:
        reader.generator = True
        delegates = any(child.type == "from" for child in node.children)
        item = (E_VALUE, reader.flow.new((V_ITEM, value, False))) if delegates else value
        reader.yields.append(item)
    return (E_YIELD, None)


def _integer(reader: Reader, node: Node) -> Expr:
    text = reader.text(node)
    return (E_CONSTANT, "int", int(text) if len(text) < 5 and text.isdecimal() else None)


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
    return lambda reader, node: (kind, tuple([reader.expr(part) for part in reader.parts(node)]))


def _of_part(kind: int) -> Callable[[Reader, Node], Expr]:
    return lambda reader, node: (kind, reader.expr(reader.parts(node)[-1]))


def _constant(name: str) -> Callable[[Reader, Node], Expr]:
    value: Expr = (E_CONSTANT, name, None)
    return lambda reader, node: value


Target = Callable[[Reader, Node, int, bool], None]


def _to_name(reader: Reader, target: Node, value: int, bind: bool) -> None:
    (reader.flow.bind if bind else reader.flow.put)(reader.text(target), value)


def _to_attribute(reader: Reader, target: Node, value: int, bind: bool) -> None:
    owner = reader.expr(target)
    chain = reader.text(target)
    name = chain.rpartition(".")[2]
    reader.stored.add(name)
    if owner[0] in (E_ATTRIBUTE, E_VALUE) and chain.replace(".", "").isidentifier():
        reader.flow.put_chain(chain, value, bind=bind)
    else:
        reader.other_stores.add(name)


def _to_items(reader: Reader, target: Node, value: int, bind: bool) -> None:
    parts = reader.parts(target)
    star = kind_ids("list_splat_pattern", "list_splat")
    stars = [place for place, part in enumerate(parts) if part.kind_id in star]
    for place, part in enumerate(parts):
        if part.kind_id in star:
            reader.assign(reader.parts(part)[0], reader.flow.new((V_UNPACK, value, None)), bind=bind)
        else:
            position = place - len(parts) if stars and place > stars[0] else place
            reader.assign(part, reader.flow.new((V_UNPACK, value, position)), bind=bind)


def _to_inner(reader: Reader, target: Node, value: int, bind: bool) -> None:
    for part in reader.parts(target):
        reader.assign(part, value, bind=bind)


def _to_nothing(reader: Reader, target: Node, value: int, bind: bool) -> None:
    reader.expr(target)


_CALL, _ATTRIBUTE, _SUBSCRIPT = 1, 2, 3
_SPINE = {"call": _CALL, "attribute": _ATTRIBUTE, "subscript": _SUBSCRIPT, "identifier": -1}
_COMPREHENSIONS = {
    "list_comprehension": "list",
    "set_comprehension": "set",
    "dictionary_comprehension": "dict",
    "generator_expression": "Generator",
}
_TARGETS: dict[str, Target] = {
    "identifier": _to_name,
    "attribute": _to_attribute,
    **dict.fromkeys(("pattern_list", "tuple_pattern", "list_pattern", "tuple", "list", "expression_list"), _to_items),
    **dict.fromkeys(("parenthesized_expression", "as_pattern_target", "list_splat_pattern"), _to_inner),
}
_EXPRESSIONS: dict[str, Callable[[Reader, Node], Expr]] = {
    "identifier": _identifier,
    **dict.fromkeys(("call", "attribute", "subscript"), _spine),
    "binary_operator": _binary,
    "boolean_operator": _boolean,
    **dict.fromkeys(("comparison_operator", "not_operator"), _test),
    "conditional_expression": _conditional,
    **dict.fromkeys(_COMPREHENSIONS, _comprehension),
    "lambda": _lambda,
    "named_expression": _walrus,
    "as_pattern": _as_pattern,
    "string": _string,
    "concatenated_string": _strings,
    "integer": _integer,
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
    "float": _constant("float"),
    "none": _constant("NoneType"),
    **dict.fromkeys(("true", "false"), _constant("bool")),
    "ellipsis": _constant("ellipsis"),
}


@cache
def _tables() -> tuple[list[int], frozenset[int], list[Callable[[Reader, Node], Expr]], list[Target]]:
    extras = kind_ids("comment", "line_continuation")
    return by_kind(_SPINE, 0), extras, by_kind(_EXPRESSIONS, _inside), by_kind(_TARGETS, _to_nothing)
