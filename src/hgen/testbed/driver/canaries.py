"""Tests that must fail, put among the real ones: a run that reports one of them as passed reports lies."""

from __future__ import annotations

import inspect
import random
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_ENDINGS = ("again", "twice", "default", "empty", "simple", "more", "other", "small", "nested", "repeated")
_SHORT = 0.25
"""Seconds of a test that may be run a second time, as a canary."""


def plant(items: list[pytest.Item], number: int) -> list[str]:
    """Add canaries in modules of the tests; returns their ids.

    The first repeats a real test, wherever one is a plain function, and fails after it; the others only fail.
    """
    real = [item for item in items if type(item) is pytest.Function and not inspect.iscoroutinefunction(item.obj)]
    parents = [item.parent for item in items if isinstance(item, pytest.Function)]
    if not parents:
        return []
    chance = random.SystemRandom()
    planted: list[str] = []
    for count in range(number):
        if count == 0 and real:
            model = chance.choice(real)
            canary = _repeating(model, _name(model.originalname, items, chance))
            items.insert(items.index(model) + 1, canary)
        else:
            place = chance.randrange(len(items)) + 1
            module = chance.choice(parents).getparent(pytest.Module)  # type: ignore[union-attr]
            name = _name(chance.choice(items).name.partition("[")[0], items, chance)
            canary = pytest.Function.from_parent(module, name=name, callobj=_failing(chance.randrange(1 << 30)))
            items.insert(place, canary)
        planted.append(canary.nodeid)
    return planted


def _name(like: str, items: list[pytest.Item], chance: random.SystemRandom) -> str:
    taken = {item.name for item in items}
    names = [f"{like}_{ending}" for ending in chance.sample(_ENDINGS, len(_ENDINGS))]
    return next((name for name in names if name not in taken), f"{like}_{len(taken)}")


def _failing(number: int) -> Callable[[], None]:
    def test() -> None:
        found = [number, number + 1]
        if found != [number]:
            raise AssertionError(f"assert {found} == {[number]}")

    return test


def _repeating(model: pytest.Function, name: str) -> Any:
    """The same test with the same fixtures, which fails when it has passed."""
    seconds: list[float] = []
    body = model.obj
    fail = _failing(len(name))
    run = model.runtest

    def timed() -> None:
        from time import perf_counter

        started = perf_counter()
        run()
        seconds.append(perf_counter() - started)

    def test(**arguments: object) -> None:
        if seconds and seconds[0] < _SHORT:
            body(**arguments)
        fail()

    model.runtest = timed  # type: ignore[method-assign]
    callspec = {"callspec": model.callspec} if hasattr(model, "callspec") else {}
    return pytest.Function.from_parent(
        model.parent, name=name, callobj=test, fixtureinfo=model._fixtureinfo, originalname=name, **callspec
    )
