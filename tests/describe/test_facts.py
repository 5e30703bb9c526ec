"""Facts that a definition's code shows."""

from hgen.describe.facts import facts


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
