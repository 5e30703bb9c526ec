"""What reads each kind of statement: assignments, ``return``, ``raise`` and the like here, the others by import."""

from functools import cache

from tree_sitter import Node

from hgen.syntax.annotations import annotation
from hgen.syntax.control import read_for, read_if, read_match, read_try, read_while, read_with
from hgen.syntax.decode import Broken
from hgen.syntax.expressions import tables
from hgen.syntax.grammar import by_kind, kind_ids
from hgen.syntax.imports import import_from, import_modules
from hgen.syntax.ir import (
    E_BINARY,
    E_CONSTANT,
    RAISE,
    V_ANNOTATED,
    V_EXPR,
    V_UNBOUND,
    Expr,
)
from hgen.syntax.narrowing import narrow
from hgen.syntax.reader import Texts
from hgen.syntax.scope import Define, ScopeReader, Statement, StatementTables


def scope_reader(source: bytes, texts: Texts, define: Define) -> ScopeReader:
    """A reader of a scope that knows all expressions and statements of the language."""
    return ScopeReader(source, texts, tables(), _tables(), define)


def _expression_statement(reader: ScopeReader, node: Node) -> None:
    for part in node.named_children:
        reader.simple[part.kind_id](reader, part)


def _string(reader: ScopeReader, node: Node) -> None:
    if reader.source[node.start_byte] in b"fFrRtT":
        reader.expr(node)


def _assignment(reader: ScopeReader, node: Node) -> None:
    targets: list[tuple[Node, Expr | None]] = []
    value: Expr | None = None
    while True:
        parts = reader.pair(node)
        typed = len(parts) > 1 and parts[1].kind_id in kind_ids("type")
        targets.append((parts[0], annotation(reader, parts[1]) if typed else None))
        if len(parts) == (2 if typed else 1):
            break
        node = parts[-1]
        if node.kind_id not in kind_ids("assignment"):
            value = reader.expr(node)
            break
    number = -1 if value is None else reader.flow.new((V_EXPR, value))
    for target, declared in targets:
        if declared is not None:
            reader.assign(target, reader.flow.new((V_ANNOTATED, declared, number)))
        else:
            reader.assign(target, number)


def _augmented(reader: ScopeReader, node: Node) -> None:
    target, value = reader.parts(node)
    operator = reader.source[target.end_byte : value.start_byte].strip().decode("utf-8", "replace").rstrip("=")
    before = reader.expr(target)
    noted = len(reader.sites)
    number = reader.flow.new((V_EXPR, (E_BINARY, operator, before, reader.expr(value))))
    kept = reader.sites[noted:]
    del reader.sites[noted:]
    count = len(reader.sites)
    if target.kind_id in kind_ids("identifier", "attribute"):
        reader.assign(target, number)
        del reader.sites[count:]
    reader.sites += kept


def _return(reader: ScopeReader, node: Node) -> None:
    parts = reader.parts(node)
    reader.returns.append(reader.expr(parts[0]) if parts else (E_CONSTANT, "NoneType", None))
    reader.flow.dead = True


def _raise(reader: ScopeReader, node: Node) -> None:
    for place, part in enumerate(reader.parts(node)):
        expression = reader.expr(part)
        while part.kind_id in kind_ids("parenthesized_expression"):
            part = reader.parts(part)[0]  # noqa: PLW2901
        if part.kind_id in kind_ids("expression_list"):
            raise Broken("python-2")
        if place == 0 and part.kind_id in kind_ids("identifier", "attribute"):
            reader.site(RAISE, expression, part, part)
    reader.flow.dead = True


def _assert(reader: ScopeReader, node: Node) -> None:
    parts = reader.parts(node)
    for part in parts:
        reader.expr(part)
    narrow(reader, parts[0], held=True)


def _delete(reader: ScopeReader, node: Node) -> None:
    for part in reader.parts(node):
        names = reader.parts(part) if part.kind_id in kind_ids("expression_list", "tuple") else [part]
        for name in names:
            if name.kind_id in kind_ids("identifier"):
                reader.flow.bind(reader.text(name), reader.flow.new((V_UNBOUND,)))
            else:
                reader.expr(name)


def _global(reader: ScopeReader, node: Node) -> None:
    reader.flow.global_names.update(reader.text(part) for part in reader.parts(node))


def _nonlocal(reader: ScopeReader, node: Node) -> None:
    reader.flow.nonlocal_names.update(reader.text(part) for part in reader.parts(node))


def _type_alias(reader: ScopeReader, node: Node) -> None:
    """``type X = int``."""
    left, right = reader.parts(node)
    name = left
    while name.kind_id in kind_ids("type", "generic_type"):
        name = reader.parts(name)[0]
    if name.kind_id in kind_ids("identifier"):
        reader.flow.bind(reader.text(name), reader.flow.new((V_EXPR, annotation(reader, right))))


def _decorated(reader: ScopeReader, node: Node) -> None:
    reader.define(reader.parts(node)[-1], node)


def _python2(reader: ScopeReader, node: Node) -> None:
    raise Broken("python-2")


def _leave(to_top: bool) -> Statement:
    return lambda reader, node: reader.flow.leave(to_top=to_top)


_STATEMENTS: dict[str, Statement | None] = {
    "expression_statement": _expression_statement,
    "return_statement": _return,
    "raise_statement": _raise,
    "assert_statement": _assert,
    "delete_statement": _delete,
    "global_statement": _global,
    "nonlocal_statement": _nonlocal,
    "type_alias_statement": _type_alias,
    "import_statement": import_modules,
    "import_from_statement": import_from,
    "if_statement": read_if,
    "while_statement": read_while,
    "for_statement": read_for,
    "try_statement": read_try,
    "with_statement": read_with,
    "match_statement": read_match,
    "function_definition": lambda reader, node: reader.define(node, node),
    "class_definition": lambda reader, node: reader.define(node, node),
    "decorated_definition": _decorated,
    **dict.fromkeys(("print_statement", "exec_statement"), _python2),
    "break_statement": _leave(False),
    "continue_statement": _leave(True),
}


_SIMPLE: dict[str, Statement] = {
    "assignment": _assignment,
    "augmented_assignment": _augmented,
    "string": _string,
    **dict.fromkeys(("comment", "line_continuation"), lambda reader, node: None),
}
"""Parts of an expression statement; all others are expressions."""


def _expression(reader: ScopeReader, node: Node) -> None:
    reader.expr(node)


@cache
def _tables() -> StatementTables:
    return by_kind(_STATEMENTS, None), by_kind(_SIMPLE, _expression)
