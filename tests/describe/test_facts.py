"""Facts that a definition's code shows."""

import pytest

from hgen.describe.facts import SHARED_BY, Facts, facts, facts_by_line, needed, sharing


def test_a_method_is_described_without_its_self() -> None:
    found = facts("    @staticmethod\n    def f(self, a, /, b=1, *args, c, d=2, **kw):\n        return a\n")
    assert found is not None
    assert (found.parameters, found.required, found.staticmethod) == (6, 2, True)


def test_returning_none_is_returning_nothing() -> None:
    results = [facts(f"def f():\n    {body}\n") for body in ("return", "return None", "return 0", "yield", "pass")]
    assert [(found.returns, found.yields) for found in results if found] == [
        (False, False),
        (False, False),
        (True, False),
        (False, True),
        (False, False),
    ]


def test_nested_definitions_say_nothing_about_the_outer_one() -> None:
    found = facts("def f():\n    def g():\n        yield 1\n        raise ValueError\n    lambda: (yield)\n")
    assert found is not None
    assert not found.yields
    assert found.raises == ()


def test_only_built_in_exceptions_are_named() -> None:
    found = facts(
        "def f():\n    raise ValueError\n    raise KeyError('x')\n    raise Ours()\n    raise os.error\n    raise\n"
    )
    assert found is not None
    assert found.raises == ("KeyError", "ValueError")


def test_a_class_has_methods_and_bases() -> None:
    found = facts("class A(B):\n    def f(self): ...\n    async def g(self): ...\n    x = 1\n")
    assert found is not None
    assert (found.methods, found.bases) == (2, True)


def test_what_does_not_parse_has_no_facts() -> None:
    assert facts("def f(:\n") is None
    assert facts("x = 1\n") is None
    assert facts("def f(): 1\ndef g(): 2\n") is None


def shown(source: str) -> Facts:
    found = facts(source)
    assert found is not None
    return found


ONE = shown("def f(a, b):\n    return a\n")
OTHER = shown("def f(a, b):\n    a.b = b\n")
THREE = shown("def f(a, b, c):\n    return a\n")


def test_only_facts_that_tell_from_a_rival_are_given() -> None:
    assert needed(ONE, [], [ONE] * 9) == ("sort",)
    assert needed(ONE, [OTHER], [ONE] * 9) == ("sort", "result")
    assert needed(ONE, [THREE], [ONE] * 9) == ("sort", "parameters")
    assert needed(ONE, [ONE], [ONE] * 9) == ("sort",)


def test_no_fact_is_given_that_fewer_than_five_definitions_share() -> None:
    rare = shown("async def f():\n    yield 1\n")
    assert needed(rare, [ONE], [rare] * (SHARED_BY - 1) + [ONE] * 9) == ()
    assert needed(rare, [ONE], [rare] * SHARED_BY) == ("sort",)
    given = needed(ONE, [OTHER, THREE], [ONE] * 4 + [OTHER] * 9)
    assert sharing(ONE, given, [ONE] * 4 + [OTHER] * 9) >= SHARED_BY


def test_a_file_is_read_once_for_all_that_it_defines() -> None:
    source = b"@x\nclass A:\n    def f(self, a):\n        def g(): ...\n"
    found = facts_by_line(source, {3})
    assert {line: (each.kind, each.parameters, each.names) for line, each in found.items()} == {
        2: ("class", 0, ()),
        3: ("method", 1, ("a",)),
        4: ("function", 0, ()),
    }
    assert facts_by_line(b"def f(:\n", set()) == {}


@pytest.mark.parametrize(
    ("body", "yields"),
    [
        ("with a as b: yield", True),
        ("if (yield): pass", True),
        ("for a in b:\n        try: pass\n        except E: x = [(yield a)]", True),
        ("match a:\n        case 1: yield a", True),
        ("lambda: (yield)", False),
        ("def g(): yield", False),
        ("x = 'yield'", False),
    ],
)
def test_a_yield_is_found_wherever_it_stands(body: str, yields: bool) -> None:
    assert shown(f"def f():\n    {body}\n").yields == yields
