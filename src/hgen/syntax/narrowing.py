"""What the outcome of a test says about the names in it."""

from tree_sitter import Node

from hgen.syntax.grammar import kind_ids
from hgen.syntax.ir import E_TUPLE, IS_CALLABLE, IS_CLASS, IS_INSTANCE, IS_NONE, IS_SUBCLASS, IS_TRUE, V_NARROWED, Expr
from hgen.syntax.reader import Reader


def narrow(reader: Reader, test: Node, *, held: bool) -> None:
    """Let the names in a test, which was read already, have the values that they can have after it."""
    pending = [(test, held)]
    while pending:
        node, outcome = pending.pop()
        kind = node.type
        if kind == "not_operator":
            pending.append((reader.parts(node)[0], not outcome))
        elif kind == "parenthesized_expression":
            pending.append((reader.parts(node)[0], outcome))
        elif kind == "boolean_operator":
            operator = next(child.type for child in node.children if not child.is_named)
            if (operator == "and") == outcome:
                pending.extend((part, outcome) for part in reversed(reader.parts(node)))
        elif kind in ("identifier", "attribute"):
            _narrow_name(reader, node, IS_TRUE, (), outcome)
        elif kind == "named_expression":
            pending.append((reader.parts(node)[0], outcome))
        elif kind == "call":
            _narrow_by_call(reader, node, outcome)
        elif kind == "comparison_operator":
            _narrow_by_comparison(reader, node, outcome)


def narrow_to_class(reader: Reader, subject: Node, classes: Expr, *, held: bool) -> None:
    """The same for a pattern of a ``match`` statement that names a class."""
    _narrow_name(reader, subject, IS_INSTANCE, classes, held)


def _narrow_by_call(reader: Reader, node: Node, held: bool) -> None:
    function, arguments = reader.parts(node)
    parts = reader.parts(arguments)
    if function.text in (b"isinstance", b"issubclass") and len(parts) == 2:
        kind = IS_INSTANCE if function.text == b"isinstance" else IS_SUBCLASS
        _narrow_name(reader, parts[0], kind, _silent(reader, parts[1]), held)
    elif function.text == b"callable" and parts:
        _narrow_name(reader, parts[0], IS_CALLABLE, (), held)


def _narrow_by_comparison(reader: Reader, node: Node, held: bool) -> None:
    parts = reader.parts(node)
    operators = [child.type for child in node.children if not child.is_named]
    if len(parts) != 2 or len(operators) != 1:
        return
    left, right = parts
    operator = operators[0]
    if operator in ("is", "is not", "==", "!="):
        same = held == (operator in ("is", "=="))
        if right.kind_id in kind_ids("none"):
            _narrow_name(reader, left, IS_NONE, (), same)
        elif left.kind_id in kind_ids("call") and same:
            function, arguments = reader.parts(left)
            subjects = reader.parts(arguments)
            if function.text == b"type" and len(subjects) == 1:
                _narrow_name(reader, subjects[0], IS_CLASS, _silent(reader, right), True)


def _narrow_name(reader: Reader, node: Node, kind: str, test: Expr, held: bool) -> None:
    while node.type in ("parenthesized_expression", "named_expression"):
        node = reader.parts(node)[0]
    if node.type == "identifier":
        name = reader.text(node)
        reader.flow.put(name, reader.flow.new((V_NARROWED, reader.flow.get(name), kind, test, held)))
    elif node.type == "attribute":
        chain = reader.text(node)
        if chain.replace(".", "").isidentifier():
            value = reader.flow.get(chain)
            reader.flow.put_chain(chain, reader.flow.new((V_NARROWED, value, kind, test, held)), bind=False)


def _silent(reader: Reader, node: Node) -> Expr:
    """An expression that was read already, without noting its calls again."""
    noted = len(reader.sites)
    if node.type == "binary_operator":
        left, right = reader.parts(node)
        expression: Expr = (E_TUPLE, (_silent(reader, left), _silent(reader, right)))
    else:
        expression = reader.expr(node)
    del reader.sites[noted:]
    return expression
