"""Tests are taken out as whole functions, and what is left still parses, with ``ast`` as the oracle."""

import ast
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hgen.describe.corpus import Corpus
from hgen.errors import Skip
from hgen.families.base import Edits, inverse
from hgen.families.hidden_tests import TestFunctions, hide
from hgen.records import StableTest, Symbol
from hgen.resolve import resolve
from hgen.scoring.diffs import edited

FILE = "tests/test_all.py"
TESTS = b'''"""All tests."""
import pytest

CASES = [1, 2]


# Says what the first is about.
@pytest.mark.parametrize(
    "case", CASES
)
def test_first(case):
    assert case


# A heading.

def test_second():
    def inner():
        return 1

    assert inner()


class TestThings:
    @pytest.fixture
    def thing(self):
        return 1

    def test_third(self, thing):
        assert thing

    # About the fourth.
    def test_fourth(self): assert 1


class TestOnlyOne:
    # Alone.
    def test_fifth(self):
        assert 1


class TestDocumented:
    """Has a docstring."""

    def test_sixth(self):
        assert 1
    async def test_seventh(self):
        assert 1'''


@cache
def corpus(content: bytes = TESTS) -> Corpus:
    files = {FILE: content, "lib.py": b"def f():\n    return 1\n"}
    symbols, _ = resolve(files, max_bytes=1 << 20)
    return Corpus(files, symbols)


def position(found: Corpus, qualname: str) -> int:
    return next(place for place, symbol in enumerate(found.symbols) if symbol.qualname == qualname)


def after(found: Corpus, edits: Edits) -> bytes:
    return edited(FILE, found.files[FILE], edits[FILE])


def test_names(content: bytes) -> list[str]:
    return [node.name for node in ast.walk(ast.parse(content)) if getattr(node, "name", "").startswith("test_")]


test_names.__test__ = False  # type: ignore[attr-defined]


def hidden(*qualnames: str, content: bytes = TESTS) -> bytes:
    found = corpus(content)
    return after(found, hide(found, [position(found, qualname) for qualname in qualnames]))


def test_a_function_goes_with_its_decorators_and_the_comment_above_it() -> None:
    left = hidden("test_first")
    assert b"test_first" not in left
    assert b"parametrize" not in left
    assert b"Says what" not in left
    assert left.replace(b"\n\n\n\n", b"\n\n\n").startswith(
        b'"""All tests."""\nimport pytest\n\nCASES = [1, 2]\n\n\n# A heading.\n'
    )


def test_a_heading_stays() -> None:
    left = hidden("test_second")
    assert b"# A heading.\n" in left
    assert b"inner" not in left


@pytest.mark.parametrize("returns", [False, True])
def test_a_class_left_empty_gets_pass(returns: bool) -> None:
    content = TESTS.replace(b"\n", b"\r\n") if returns else TESTS
    left = hidden("TestOnlyOne.test_fifth", content=content)
    only = next(node for node in ast.parse(left).body if getattr(node, "name", "") == "TestOnlyOne")
    assert isinstance(only, ast.ClassDef)
    assert [type(statement) for statement in only.body] == [ast.Pass]
    assert left.count(b"\r\n") == (left.count(b"\n") if returns else 0)
    assert b"Alone" not in left


def test_a_class_with_a_docstring_stays_as_that() -> None:
    left = hidden("TestDocumented.test_sixth", "TestDocumented.test_seventh")
    documented = next(node for node in ast.parse(left).body if getattr(node, "name", "") == "TestDocumented")
    assert isinstance(documented, ast.ClassDef)
    assert ast.get_docstring(documented) == "Has a docstring."
    assert len(documented.body) == 1


NAMES = [symbol.qualname for symbol in corpus().symbols if symbol.qualname.rpartition(".")[2].startswith("test_")]


@settings(deadline=None)
@given(st.sets(st.sampled_from(NAMES), min_size=1))
def test_exactly_the_chosen_functions_go_and_all_can_be_put_back(chosen: set[str]) -> None:
    found = corpus()
    edits = hide(found, [position(found, name) for name in chosen])
    left = after(found, edits)
    gone = [name.rpartition(".")[2] for name in chosen]
    assert test_names(left) == [name for name in test_names(TESTS) if name not in gone]
    assert set(left.split(b"\n")) <= {*TESTS.split(b"\n"), b"    pass"}
    assert edited(FILE, left, inverse(found, edits)[FILE]).rstrip() == TESTS


def test_what_would_not_parse_any_more_is_not_hidden() -> None:
    content = b"import sys\nif sys.platform:\n    def test_one():\n        assert 1\n"
    with pytest.raises(Skip, match="unfit-tests"):
        hidden("test_one", content=content)


def test_what_the_rest_of_the_file_names_is_not_hidden() -> None:
    content = b"def test_one():\n    assert 1\n\n\ntest_two = test_one\n"
    with pytest.raises(Skip, match="still names"):
        hidden("test_one", content=content)


def stable(test_id: str, *covers: int) -> StableTest:
    return StableTest(id=test_id, seconds=0.1, covers=covers)


def test_the_function_behind_an_id() -> None:
    found = corpus()
    functions = TestFunctions(found.symbols)
    first, third = position(found, "test_first"), position(found, "TestThings.test_third")
    assert functions.of(stable(f"{FILE}::test_first[a::b[1]/c.py]")) == first
    assert functions.of(stable(f"{FILE}::TestThings::test_third")) == third
    # A class that inherits the test: what it executes tells.
    assert functions.of(stable(f"{FILE}::TestOthers::test_third", 0, third)) == third


@pytest.mark.parametrize("test_id", [f"{FILE}::made_by_a_loop", "lib.py::f", f"{FILE}::TestThings"])
def test_an_id_that_is_no_function_in_a_test_file_is_unfit(test_id: str) -> None:
    with pytest.raises(Skip, match="unfit-tests"):
        TestFunctions(corpus().symbols).of(stable(test_id))


def test_a_name_that_is_defined_twice_is_unfit() -> None:
    symbols: tuple[Symbol, ...] = corpus(b"def test_a():\n    pass\n\n\ndef test_a():\n    pass\n").symbols
    with pytest.raises(Skip, match="is 2 functions"):
        TestFunctions(symbols).of(stable(f"{FILE}::test_a"))
