"""How an answer is judged against what was traced."""

from benchmarks.resolver.score import judge, strictly_exact
from benchmarks.resolver.sites import Identity
from benchmarks.resolver.truth import KnownFunction, KnownSite

F: Identity = ("m.py", "f", 1)
A: Identity = ("m.py", "A.m", 10)
B: Identity = ("m.py", "B.m", 20)
C: Identity = ("m.py", "c", 30)
CALL: Identity = ("m.py", "A.__call__", 40)


def site(line: int, required: set[Identity], *also: Identity) -> KnownSite:
    return KnownSite(
        ("m.py", line, 0),
        line,
        frozenset(required),
        frozenset(required),
        frozenset({*required, *also}),
        polymorphic=len(required) > 1,
        injected=False,
    )


def function(*sites: KnownSite) -> KnownFunction:
    polymorphic = any(each.polymorphic for each in sites)
    return KnownFunction(F, sites, whole=True, polymorphic=polymorphic, injected=False)


def test_the_right_set_is_exact() -> None:
    verdict = judge(function(site(2, {A}), site(3, {C})), {("m.py", 2, 0): [A], ("m.py", 3, 0): [C]})
    assert verdict.exact
    assert verdict.found == {A, C}


def test_nothing_said_is_missing_and_something_else_is_wrong() -> None:
    verdict = judge(function(site(2, {A}), site(3, set())), {("m.py", 3, 0): [C]})
    assert (verdict.missing, verdict.wrong) == ({A}, {C})


def test_what_the_target_overrides_is_right_but_not_strictly() -> None:
    overriding = function(site(2, {B}, A))
    answers = {("m.py", 2, 0): [A]}
    assert judge(overriding, answers).exact
    assert not strictly_exact(overriding, answers)


def test_the_call_method_of_an_instance_is_neither_right_nor_wrong() -> None:
    called = function(site(2, set(), CALL))
    for said in ([], [CALL]):
        assert judge(called, {("m.py", 2, 0): said}).exact
        assert strictly_exact(called, {("m.py", 2, 0): said})


def test_a_polymorphic_site_is_never_exact_for_one_answer() -> None:
    several = function(site(2, {A, B}))
    assert judge(several, {("m.py", 2, 0): [A]}).missing == {B}


def test_recursion_and_nested_definitions_do_not_count() -> None:
    nested: Identity = ("m.py", "f.<locals>.g", 2)
    assert judge(function(site(2, set())), {("m.py", 2, 0): [F, nested]}).exact


def test_an_answer_at_a_site_that_never_ran_does_not_count() -> None:
    assert judge(function(site(2, {A})), {("m.py", 2, 0): [A], ("m.py", 9, 0): [C]}).exact
