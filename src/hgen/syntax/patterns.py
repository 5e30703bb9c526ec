"""Patterns of ``match`` statements: what they capture and what they say about the subject."""

from tree_sitter import Node

from hgen.syntax.grammar import kind_ids
from hgen.syntax.ir import E_ATTRIBUTE, E_TUPLE, E_UNKNOWN, E_VALUE, IS_INSTANCE, V_NARROWED, V_UNKNOWN, Expr
from hgen.syntax.narrowing import narrow_to_class
from hgen.syntax.reader import Reader


def read_pattern(reader: Reader, parts: list[Node], subject: Node | None, value: int) -> None:
    """Read the patterns among the parts of a case; ``value`` is the subject's."""
    patterns = [part for part in parts if part.kind_id in kind_ids("case_pattern")]
    if len(patterns) == 1:
        classes = _classes(reader, patterns[0])
        if classes is not None:
            value = reader.flow.new((V_NARROWED, value, IS_INSTANCE, classes, True))
            if subject is not None and subject.kind_id in kind_ids("identifier", "attribute"):
                narrow_to_class(reader, subject, classes, held=True)
        _capture(reader, patterns[0], value)
    else:
        for pattern in patterns:
            _capture(reader, pattern, None)


def _capture(reader: Reader, pattern: Node, value: int | None) -> None:
    """Bind the names below a pattern; only those that stand for the whole subject are known."""
    pending = [(pattern, value)]
    while pending:
        node, whole = pending.pop()
        kind, parts = node.type, reader.parts(node)
        if kind == "dotted_name":
            if len(parts) == 1:
                _bind(reader, parts[0], whole)
        elif kind == "identifier":
            _bind(reader, node, whole)
        elif kind in ("keyword_pattern", "class_pattern"):
            pending.extend((part, None) for part in parts[1:])
        elif kind in ("as_pattern", "case_pattern"):
            pending.extend((part, whole) for part in reversed(parts))
        else:
            pending.extend((part, None) for part in reversed(parts))


def _bind(reader: Reader, name: Node, value: int | None) -> None:
    if reader.text(name) != "_":
        reader.flow.bind(reader.text(name), reader.flow.new((V_UNKNOWN,)) if value is None else value)


def _classes(reader: Reader, pattern: Node) -> Expr | None:
    """The classes that a pattern requires, None if it is not only about classes."""
    while pattern.type in ("case_pattern", "as_pattern") and reader.parts(pattern):
        pattern = reader.parts(pattern)[0]
    if pattern.type == "class_pattern":
        return _dotted(reader, reader.parts(pattern)[0])
    if pattern.type == "union_pattern":
        classes = [_classes(reader, part) for part in reader.parts(pattern)]
        known = tuple(found for found in classes if found is not None)
        return (E_TUPLE, known) if len(known) == len(classes) else None
    return None


def _dotted(reader: Reader, node: Node) -> Expr:
    first, *rest = reader.parts(node)
    result: Expr = (E_VALUE, reader.flow.get(reader.text(first))) if first else (E_UNKNOWN,)
    for part in rest:
        result = (E_ATTRIBUTE, result, reader.text(part))
    return result
