"""Classes: resolution order, self, cls, super, attributes, properties."""
# ruff: noqa: E501 - one case, one line

import pytest

A = "class A:\n    def m(self): ...\n    @classmethod\n    def c(cls): return cls()\n    @staticmethod\n    def s(): ...\n"
CASES = {
    "self": ("class A:\n    def m(self): ...\n    def f(self): self.m()", "A.m", "A.f"),
    "inherited": (A + "class B(A):\n    def f(self): self.m()", "A.m", "B.f"),
    "super": (A + "class B(A):\n    def m(self): super().m()", "A.m", "B.m"),
    "super with arguments": (A + "class B(A):\n    def m(self): super(B, self).m()", "A.m", "B.m"),
    "super in a class method": (A + "class B(A):\n    @classmethod\n    def c(cls): super().c()", "A.c", "B.c"),
    "super of a builtin": ("class B(dict):\n    def get(self, k): return super().get(k)", "", "B.get"),
    "diamond": (
        "class A:\n    def m(self): ...\nclass B(A): ...\nclass C(A):\n    def m(self): ...\nclass D(B, C):\n    def f(self): self.m()",
        "C.m",
        "D.f",
    ),
    "an overriding subclass": (A + "class B(A):\n    def m(self): ...\ndef f(a: A): a.m()", "A.m ?"),
    "an overriding subclass of exactly this": (A + "class B(A):\n    def m(self): ...\ndef f(): A().m()", "A A.m"),
    "on the class": (A + "def f(a): A.m(a)", "A.m"),
    "a decorator that makes properties": (
        "def d(g):\n    def a(self): return g(self)\n    return property(a)\nclass B:\n    def m(self): ...\nclass A:\n    @d\n    def p(self): return B()\n    def f(self): self.p.m()",
        "B.m",
        "A.f",
    ),
    "class method": (A + "def f(): A.c()", "A.c"),
    "class method's result": (A + "def f(): A.c().m()", "A.m A.c"),
    "static method": (A + "def f(): A.s()", "A.s"),
    "cls()": (A, "A", "A.c"),
    "self.__class__()": ("class A:\n    def f(self): return self.__class__()", "A", "A.f"),
    "type(self)()": ("class A:\n    def f(self): return type(self)()", "A", "A.f"),
    "instance attribute": (A + "class B:\n    def __init__(self): self.a = A()\n    def f(self): self.a.m()", "A.m", "B.f"),
    "annotated attribute": (A + "class B:\n    a: A\n    def f(self): self.a.m()", "A.m", "B.f"),
    "an attribute of two kinds": (
        A + "class C:\n    def m(self): ...\nclass B:\n    def __init__(self, x): self.a = A() if x else C()\n    def f(self): self.a.m()",
        "?",
        "B.f",
    ),
    "an attribute set to None at first": (
        A + "class B:\n    def __init__(self): self.a = None\n    def s(self): self.a = A()\n    def f(self): self.a.m()",
        "A.m",
        "B.f",
    ),
    "class attribute": (A + "class B:\n    a = A()\n    def f(self): self.a.m()", "A.m", "B.f"),
    "a class in a class attribute": (A + "class B:\n    make = A\n    def f(self): self.make()", "A", "B.f"),
    "property": (A + "class B:\n    @property\n    def a(self): return A()\n    def f(self): self.a.m()", "A.m", "B.f"),
    "cached property": (
        "from functools import cached_property\n" + A + "class B:\n    @cached_property\n    def a(self): return A()\n    def f(self): self.a.m()",
        "A.m",
        "B.f",
    ),
    "property with a setter": (
        A + "class B:\n    @property\n    def a(self): return A()\n    @a.setter\n    def a(self, v): ...\n    def f(self): self.a.m()",
        "A.m",
        "B.f",
    ),
    "nested class": ("class A:\n    class B:\n        def m(self): ...\ndef f(): A.B().m()", "A.B A.B.m"),
    "called instance": ("class A:\n    def __call__(self): ...\ndef f():\n    a = A()\n    a()", "A A.__call__ ?"),
    "method bound to a name": (A + "def f():\n    m = A().m\n    m()", "A A.m"),
    "a method named like a builtin": ("class A:\n    def set(self): ...\n    def f(self): self.set()", "A.set", "A.f"),
    "returning self": ("class A:\n    def m(self): return self\n    def n(self): ...\ndef f(): A().m().n()", "A A.m A.n"),
    "unknown base": ("from nowhere import X\nclass A(X):\n    def f(self): self.m()", "", "A.f"),
    "unknown base, a name that an heir has": (
        "from nowhere import X\nclass A(X):\n    def f(self): self.m()\nclass B(A):\n    def m(self): ...",
        "?",
        "A.f",
    ),
    "patched from outside": (A + "def g(): A.m = len\ndef f(): A().m()", "A A.m ?"),
    "__new__ that makes something else": ("class A:\n    def __new__(cls): return 1\n    def m(self): ...\ndef f(): A().m()", "A ?"),
    "enumeration": ("from enum import Enum\nclass E(Enum):\n    X = 1\n    def m(self): ...\ndef f(): E.X.m()", "E.m"),
    "dataclass": ("from dataclasses import dataclass\n" + A + "@dataclass\nclass B:\n    a: A\ndef f(b: B): b.a.m()", "A.m"),
    "cyclic inheritance": ("class A(B): ...\nclass B(A): ...\nclass C(B):\n    def f(self): self.m()", "", "C.f"),
    "inconsistent order": (
        "class A: ...\nclass B(A): ...\nclass C(A, B):\n    def m(self): ...\n    def f(self): self.m()",
        "C.m",
        "C.f",
    ),
    "a base that is its own attribute": ("class A(A.B):\n    def f(self): self.m()", "", "A.f"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_classes(edges, case):
    code, expected, *function = case
    assert edges(code, *function) == expected
