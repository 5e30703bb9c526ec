"""A fixed-point solver for the resolver's mutually recursive questions about types.

Each question is computed once and kept in a memo table, and those that depend on themselves are computed again until
the answer no longer grows. Depth of recursion, turns and work are bounded; beyond that the answer holds ``UNKNOWN``.
"""

import gc
import sys
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from hgen.resolve.types import NOTHING, UNKNOWN, Type, union

_MAX_DEPTH = 60
_MAX_TURNS = 3
_MAX_WORK = 100
_MAX_PENDING = 800
_FRAMES = 30_000
_NEVER = 1 << 30

Memo = dict[Any, Any]


class _TooDeepError(Exception):
    """Another question must be answered first, on a fresh stack."""

    def __init__(self, memo: Memo, key: Hashable, compute: Callable[..., Type], arguments: tuple[Any, ...]) -> None:
        super().__init__()
        self.question = (memo, key, compute, arguments)


class _Open:
    """A question that is being answered: how deep, and what is known so far."""

    __slots__ = ("depth", "sofar")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.sofar: Type = NOTHING


@contextmanager
def deep_stack() -> Iterator[None]:
    """Room for ``_MAX_DEPTH`` questions, each with its expressions, wherever the caller's own stack is."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


@contextmanager
def without_collector() -> Iterator[None]:
    """No search for circles of garbage: an analysis makes millions of tuples that are not, and would be searched again
    and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Solver:
    """Answers questions whose answers are types and kept in memo tables.

    In a circle the answer grows from nothing until it stays the same, as in any data-flow analysis. Answers inside an
    unfinished circle are not kept, because they may still grow.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._circle = _NEVER
        self._work = 0

    def solve(self, memo: Memo, key: Hashable, compute: Callable[..., Type], *arguments: Any) -> Type:
        """The answer kept under ``key``, or ``compute(*arguments)``."""
        known = memo.get(key)
        if known is not None:
            if type(known) is not _Open:
                return known  # type: ignore[no-any-return]
            self._circle = min(self._circle, known.depth)
            return known.sofar
        depth = self._depth
        if depth > _MAX_DEPTH:
            raise _TooDeepError(memo, key, compute, arguments)
        outer, self._circle = self._circle, _NEVER
        self._depth = depth + 1
        memo[key] = state = _Open(depth)
        done = False
        try:
            answer = compute(*arguments)
            if self._circle == depth and answer:
                answer = self._grow(state, answer, depth, compute, arguments)
            done = True
        finally:
            self._depth = depth
            if not done:
                del memo[key]
        if self._circle < depth:
            self._work += 1
            if self._work > _MAX_WORK:
                memo[key] = answer = union(UNKNOWN, answer)
            else:
                del memo[key]
            self._circle = min(outer, self._circle)
        else:
            memo[key] = answer
            self._circle = outer
        return answer

    def ask(self, compute: Callable[..., Any], *arguments: Any) -> Any:
        """Run something that asks questions, however deeply they go; None if its expressions are too deep."""
        pending: list[tuple[Memo | None, Hashable, Callable[..., Any], tuple[Any, ...]]] = [
            (None, None, compute, arguments)
        ]
        self._work = 0
        while True:
            memo, key, function, given = pending[-1]
            self._depth, self._circle = 0, _NEVER
            try:
                answer = function(*given) if memo is None else self.solve(memo, key, function, *given)
            except _TooDeepError as deep:
                memo, key, _, _ = deep.question
                asked = any(table is memo and asked_key == key for table, asked_key, _, _ in pending)
                if asked or len(pending) > _MAX_PENDING:
                    memo[key] = UNKNOWN
                else:
                    pending.append(deep.question)
                continue
            except RecursionError:
                if memo is None:
                    return None
                memo[key] = UNKNOWN
                continue
            pending.pop()
            if not pending:
                return answer

    def _grow(
        self, state: _Open, answer: Type, depth: int, compute: Callable[..., Type], arguments: tuple[Any, ...]
    ) -> Type:
        """Answer again a question that asked itself, until the answer stays the same."""
        lowest = depth
        for _ in range(_MAX_TURNS - 1):
            if self._work > _MAX_WORK:
                break
            state.sofar = answer
            self._circle = _NEVER
            answer = union(compute(*arguments), state.sofar)
            lowest = min(lowest, self._circle)
            if self._circle != depth or len(answer) == len(state.sofar):
                break
        else:
            answer = union(UNKNOWN, answer)
        self._circle = lowest
        return answer
