"""Definitions that a module imports under a condition: which one a call reaches depends on the machine."""

import ast
import re
from collections.abc import Iterator

from hgen.resolve import names
from hgen.resolve.program import LoadedModule, Program
from hgen.resolve.types import CLASS, FUNCTION, MODULE, Atom

_CONDITION = re.compile(rb"^(?:if|try)\b", re.MULTILINE)
_INDENTED_IMPORT = re.compile(rb"^[ \t]+from\b", re.MULTILINE)
_NOT_LIBRARY = re.compile(
    r"(?:^|/)(?:tests?|testing|docs?|examples?|benchmarks?)/|(?:^|/)(?:test_[^/]*|setup|conftest)\.py$"
)
_CERTAIN = re.compile(rb"TYPE_CHECKING|__name__|MYPY")


def conditionally_imported(program: Program) -> set[int]:
    """Positions of the definitions that library modules import inside a module-level ``if`` or ``try``.

    A star import, and the import of a module as a whole, stand for everything that the module defines. Blocks for type
    checkers and for scripts do not count.
    """
    found: set[int] = set()
    for module in program.modules.values():
        source = module.module.utf8
        if _NOT_LIBRARY.search(module.path) or not _INDENTED_IMPORT.search(source):
            continue
        if _CONDITION.search(source):
            for statement in _conditional_imports(source):
                for alias in statement.names:
                    found.update(_reached(program, module, statement, alias.name))
    return found


def _conditional_imports(source: bytes) -> Iterator[ast.ImportFrom]:
    try:
        pending: list[tuple[ast.stmt, bool]] = [(statement, False) for statement in ast.parse(source).body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    lines = source.split(b"\n")
    while pending:
        statement, conditional = pending.pop()
        if isinstance(statement, ast.ImportFrom) and conditional:
            yield statement
        elif isinstance(statement, ast.If):
            if not _CERTAIN.search(lines[statement.lineno - 1]):
                pending += [(inner, True) for inner in (*statement.body, *statement.orelse)]
        elif isinstance(statement, ast.Try):
            handled = [inner for handler in statement.handlers for inner in handler.body]
            blocks = (*statement.body, *handled, *statement.orelse, *statement.finalbody)
            pending += [(inner, True) for inner in blocks]
        elif isinstance(statement, ast.With):
            pending += [(inner, conditional) for inner in statement.body]


def _reached(program: Program, module: LoadedModule, statement: ast.ImportFrom, name: str) -> Iterator[int]:
    frame = program.frame(module, 0)
    wanted = "" if name == "*" else name
    for atom in names.imported(program, frame, statement.module or "", wanted, statement.level):
        yield from _symbols(atom)


def _symbols(atom: Atom) -> Iterator[int]:
    """What an imported thing defines: itself and everything inside it."""
    if atom[0] == MODULE and not atom[1].outside:
        origin: LoadedModule = atom[1]
        yield from range(origin.first_symbol, origin.first_symbol + len(origin.module.symbols))
    elif atom[0] in (FUNCTION, CLASS) and atom[1].symbol >= 0:
        home: LoadedModule = atom[1].module
        outer = home.module.symbols[atom[1].symbol - home.first_symbol].qualname
        for place, symbol in enumerate(home.module.symbols, home.first_symbol):
            if symbol.qualname == outer or symbol.qualname.startswith(f"{outer}."):
                yield place
