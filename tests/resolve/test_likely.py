"""What a call on a value without a type likely means: shown among the dependencies, never complete."""
# ruff: noqa: E501 - one case, one line

import pytest

A = "from typing import *\nclass A:\n    def m(self): ...\n    def zip_up(self): ...\nclass B:\n    def m(self): ...\n"
LIKELY = {
    "the only method of a name": ("def f(x): x.zip_up()", "A.zip_up ?"),
    "two methods of a name": ("def f(x): x.m()", "?"),
    "overridings of one method": (
        "class C:\n    def run_it(self): ...\nclass D(C):\n    def run_it(self): ...\ndef f(x): x.run_it()",
        "C.run_it ?",
    ),
    "a method of a builtin": ("class C:\n    def append(self): ...\ndef f(x): x.append(1)", "?"),
    "a method of an imported module": (
        "import socket\nclass C:\n    def gettimeout(self): ...\ndef f(x): x.gettimeout()",
        "?",
    ),
    "a method of a module that a function imports": (
        "class C:\n    def gettimeout(self): ...\ndef g():\n    import socket\ndef f(x): x.gettimeout()",
        "?",
    ),
    "an attribute of the same name": (
        "class C:\n    def __init__(self, y): self.zip_up = y\ndef f(x): x.zip_up()",
        "?",
    ),
    "a value declared as Any": ("def f(x: Any): x.zip_up()", "?"),
    "a value of another package": ("import nowhere\ndef f(): nowhere.make().zip_up()", "?"),
    "a known value without that method": ("def f(): 'a'.zip_up()", "?"),
    "what callers pass": ("def f(x): x.m()\ndef g(): f(A())", "A.m ?"),
    "callers that pass different things": ("def f(x): x.m()\ndef g():\n    f(A())\n    f(B())", "?"),
    "callers by keyword": ("def f(*, x): x.m()\ndef g(): f(x=A())", "A.m ?"),
    "callers that unpack": ("def f(x): x.m()\ndef g(): f(*[A()])", "?"),
    "callers of callers": ("def f(x): x.m()\ndef g(y): f(y)\ndef h(): g(A())", "A.m ?"),
    "callers that call each other": ("def f(x): g(x); x.m()\ndef g(x): f(x)\ndef h(): g(A())", "A.m g ?"),
    "a function that callers pass": ("def f(x): x()\ndef h(): ...\ndef g(): f(h)", "h ?"),
    "a function for a Callable": ("def f(x: Callable[[], int]): x()\ndef h(): ...\ndef g(): f(h)", "h ?"),
    "callers of a method": ("class C:\n    def f(self, x): x.m()\ndef g(): C().f(A())", "A.m ?", "C.f"),
    "callers of a static method": (
        "class C:\n    @staticmethod\n    def f(x): x.m()\ndef g(): C.f(A())",
        "A.m ?",
        "C.f",
    ),
    "an attribute from the constructor": (
        "class C:\n    def __init__(self, x): self.x = x\n    def f(self): self.x.m()\ndef g(): C(A())",
        "A.m ?",
        "C.f",
    ),
    "an attribute that holds a method": (
        "class C:\n    def __init__(self, x): self.x = x\n    def f(self): self.x()\ndef g(): C(A().m)",
        "A.m ?",
        "C.f",
    ),
    "an attribute of an heir's constructor": (
        "class C:\n    def __init__(self, x): self.x = x\n    def f(self): self.x.m()\nclass D(C): ...\ndef g(): D(A())",
        "A.m ?",
        "C.f",
    ),
    "an attribute that only one class stores": (
        "class C:\n    def __init__(self): self.gadget = A()\ndef f(x): x.gadget.m()",
        "A.m ?",
    ),
    "a parameter of the function around": (
        "def g(x):\n    def f(): x.m()\n    return f\ndef h(): g(A())",
        "A.m ?",
        "g.<locals>.f",
    ),
    "a value in a loop over what callers pass": ("def f(x):\n    for y in x: y.m()\ndef g(): f([A()])", "A.m ?"),
    "the class that has all attributes": ("def f(x):\n    print(x.zip_up)\n    x.m()", "A.m ?"),
    "a mix-in's expectation": (
        "class M:\n    def f(self): self.m()\nclass C(M, A): ...",
        "A.m ?",
        "M.f",
    ),
    "mix-ins that disagree": ("class M:\n    def f(self): self.m()\nclass C(M, A): ...\nclass D(M, B): ...", "?", "M.f"),
    "a redefinition under a condition": (
        "def g(): ...\nif UNCLEAR:\n    def g(): ...\ndef f(): g()",
        "g ?",
    ),
}  # fmt: skip
ROLES = {
    "a protocol that a class fits": (
        "class P(Protocol):\n    def run(self): ...\nclass C:\n    def run(self): ...\ndef f(x: P): x.run()",
        "C.run ?",
    ),
    "a protocol that several classes fit": ("class P(Protocol):\n    def m(self): ...\ndef f(x: P): x.m()", "?"),
    "a protocol that no class fits": ("class P(Protocol):\n    def run(self): ...\ndef f(x: P): x.run()", "P.run ?"),
    "a protocol for functions": ("class P(Protocol):\n    def __call__(self): ...\ndef f(x: P): x()", "?"),
    "a cast to a protocol for functions": (
        "class P(Protocol):\n    def __call__(self): ...\ndef f(x): cast(P, x)()",
        "?",
    ),
    "a protocol by its full name": (
        "import typing\nclass P(typing.Protocol):\n    def __call__(self): ...\ndef f(x: P): x()",
        "?",
    ),
    "a mix-in before the class of self, which the rule decides": (
        "class C:\n    def m(self): ...\n    def f(self): self.m()\nclass M:\n    def m(self): ...\nclass D(M, C): ...",
        "C.m",
        "C.f",
    ),
}  # fmt: skip
HANDED_BACK = {
    "a class handed back": ("def d(c):\n    return c\nC = d(A)\ndef f(): C().m()", "A A.m"),
    "a class handed back twice": ("def d(c, n=1):\n    c.x = n\n    return c\nA = d(d(A))\ndef f(): A().m()", "A A.m"),
    "a value handed back": ("def g(x): return x\ndef f(): g(A()).m()", "A A.m g"),
    "one of two values handed back": ("def g(x, y):\n    if x: return x\n    return y\ndef f(): g(A(), B()).m()", "A B g ?"),
    "a method that hands its argument back": (
        "class C:\n    def g(self, x): return x\ndef f(): C().g(A()).m()",
        "A A.m C C.g",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LIKELY.values(), ids=LIKELY.keys())
def test_likely(edges, case):
    code, expected, *function = case
    assert edges(A + code, *function) == expected


@pytest.mark.parametrize("case", ROLES.values(), ids=ROLES.keys())
def test_what_may_be_another_class(edges, case):
    code, expected, *function = case
    assert edges(A + code, *function) == expected


@pytest.mark.parametrize("case", HANDED_BACK.values(), ids=HANDED_BACK.keys())
def test_arguments_that_are_handed_back(edges, case):
    code, expected = case
    assert edges(A + code) == expected


def test_definitions_in_tests_are_likely_in_tests_only(edges):
    files = {
        "a.py": "def f(x): x.zip_up()",
        "tests/test_a.py": "class A:\n    def zip_up(self): ...\ndef g(x): x.zip_up()",
    }
    assert edges(files) == "?"
    assert edges(files, "tests/test_a.py:g") == "tests/test_a.py:A.zip_up ?"


def test_a_function_with_a_likely_call_is_never_offered(analysis):
    found = analysis(A + "def f(x): x.zip_up()")
    (function,) = [each for each in found.functions if found.symbols[each.symbol].qualname == "f"]
    assert (function.complete, function.calls[0].status, len(function.calls[0].callees)) == (False, "unknown", 1)
    assert not found.symbols[function.symbol].offered


def test_what_only_tests_pass_and_define_is_not_likely(edges):
    files = {"a.py": "def f(x): x()", "tests/test_a.py": "from a import f\ndef h(): ...\ndef test(): f(h)"}
    assert edges(files) == "?"
