"""The tracer on a small real package: each call site knows the definition that it called."""

import sys
import textwrap
from pathlib import Path

import pytest

from benchmarks.resolver.ask import Index
from benchmarks.resolver.packages import Package
from benchmarks.resolver.sites import Identity
from benchmarks.resolver.trace import read_trace, trace
from benchmarks.resolver.truth import KnownFunction, ground_truth

MODULE = """
import functools
from contextlib import contextmanager
from dataclasses import dataclass


def plain(): return 1


def bare(function):
    def wrapper(*arguments):
        return function(*arguments)
    return wrapper


@bare
def decorated(): return 2


@functools.lru_cache
def cached(): return 3


@contextmanager
def managed():
    yield plain()


@dataclass(slots=True)
class Point:
    x: int = 0


class Error(Exception): pass


class Base:
    def run(self): return self.step()
    def step(self): return 1
    @classmethod
    def make(cls): return cls()
    @staticmethod
    def fixed(): return plain()
    def __call__(self): return 0


class Child(Base):
    def __init__(self): super().__init__()
    def step(self): return super().step()


def calls_functions():
    with managed():
        return plain(), decorated(), cached()


def calls_classes(): return Point(), [Child() for _ in range(2)], functools.partial(plain)()


def calls_methods(child): return child.run(), Base.make(), child.fixed(), (lambda: child.step())()


def calls_an_instance(child): return child()


def raises(): raise Error


def either(thing): return thing()


def half(flag):
    if flag:
        plain()
    return decorated()


def external(): return len(sorted("ab"))


def nested():
    def inner(): return plain()
    return inner()


def recursive(n): return n and recursive(n - 1)
"""
TESTS = """
import pytest
from pkg import mod


def test_all():
    mod.calls_functions(), mod.calls_classes(), mod.calls_an_instance(mod.Child()), mod.calls_methods(mod.Child())
    mod.either(mod.plain), mod.either(mod.Point), mod.half(False), mod.external(), mod.nested(), mod.recursive(2)
    with pytest.raises(mod.Error):
        mod.raises()


def test_injected(monkeypatch):
    monkeypatch.setattr(mod, "plain", lambda: 5)
    mod.Base.fixed()
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, KnownFunction]:
    folder = tmp_path_factory.mktemp("work")
    source = folder / "src" / "small"
    for name, text in (("pkg/__init__.py", ""), ("pkg/mod.py", MODULE), ("tests/test_mod.py", TESTS)):
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    package = Package("small", "1", "tune", "small", ("pkg",), ("tests",))
    # Our own code: it needs no confinement, which not every machine has.
    result = trace(package, source, folder, python=Path(sys.executable), confined=False)
    return {each.identity[1]: each for each in ground_truth(read_trace(result), Index(source))}


def required(function: KnownFunction) -> set[str]:
    return {_name(each) for site in function.sites for each in site.required}


def _name(identity: Identity) -> str:
    return identity[1]


@pytest.mark.parametrize(
    ("function", "callees"),
    [
        ("calls_functions", {"managed", "plain", "decorated", "cached"}),
        ("calls_classes", {"Point", "Child", "plain"}),
        ("calls_methods", {"Base.run", "Base.make", "Base.fixed", "Child.step"}),
        ("calls_an_instance", set()),
        ("raises", {"Error"}),
        ("managed", {"plain"}),
        ("Base.make", {"Base"}),
        ("Child.step", {"Base.step"}),
        ("Child.__init__", set()),
        ("external", set()),
        ("nested", set()),
        ("nested.<locals>.inner", {"plain"}),
        ("recursive", set()),
    ],
)
def test_each_function_knows_what_it_called(known: dict[str, KnownFunction], function: str, callees: set[str]) -> None:
    assert required(known[function]) == callees


def test_self_names_what_the_class_itself_finds(known: dict[str, KnownFunction]) -> None:
    (site,) = known["Base.run"].sites
    assert [_name(each) for each in site.required] == ["Base.step"]
    assert [_name(each) for each in site.observed] == ["Child.step"]


def test_an_instance_allows_its_call_method(known: dict[str, KnownFunction]) -> None:
    (site,) = known["calls_an_instance"].sites
    assert [_name(each) for each in site.allowed] == ["Base.__call__"]


def test_a_site_with_two_targets_is_polymorphic(known: dict[str, KnownFunction]) -> None:
    assert known["either"].polymorphic
    assert not known["calls_functions"].polymorphic


def test_a_function_is_whole_only_if_all_its_sites_ran(known: dict[str, KnownFunction]) -> None:
    assert not known["half"].whole
    assert known["calls_classes"].whole


def test_what_a_test_puts_there_is_marked(known: dict[str, KnownFunction]) -> None:
    assert known["Base.fixed"].injected
    assert not known["calls_functions"].injected
