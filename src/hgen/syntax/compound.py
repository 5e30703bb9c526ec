"""Expressions with a flow of their own: conditions, comprehensions, lambdas and names that they bind."""

from tree_sitter import Node

from hgen.syntax.grammar import kind_ids
from hgen.syntax.ir import (
    E_AND,
    E_COMPREHENSION,
    E_CONDITIONAL,
    E_LAMBDA,
    E_OR,
    E_TUPLE,
    E_UNKNOWN,
    E_VALUE,
    V_ENTER,
    V_EXPR,
    V_ITEM,
    V_UNKNOWN,
    Expr,
)
from hgen.syntax.narrowing import narrow
from hgen.syntax.reader import MAX_LINKS, Reader

COMPREHENSIONS = {
    "list_comprehension": "list",
    "set_comprehension": "set",
    "dictionary_comprehension": "dict",
    "generator_expression": "Generator",
}
"""The class of what each kind of comprehension makes."""
_UNKNOWN: Expr = (E_UNKNOWN,)


def read_boolean(reader: Reader, node: Node) -> Expr:
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
    previous, _, _ = chain[-1]
    for place, (is_and, left, right) in enumerate(reversed(chain), start=1):
        if previous != is_and:
            reader.leave()
            reader.enter()
        tested = reader.parts(left)[1] if previous == is_and and left.kind_id in kinds else left
        narrow(reader, tested, held=is_and)
        result = (E_AND if is_and else E_OR, result, reader.expr(right))
        if place % MAX_LINKS == 0:
            result = _UNKNOWN
        previous = is_and
    reader.leave()
    return result


def read_conditional(reader: Reader, node: Node) -> Expr:
    """``a if test else b``: each side knows how the test came out."""
    held, test, otherwise = reader.parts(node)
    reader.expr(test)
    results = []
    for branch, outcome in ((held, True), (otherwise, False)):
        reader.enter()
        narrow(reader, test, held=outcome)
        results.append(reader.expr(branch))
        reader.leave()
    return (E_CONDITIONAL, *results)


def read_comprehension(reader: Reader, node: Node) -> Expr:
    """A comprehension; its variables end with it."""
    body, *clauses = reader.parts(node)
    flow, kind = reader.flow, COMPREHENSIONS[node.type]
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


def read_lambda(reader: Reader, node: Node) -> Expr:
    """A lambda; calls in it belong to the scope around it."""
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


def read_walrus(reader: Reader, node: Node) -> Expr:
    """``name := value``."""
    name, value = reader.parts(node)
    number = reader.flow.new((V_EXPR, reader.expr(value)))
    reader.flow.bind(reader.text(name), number)
    reader.walruses.append((reader.text(name), number))
    return (E_VALUE, number)


def read_as_pattern(reader: Reader, node: Node) -> Expr:
    """``value as target`` in a ``with`` statement, also within parentheses."""
    value, *targets = reader.parts(node)
    result = reader.expr(value)
    for target in targets:
        reader.assign(target, reader.flow.new((V_ENTER, result, reader.async_with)))
    return result
