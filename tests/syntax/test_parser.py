"""Reasons for broken files, and what records say about symbols."""

import pytest

from hgen.syntax import Broken, parse_module
from hgen.syntax.tokens import body_digest

REASONS = {
    "null-bytes": b"x = 1\0",
    "odd-newlines": b"x = 1\ry = 2\r",
    "bad-encoding": b"# coding: punycode\n",
    "syntax-error": b"def (",
    "python-2": b"print 'x'\n",
    "too-large": b"#" * 2_000_001,
    "too-deep": b"x = " + b"(" * 150 + b")" * 150,
}


@pytest.mark.parametrize(("reason", "source"), REASONS.items(), ids=REASONS.keys())
def test_reasons(reason, source):
    with pytest.raises(Broken) as error:
        parse_module("a.py", source)
    assert error.value.reason == reason


@pytest.mark.parametrize("target", ["1", '"x"', "()", "a | b", "*a"])
def test_a_type_alias_that_is_no_name_binds_nothing(target):
    assert parse_module("a.py", f"type {target} = int".encode()).scopes[0].body().bound == {}


@pytest.mark.parametrize("target", ["type(self).x", "type(self)[0]", "type[0]", "type.x", "type(self)(y).x"])
def test_what_starts_with_type_is_an_assignment_whose_calls_count(target):
    module = parse_module("a.py", f"def f(self, y):\n    {target} = make(y)\n".encode())
    body = module.scopes[1].body()
    assert [len(body.bound[name]) for name in ("self", "y")] == [1, 1], "the names in it keep their values"
    assert "make" in module.called


def _symbol(source: str):
    return parse_module("a.py", source.encode()).symbols[-1]


def test_signature_is_folded():
    symbol = _symbol("@a.b(1,\n  2)\nasync  def f(a,  # first\n    b: int = 3,\n) -> 'x  y':\n  pass")
    assert symbol.signature == "async def f(a, b: int = 3, ) -> 'x y'"
    assert symbol.decorators == ("a.b(1, 2)",)
    assert _symbol("class A(B, metaclass=M): ...").signature == "class A(B, metaclass=M)"


def _digest(source: str) -> str:
    symbol = _symbol(source)
    return body_digest(source.encode(), symbol.body_bytes, symbol.docstring_bytes)


def test_equal_bodies_have_equal_digests():
    one = _digest("def f(a):\n    'Doc.'\n    return  a+1  # why\n")
    assert one == _digest("def g(b):\n\n    # other\n    return a + 1\n")
    assert one != _digest("def f(a):\n    return a + 2\n")
    assert _digest("def f():\n    return 'a  b'\n") != _digest("def f():\n    return 'a b'\n")


def test_symbols_are_ordered_by_line():
    module = parse_module("a.py", b"def a():\n  def b(): ...\nclass c:\n  def d(self): ...\ndef e(): ...\n")
    assert [each.qualname for each in module.symbols] == ["a", "a.<locals>.b", "c", "c.d", "e"]


PYTHON2 = [
    b"def f():\n  if a: print c, d\n",
    b"exec 'a' in b\n",
    b"try: a\nexcept A, e: b\n",
    b"def f():\n  raise A, 'b'\n",
    b"if a <> b: c\n",
    b"x = f(a) <> 1\n",
]


@pytest.mark.parametrize("source", PYTHON2)
def test_python_2_is_recognized(source):
    with pytest.raises(Broken, match="python-2"):
        parse_module("a.py", source)


def test_python_3_that_looks_like_python_2_is_read():
    source = b"print(a), b\nprint\nexec('a')\nraise A(b, c)\ntry: a\nexcept (A, B): b\nx = 'a <> b' < c\n"
    assert parse_module("a.py", source).symbols == []
