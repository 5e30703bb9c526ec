"""Which call sites belong to a function's own body."""

import textwrap

import pytest

from benchmarks.resolver.sites import definitions_of, is_test


def written(source: str, qualname: str) -> list[str]:
    found = {each.identity[1]: each for each in definitions_of(textwrap.dedent(source), "m.py")}
    return [site.written for site in found[qualname].sites]


@pytest.mark.parametrize(
    ("source", "sites"),
    [
        ("def f():\n    a(b())", ["a", "b"]),
        ("def f():\n    x.y.a()", ["a"]),
        ("def f():\n    return lambda: a()", ["a"]),
        ("def f():\n    return [a(x) for x in b()]", ["a", "b"]),
        ("def f():\n    def g():\n        a()\n    b()", ["b"]),
        ("def f():\n    @d()\n    class C:\n        x = a()\n    C()", ["C"]),
        ("@d()\ndef f(x=a()) -> b():\n    y: c() = e()", ["e"]),
        ("def f():\n    raise E", ["E"]),
        ("def f():\n    raise E() from None", ["E"]),
        ("def f():\n    try:\n        pass\n    except a():\n        b()", ["a", "b"]),
        ("def f():\n    a()()", ["", "a"]),
        ("def f():\n    return f'{a()}'", ["a"]),
    ],
)
def test_a_body_has_the_calls_that_the_design_gives_it(source: str, sites: list[str]) -> None:
    assert written(source, "f") == sites


def test_definitions_are_found_in_every_block() -> None:
    source = (
        "if x:\n  def f(): pass\nelse:\n  try:\n    def f(): pass\n  except E:\n    class C:\n      def m(self): pass\n"
    )
    assert [each.identity[1:] for each in definitions_of(source, "m.py")] == [("f", 2), ("f", 5), ("C", 7), ("C.m", 8)]


def test_sites_of_one_file_have_different_ends() -> None:
    source = "def f():\n    a().b().c(d())\n    a()()()\n"
    (function,) = definitions_of(source, "m.py")
    assert len({site.end for site in function.sites}) == len(function.sites) == 7


def test_the_column_points_at_the_name_in_bytes() -> None:
    (function,) = definitions_of("def f():\n    ä.ö()\n", "m.py")
    assert (function.sites[0].line, function.sites[0].column) == (2, 7)


def test_a_testing_module_of_a_package_is_not_a_test() -> None:
    assert not is_test("src/click/testing.py")
    assert is_test("pkg/tests/helpers.py")
    assert is_test("test_x.py")
