"""Bare names: scopes, builtins, shadowing, what belongs to a body."""
# ruff: noqa: E501 - one case, one line

import pytest

CASES = {
    "a function of the module": ("def g(): ...\ndef f(): g()", "g"),
    "defined later": ("def f(): g()\ndef g(): ...", "g"),
    "a class means the class": ("class A: ...\ndef f(): A()", "A"),
    "a builtin is external": ("def f(): len([])", ""),
    "a builtin shadowed by the module": ("def len(x): ...\ndef f(): len([])", "len"),
    "a builtin shadowed by a local": ("def f(len): len([])", "?"),
    "a parameter is unknown": ("def f(g): g()", "?"),
    "a parameter hides a function": ("def g(): ...\ndef f(g): g()", "?"),
    "a name that nothing defines": ("def f(): nowhere()", ""),
    "a local alias": ("def g(): ...\ndef f():\n    h = g\n    h()", "g"),
    "a module alias": ("def g(): ...\nh = g\ndef f(): h()", "g"),
    "recursion does not count": ("def g(): ...\ndef f():\n    f()\n    g()", "g"),
    "nested definitions do not count": ("def g(): ...\ndef f():\n    def h(): g()\n    h()", ""),
    "bodies of nested functions are their own": ("def g(): ...\ndef f():\n    def h(): g()", "g", "f.<locals>.h"),
    "closures": ("def g(): ...\ndef f():\n    k = g\n    def h(): k()", "g", "f.<locals>.h"),
    "decorators do not count": ("def d(x): return x\ndef f():\n    @d\n    def g(): ...", ""),
    "defaults do not count": ("def d(): ...\ndef f(x=d()): ...", ""),
    "annotations do not count": ("def d(): ...\ndef f(x: d()) -> d(): ...", ""),
    "lambdas count": ("def g(): ...\ndef f(): return lambda: g()", "g"),
    "comprehensions count": ("def g(x): ...\ndef f(): return [g(x) for x in [1] if g(x)]", "g"),
    "comprehension variables end with it": ("def g(): ...\ndef f(xs):\n    [g for g in xs]\n    g()", "g"),
    "f-strings count": ("def g(): ...\ndef f(): return f'{g()!r:>{g()}}'", "g"),
    "raise with a call": ("class E(Exception): ...\ndef f(): raise E()", "E"),
    "raise without a call": ("class E(Exception): ...\ndef f(): raise E", "E"),
    "raise of a builtin": ("def f(): raise ValueError", ""),
    "raise of what was caught": ("class E(Exception): ...\ndef f():\n    try: ...\n    except E as e: raise e", ""),
    "two branches": ("def g(): ...\ndef h(): ...\ndef f(c):\n    x = g if c else h\n    x()", "?"),
    "the last of several assignments": ("def g(): ...\ndef h(): ...\ndef f():\n    x = g\n    x = h\n    x()", "h"),
    "a loop may go round": (
        "def g(): ...\ndef h(): ...\ndef f():\n    x = g\n    while True:\n        x()\n        x = h",
        "?",
    ),
    "a branch that returns": (
        "def g(): ...\ndef h(): ...\ndef f(c):\n    x = g\n    if c:\n        x = h\n        return\n    x()",
        "g",
    ),
    "global": ("def g(): ...\nx = None\ndef s():\n    global x\n    x = g\ndef f(): x()", "g"),
    "nonlocal is not followed": (
        "def g(): ...\ndef h(): ...\ndef f():\n    x = g\n    def s():\n        nonlocal x\n        x = h\n    s()\n    x()",
        "?",
    ),
    "a class scope is not seen by its methods": (
        "def g(): ...\nclass A:\n    def g(self): ...\n    def m(self): g()",
        "g",
        "A.m",
    ),
    "names in other scripts": ("def größe(): ...\ndef f(): größe()", "größe"),
    "walrus": ("class A:\n    def m(self): ...\ndef f():\n    if (a := A()): a.m()", "A A.m"),
    "deleted": ("def g(): ...\ndef f():\n    x = g\n    del x\n    len([])", ""),
    "out of a dictionary": ("def g(): ...\nd = {}\ndef f(k): d[k]()", "?"),
    "a lambda bound to a name": ("def f():\n    g = lambda: 1\n    g()", ""),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_names(edges, case):
    code, expected, *function = case
    assert edges(code, *function) == expected
