"""Functions and classes in a parsed file: their names, their lines, and which one a line belongs to."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from hgen.scoring.python.values import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hgen.scoring.python.values import Definition, ParsedSource

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def places(body: list[ast.stmt]) -> Iterator[Place]:
    """All definitions of a module in the order of their lines."""
    pending: list[tuple[str, ast.stmt, tuple[int, ...]]] = [
        ("", child, (index,)) for index, child in reversed(list(enumerate(body)))
    ]
    while pending:
        prefix, statement, path = pending.pop()
        if isinstance(statement, DEFINITIONS):
            yield Place(prefix + statement.name, statement, path)
            prefix = inner_prefix(prefix, statement)
        inner = children(statement)
        pending.extend((prefix, inner[index], (*path, index)) for index in range(len(inner) - 1, -1, -1))


def find(source: ParsedSource, qualname: str, kind: str, def_line: int) -> Place | None:
    """The definition of that name and kind; the line decides between several, and only between them."""

    def fits(place: Place) -> bool:
        return place.qualname == qualname and isinstance(place.node, ast.ClassDef) == (kind == "class")

    for place in enclosing(source, def_line):
        if place.node.lineno == def_line and fits(place):
            return place
    return min(filter(fits, places(source.body)), key=lambda place: abs(place.node.lineno - def_line), default=None)


def enclosing(source: ParsedSource, line: int) -> list[Place]:
    """The definitions whose lines, decorators included, hold that line; outermost first."""
    found = list(source.outer)
    statements = source.body
    prefix = f"{found[-1].qualname}." if found else ""
    path = found[-1].path if found else ()
    offset = source.offset
    while True:
        index = statement_at(source, statements, line)
        if index is None:
            return found
        statement = statements[index]
        path = (*path, offset + index)
        if isinstance(statement, DEFINITIONS):
            found.append(Place(prefix + statement.name, statement, path))
            prefix = inner_prefix(prefix, statement)
        statements, offset = children(statement), 0


def statement_at(source: ParsedSource, statements: list[ast.stmt], line: int) -> int | None:
    """The position of the first statement that holds the line."""
    for index, statement in enumerate(statements):
        if line <= last_line(statement):
            return index if first_line(source, statement) <= line else None
    return None


def children(statement: ast.stmt) -> list[ast.stmt]:
    """The statements directly inside a statement, whatever part of it they are in, in the order of their lines."""
    inner: list[ast.stmt] = []
    for field in ("body", "cases", "handlers", "orelse", "finalbody"):
        for part in getattr(statement, field, ()):
            if isinstance(part, ast.stmt):
                inner.append(part)
            else:
                inner.extend(part.body)
    return inner


def first_line(source: ParsedSource, statement: ast.stmt) -> int:
    """The statement's first line, decorators included."""
    if not isinstance(statement, DEFINITIONS) or not statement.decorator_list:
        return statement.lineno
    line = statement.decorator_list[0].lineno
    while line > 1 and not source.lines[line - 1].lstrip().startswith(b"@"):
        line -= 1
    return line


def last_line(statement: ast.stmt) -> int:
    """The statement's last line."""
    return statement.end_lineno or statement.lineno


def inner_prefix(prefix: str, definition: Definition) -> str:
    """What precedes the names defined inside a definition in their ``__qualname__``."""
    return f"{prefix}{definition.name}." + ("" if isinstance(definition, ast.ClassDef) else "<locals>.")


def docstring_of(body: list[ast.stmt]) -> str | None:
    """The docstring that a body begins with."""
    if body and isinstance(body[0], ast.Expr):
        value = body[0].value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return None
