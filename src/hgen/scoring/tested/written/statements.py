"""Statements put in other words: each list of statements as another one that does the same."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from hgen.scoring.tested.written.bodies import SCOPES
from hgen.scoring.tested.written.expressions import negated
from hgen.scoring.tested.written.predicates import predicate

if TYPE_CHECKING:
    import random

    from hgen.scoring.tested.written.names import NewNames

_JUMPS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_BLOCKS = ("body", "orelse", "finalbody")
_NESTED = 6
"""So deep statements are put into blocks that were not there: Python has a limit of its own."""


class Statements:
    """Rewrites what the coin chooses; without ``new_name`` no name may come."""

    def __init__(self, coin: random.Random, new_name: NewNames | None, bound: frozenset[str]) -> None:
        self._coin = coin
        self._new_name = new_name
        self._bound = bound

    def rewritten(self, block: list[ast.stmt], depth: int = 0) -> list[ast.stmt]:
        """A block of the function's own scope, and all blocks in it; functions and classes inside stay as they are."""
        for statement in block:
            if isinstance(statement, SCOPES):
                continue
            for field in _BLOCKS:
                inner = getattr(statement, field, None)
                if isinstance(inner, list) and inner:
                    setattr(statement, field, self.rewritten(inner, depth + 1))
            for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
                part.body = self.rewritten(part.body, depth + 1)
        made: list[ast.stmt] = []
        for statement in block:
            made += self._statement(statement)
        made = self._around_jumps(self._swapped(made))
        if depth < _NESTED and self._heads(0.3):
            made = self._wrapped(made)
        return self._with_idle(made)

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, ast.Return) and node.value is not None:
            return self._returned(node.value)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.IfExp) and self._heads():
            if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                name, value = node.targets[0].id, node.value
                return [
                    ast.If(
                        value.test,
                        [ast.Assign([ast.Name(name, ast.Store())], value.body)],
                        [ast.Assign([ast.Name(name, ast.Store())], value.orelse)],
                    )
                ]
        elif isinstance(node, ast.If) and not node.orelse and isinstance(node.test, ast.BoolOp):
            if isinstance(node.test.op, ast.And) and self._heads():
                first, *rest = node.test.values
                second = rest[0] if len(rest) == 1 else ast.BoolOp(ast.And(), rest)
                return [ast.If(first, [ast.If(second, node.body, [])], [])]
        elif isinstance(node, ast.While) and not node.orelse and self._heads():
            leave = ast.If(negated(node.test), [ast.Break()], [])
            return [ast.While(ast.Constant(True), [leave, *node.body], [])]
        return [node]

    def _returned(self, value: ast.expr) -> list[ast.stmt]:
        if isinstance(value, ast.IfExp) and self._heads():
            return [ast.If(value.test, self._returned(value.body), []), *self._returned(value.orelse)]
        if self._new_name is not None and self._heads():
            name = self._new_name()
            return [ast.Assign([ast.Name(name, ast.Store())], value), ast.Return(ast.Name(name, ast.Load()))]
        return [ast.Return(value)]

    def _around_jumps(self, block: list[ast.stmt]) -> list[ast.stmt]:
        """What follows a branch that does not come back may stand in its other branch, and the reverse."""
        for place, node in enumerate(block):
            if not isinstance(node, ast.If) or not isinstance(node.body[-1], _JUMPS) or not self._heads(0.4):
                continue
            if node.orelse:
                return [*block[:place], ast.If(node.test, node.body, []), *node.orelse, *block[place + 1 :]]
            if rest := block[place + 1 :]:
                return [*block[:place], ast.If(node.test, node.body, rest)]
        return block

    def _swapped(self, block: list[ast.stmt]) -> list[ast.stmt]:
        """Neighbours that only give names to constants or parameters, in another order."""
        block = list(block)
        for place in range(len(block) - 1):
            first, second = self._named(block[place]), self._named(block[place + 1])
            if first and second and first[0] not in second and second[0] not in first and self._heads():
                block[place], block[place + 1] = block[place + 1], block[place]
        return block

    def _named(self, node: ast.stmt) -> tuple[str, str] | None:
        """The name that a statement binds, and the one that it reads, if it does nothing else."""
        if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
            return None
        value = node.value
        if isinstance(value, ast.Name) and value.id in self._bound:
            return node.targets[0].id, value.id
        empty = isinstance(value, (ast.List, ast.Tuple)) and not value.elts
        return (node.targets[0].id, "") if empty or isinstance(value, ast.Constant) else None

    def _wrapped(self, block: list[ast.stmt]) -> list[ast.stmt]:
        """Some statements that follow each other, in a block that is always entered."""
        start = self._coin.randrange(len(block))
        end = self._coin.randrange(start, len(block)) + 1
        inner = block[start:end]
        around: ast.stmt = ast.If(predicate(self._coin, truth=True), inner, [])
        if self._heads(0.3):
            around = ast.Try(inner, [], [], [ast.Pass()])
        return [*block[:start], around, *block[end:]]

    def _with_idle(self, block: list[ast.stmt]) -> list[ast.stmt]:
        """Statements more, which do nothing that matters."""
        made = list(block)
        while self._heads(0.3):
            idle: ast.stmt = ast.Pass()
            if self._new_name is not None:
                value = ast.Constant(self._coin.choice((0, 1, 2, 10, 100, "", " ", None, True)))
                idle = ast.Assign([ast.Name(self._new_name(), ast.Store())], value)
            made.insert(self._coin.randrange(len(made) + 1), idle)
        return made

    def _heads(self, chance: float = 0.5) -> bool:
        return self._coin.random() < chance
