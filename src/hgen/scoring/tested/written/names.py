"""Names in a function's body: which of them may be called otherwise, and new ones that nobody else uses."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from typing import TYPE_CHECKING

from hgen.scoring.tested.written.bodies import SCOPES

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from hgen.scoring.tested.written.bodies import Body, Definition

_WORD = re.compile(r"\w+")
_SCOPE_READERS = frozenset({"locals", "vars", "dir", "eval", "exec"})
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_STEMS = (
    "amount", "answer", "base", "chosen", "current", "entry", "extra", "field", "found", "given", "head", "index",
    "inner", "item", "kind", "left", "level", "limit", "made", "mark", "member", "number", "other", "outer", "pair",
    "part", "piece", "place", "rest", "right", "seen", "size", "source", "step", "tail", "value", "word",
)  # fmt: skip


class NewNames:
    """Names that are not taken; each is given once."""

    def __init__(self, taken: frozenset[str], coin: random.Random) -> None:
        self._taken = set(taken)
        self._coin = coin

    def __call__(self) -> str:
        """One more."""
        while True:
            name = f"{self._coin.choice(_STEMS)}_{self._coin.choice(_STEMS)}"
            if name in self._taken:
                name += str(self._coin.randrange(2, 1000))
            if name not in self._taken:
                self._taken.add(name)
                return name


def words_of(text: str) -> frozenset[str]:
    """All words of a text and those that mean something to Python: what a new name must not be."""
    return frozenset({*_WORD.findall(text), *keyword.kwlist, *dir(builtins), *_STEMS})


def reads_its_scope(body: Body) -> bool:
    """Whether a body may look at its own names, so that none may come, go or be called otherwise."""
    names = {node.id for statement in body.statements for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return not _SCOPE_READERS.isdisjoint(names | body.fixed)


def parameters(definition: Definition) -> frozenset[str]:
    """The names of all parameters."""
    return frozenset(node.arg for node in ast.walk(definition.args) if isinstance(node, ast.arg))


def deleted(body: Body) -> frozenset[str]:
    """Names that some statement unbinds: ``del``, and the end of a handler."""
    found = set()
    for statement in body.statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
                found.add(node.id)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                found.add(node.name)
    return frozenset(found)


def renamable(body: Body, definition: Definition) -> list[str]:
    """Local names that stand nowhere but in plain expressions of the function's own scope."""
    stored = {
        node.id
        for node in _own(body.statements)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not node.id.startswith("__")
    }
    others = {name for statement in body.statements for name in _named_otherwise(statement)}
    inner = {node.id for scope in _inner(body.statements) for node in ast.walk(scope) if isinstance(node, ast.Name)}
    return sorted(stored - others - inner - body.fixed - set(body.declared) - parameters(definition))


def renamed(statements: list[ast.stmt], names: dict[str, str]) -> list[ast.stmt]:
    """Statements in which names are called otherwise."""
    other = _Renamed(names)
    return [other.visit(statement) for statement in statements]


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node


def _own(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes but those inside of other scopes."""
    pending: list[ast.AST] = list(statements)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, (*SCOPES, *_COMPREHENSIONS)):
            pending += ast.iter_child_nodes(node)


def _inner(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    """The scopes inside."""
    return (node for node in _own(statements) if isinstance(node, (*SCOPES, *_COMPREHENSIONS)))


def _named_otherwise(statement: ast.stmt) -> Iterator[str]:
    """Names that are bound, or said, by something else than a name in an expression."""
    for node in ast.walk(statement):
        for field in ("name", "rest", "asname"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                yield name.partition(".")[0]
            elif isinstance(name, ast.Name):
                yield name.id
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            yield from node.names
