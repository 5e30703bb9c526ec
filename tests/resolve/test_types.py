"""Types of values: annotations, constructors, returns, containers, narrowing."""
# ruff: noqa: E501 - one case, one line

import pytest

A = "from typing import *\nclass A:\n    def m(self): ...\nclass B:\n    def m(self): ...\n"
CASES = {
    "constructor": ("def f():\n    a = A()\n    a.m()", "A A.m"),
    "annotation": ("def f(a: A): a.m()", "A.m"),
    "annotation in a string": ("def f(a: 'A'): a.m()", "A.m"),
    "optional": ("def f(a: Optional[A]): a.m()", "A.m"),
    "optional with a bar": ("def f(a: A | None = None): a.m()", "A.m"),
    "union": ("def f(a: A | B): a.m()", "?"),
    "no annotation": ("def f(a): a.m()", "?"),
    "a name that the repository does not bear": ("def f(a): a.zap()", ""),
    "local annotation": ("def f(x):\n    a: A = x\n    a.m()", "A.m"),
    "return annotation": ("def g() -> A: ...\ndef f(): g().m()", "A.m g"),
    "inferred return": ("def g():\n    return A()\ndef f(): g().m()", "A.m g"),
    "returns that disagree": ("def g(c):\n    if c: return A()\n    return B()\ndef f(): g(1).m()", "g ?"),
    "recursive return": ("def g(n):\n    if n: return g(n - 1)\n    return A()\ndef f(): g(1).m()", "A.m g"),
    "mutually recursive returns": (
        "def g(n):\n    if n: return h(n)\n    return A()\ndef h(n):\n    if n: return g(n)\n    return A()\ndef f(): h(1).m()",
        "A.m h",
    ),
    "loop over a list": ("def f(xs: list[A]):\n    for x in xs: x.m()", "A.m"),
    "loop over List": ("def f(xs: List['A']):\n    for x in xs: x.m()", "A.m"),
    "loop over items": ("def f(xs: dict[str, A]):\n    for k, v in xs.items(): v.m()", "A.m"),
    "loop over enumerate": ("def f(xs: Sequence[A]):\n    for i, x in enumerate(xs): x.m()", "A.m"),
    "loop over zip": ("def f(xs: list[A]):\n    for i, x in zip([1], xs): x.m()", "A.m"),
    "loop over a display": ("def f():\n    for x in [A(), A()]: x.m()", "A A.m"),
    "loop over a generator": ("def g():\n    yield A()\ndef f():\n    for x in g(): x.m()", "A.m g"),
    "index of a list": ("def f(xs: list[A]): xs[0].m()", "A.m"),
    "slice of a list": ("def f(xs: list[A]):\n    for x in xs[1:]: x.m()", "A.m"),
    "value of a dictionary": ("def f(xs: dict[str, A]): xs['a'].m()", "A.m"),
    "get of a dictionary": ("def f(xs: dict[str, A]): xs.get('a').m()", "A.m"),
    "tuples": ("def f(x: tuple[int, A]):\n    i, a = x\n    a.m()\n    x[1].m()", "A.m"),
    "starred": ("def f(xs: list[A]):\n    a, *rest = xs\n    rest[0].m()", "A.m"),
    "next of iter": ("def f(xs: list[A]): next(iter(xs)).m()", "A.m"),
    "sorted and reversed": ("def f(xs: list[A]):\n    for x in reversed(sorted(xs)): x.m()", "A.m"),
    "comprehension": ("def f(xs: list[A]):\n    ys = [x for x in xs]\n    ys[0].m()", "A.m"),
    "own iterator": (
        "class L:\n    def __iter__(self): return iter([A()])\ndef f():\n    for x in L(): x.m()",
        "A.m L",
    ),
    "own generic class": (
        "T = TypeVar('T')\nclass L(Generic[T]):\n    def get(self) -> T: ...\ndef f(x: L[A]): x.get().m()",
        "A.m L.get",
    ),
    "type variable": ("T = TypeVar('T')\ndef g(x: T) -> T: return x\ndef f(): g(A()).m()", "A A.m g"),
    "Type[T]": ("T = TypeVar('T')\ndef g(c: Type[T]) -> T: return c()\ndef f(): g(A).m()", "A.m g"),
    "a class handed in": ("def f(c: type[A]): c()", "A ?"),
    "a class handed in, or a default": (
        "class C:\n    def __init__(self, c: type[A] | None = None): self.c = c or A\n    def m(self): ...\ndef f(k: C): k.c().m()",
        "A A.m ?",
    ),
    "Self": ("class C:\n    def s(self) -> Self: ...\n    def m(self): ...\ndef f(): C().s().m()", "C C.s C.m"),
    "isinstance": ("def f(x):\n    if isinstance(x, A): x.m()", "A.m"),
    "isinstance of several": ("def f(x):\n    if isinstance(x, (A, B)): x.m()", "?"),
    "not isinstance, then return": ("def f(x: A | B):\n    if not isinstance(x, A):\n        return\n    x.m()", "A.m"),
    "isinstance in and": ("def f(x): return isinstance(x, A) and x.m()", "A.m"),
    "isinstance in a conditional": ("def f(x): return x.m() if isinstance(x, A) else None", "A.m"),
    "assert isinstance": ("def f(x):\n    assert isinstance(x, A)\n    x.m()", "A.m"),
    "isinstance of an attribute": ("def f(x):\n    if isinstance(x.y, A): x.y.m()", "A.m"),
    "match": ("def f(x):\n    match x:\n        case A(): x.m()", "A.m"),
    "match as": ("def f(x):\n    match x:\n        case A() as y: y.m()", "A.m"),
    "with": ("class C:\n    def __enter__(self): return A()\n    def __exit__(self, *e): ...\ndef f():\n    with C() as x: x.m()", "A.m C"),
    "with a context manager": (
        "from contextlib import contextmanager\n@contextmanager\ndef g():\n    yield A()\ndef f():\n    with g() as x: x.m()",
        "A.m g",
    ),
    "await": ("async def g(): return A()\nasync def f(): (await g()).m()", "A.m g"),
    "async with": (
        "class C:\n    async def __aenter__(self): return A()\nasync def f():\n    async with C() as x: x.m()",
        "A.m C",
    ),
    "async for": ("async def g():\n    yield A()\nasync def f():\n    async for x in g(): x.m()", "A.m g"),
    "or": ("def f(x: A | None):\n    x = x or A()\n    x.m()", "A A.m"),
    "None replaced": ("def f(x: A | None):\n    if x is None: x = A()\n    x.m()", "A A.m"),
    "reassigned": ("def f(x):\n    x = A()\n    x.m()", "A A.m"),
    "caught": ("class E(Exception):\n    def m(self): ...\ndef f():\n    try: ...\n    except E as e: e.m()", "E.m"),
    "methods of strings": ("def join(): ...\ndef f(): ','.join([])", ""),
    "methods of a declared protocol": ("class C:\n    def read(self): ...\ndef f(x: IO): x.read()", "?"),
    "partial": ("from functools import partial\ndef g(): ...\ndef f():\n    h = partial(g)\n    h()", "g ?"),
    "lru_cache": ("from functools import lru_cache\n@lru_cache\ndef g(): return A()\ndef f(): g()", "g"),
    "a decorator that wraps": (
        "from functools import wraps\ndef d(x):\n    @wraps(x)\n    def w(): ...\n    return w\n@d\ndef g(): ...\ndef f(): g()",
        "g",
    ),
    "a decorator that registers": ("def d(x): return x\n@d\ndef g(): return A()\ndef f(): g().m()", "A.m g"),
    "what an unknown decorator returns": ("from n import d\n@d\ndef g(): return A()\ndef f(): g().m()", "A.m g ?"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_types(edges, case):
    code, expected = case
    assert edges(A + code) == expected
