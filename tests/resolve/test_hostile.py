"""Bad and hostile input: an answer or unknown, never an exception, and time linear in size."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

import hgen.resolve
from hgen.resolve import analyse, resolve

NAMES = st.sampled_from(["a", "b", "A", "B", "m", "self", "len", "a.b", "A.m", "self.m", "super()", "A()", "B().m()"])
SIMPLE = st.one_of(
    st.builds("{} = {}".format, st.sampled_from(["a", "b", "A", "self.m", "a.b", "a, b", "*a, b"]), NAMES),
    st.builds("{}()".format, NAMES),
    st.builds("return {}".format, NAMES),
    st.builds("raise {}".format, NAMES),
    st.builds("global {}".format, st.sampled_from(["a", "b"])),
    st.builds(
        "from .{} import {}".format, st.sampled_from(["", "x", "y", "y.z"]), st.sampled_from(["*", "a", "B as A"])
    ),
    st.builds("a: {} = {}".format, st.sampled_from(["A", "'B'", "list[A]", "A | None"]), NAMES),
    st.builds("[{} for a in {} if {}]".format, NAMES, NAMES, NAMES),
    st.builds("a = {} if {} else {}".format, NAMES, NAMES, NAMES),
    st.sampled_from(
        ["del a", "break", "continue", "pass", "yield a", "await a", "b = lambda a: a()", "a += b", "assert a"]
    ),
)
HEADERS = st.one_of(
    st.builds(
        "def {}({}):".format, st.sampled_from(["a", "b", "m"]), st.sampled_from(["", "self", "a: A", "*a", "b=A"])
    ),
    st.builds("class {}({}):".format, st.sampled_from(["A", "B"]), st.sampled_from(["", "A", "B", "A, B", "A.B", "a"])),
    st.sampled_from(
        ["if a:", "while True:", "for a in b:", "with a as b:", "if isinstance(a, A):", "try:", "@a\ndef b():"]
    ),
)


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for each in lines for line in each.split("\n")]


def _block(header: str, body: list[str]) -> str:
    tail = ["except A as a:", "  pass"] if header == "try:" else []
    return "\n".join([*header.split("\n"), *_indented(body), *tail])


STATEMENTS = st.recursive(
    SIMPLE, lambda inner: st.builds(_block, HEADERS, st.lists(inner, min_size=1, max_size=4)), max_leaves=12
)
MODULES = st.lists(STATEMENTS, max_size=6).map("\n".join)


@given(st.fixed_dictionaries({"p/__init__.py": MODULES, "p/x.py": MODULES, "p/y/z.py": MODULES}))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_program_has_an_answer_and_the_same_one_twice(modules):
    files = {path: text.encode() for path, text in modules.items()}
    first = resolve(files)
    assert first == resolve(files)
    assert not first[1], "the grammar makes valid files"


REAL = sorted(Path(hgen.resolve.__file__).parent.rglob("*.py"))


@given(st.sampled_from(REAL), st.integers(0, 20_000), st.integers(0, 200), st.binary(max_size=8))
@settings(max_examples=60, deadline=None)
def test_mutated_files_have_an_answer(path, start, length, replacement):
    source = path.read_bytes()
    start %= len(source)
    resolve({"a.py": source[:start] + replacement + source[start + length :]})


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_bytes_have_an_answer(source):
    resolve({"a.py": source})


def _work(function: Callable[[], object]) -> int:
    """How many calls something makes, those of builtins included: time without a clock."""
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def _chain_of_modules(n: int) -> dict[str, str]:
    links = {f"m{k}.py": f"from m{k + 1} import g" for k in range(n)}
    return {**links, f"m{n}.py": "def g(): ...", "a.py": "from m0 import g\ndef f(): g()"}


def _cycle(n: int) -> dict[str, str]:
    return {f"m{k}.py": f"from m{(k + 1) % n} import *\ndef f{k}(): f{(k + 7) % n}()" for k in range(n)}


GROWING = {
    "functions in a file": lambda n: {"a.py": "".join(f"def f{k}(): f{k // 2}()\n" for k in range(n))},
    "methods of a class": lambda n: {
        "a.py": "class A:\n" + "".join(f"  def m{k}(self): self.m{k // 2}()\n" for k in range(n))
    },
    "chain of re-exports": _chain_of_modules,
    "inferred returns in a chain": lambda n: {
        "a.py": "class A:\n  def m(self): ...\ndef f0(): return A()\n"
        + "".join(f"def f{k + 1}(): return f{k}()\n" for k in range(n))
        + f"def f(): f{n}().m()"
    },
    "assignments in branches": lambda n: {"a.py": "def f(a):\n" + "".join(f"  if a: x{k} = a()\n" for k in range(n))},
    "breaks in a loop": lambda n: {
        "a.py": "def f(a):\n  while a:\n" + "".join(f"    if a: break\n    x{k} = a\n" for k in range(n // 10))
    },
    "one long expression": lambda n: {"a.py": "x = " + " + ".join(["a()"] * n)},
    "one long chain of calls": lambda n: {"a.py": "def f(a): a" + ".b()" * n},
    "one long boolean": lambda n: {"a.py": "def f(a): return " + " or ".join(["a()"] * n)},
    "one long elif": lambda n: {
        "a.py": "def f(a):\n  if a: ...\n" + "".join(f"  elif a == {k}: x = a()\n" for k in range(n))
    },
    "names of an elif": lambda n: {
        "a.py": "def f(a):\n  if a: ...\n" + "".join(f"  elif a == {k}: x{k} = g{k}()\n" for k in range(n))
    },
    "isinstance in an elif": lambda n: {
        "a.py": "".join(f"class A{k}:\n  def m(self): ...\n" for k in range(n))
        + "def f(a):\n  if a: ...\n"
        + "".join(f"  elif isinstance(a, A{k}): a.m()\n" for k in range(n))
    },
    "names imported in a try": lambda n: {
        "a.py": "".join(f"class A{k}: ...\n" for k in range(n)),
        "b.py": "try:\n" + "".join(f"  from a import A{k}\n" for k in range(n)) + "except E: ...",
    },
    "local names called": lambda n: {"a.py": "def f(a):\n" + "".join(f"  x{k} = a\n  x{k // 2}()\n" for k in range(n))},
    "items of a list": lambda n: {"a.py": "x = [" + "1, a(), " * n + "]\ndef f(): x.append(1)"},
    "subclasses of a class": lambda n: {
        "a.py": "class A:\n  def m(self): self.n()\n  def n(self): ...\n"
        + "".join(f"class B{k}(A):\n  def n(self): super().n(); self.m()\n" for k in range(n // 10))
    },
    "stores of one attribute": lambda n: {
        "a.py": "class A:\n" + "".join(f"  def m{k}(self): self.x = a(); self.x.b()\n" for k in range(n))
    },
    "a class over itself": lambda n: {"a.py": "class A(A):\n  def m(self): self.m()\n" * n},
    "inheritance in a chain": lambda n: {
        "a.py": "class A0:\n  def m(self): ...\n"
        + "".join(f"class A{k + 1}(A{k}): ...\n" for k in range(n // 10))
        + f"def f(): A{n // 10}().m()"
    },
}


@pytest.mark.parametrize("grow", GROWING.values(), ids=GROWING.keys())
def test_work_grows_with_the_size(grow):
    def run(n: int) -> int:
        files = {path: text.encode() for path, text in grow(n).items()}
        return _work(lambda: analyse(files))

    small, large = run(200), run(800)
    assert large < 6 * small + 20_000


def test_a_long_chain_of_re_exports_is_followed(edges):
    assert edges(_chain_of_modules(2_000)) == "m2000.py:g"


def test_a_cycle_of_modules_is_followed(edges):
    assert edges(_cycle(100), "m3.py:f3") == "m10.py:f10"


def test_a_long_chain_of_inferred_returns_is_followed(edges):
    assert edges(GROWING["inferred returns in a chain"](1_000)["a.py"]) == "A.m f1000"


DEEP = {
    "parentheses": b"x = " + b"(" * 5_000 + b")" * 5_000,
    "lists": b"x = " + b"[" * 5_000 + b"]" * 5_000,
    "calls in calls": b"x = " + b"a(" * 3_000 + b")" * 3_000,
    "lambdas": b"x = " + b"lambda: " * 5_000 + b"1",
    "negations": b"x = " + b"not " * 5_000 + b"a",
    "signs": b"x = " + b"-" * 5_000 + b"a",
    "conditionals": b"x = " + b"a if b else " * 5_000 + b"c",
    "blocks": b"".join(b" " * k + b"if a:\n" for k in range(400)) + b" " * 400 + b"pass\n",
    "definitions": b"".join(b" " * k + b"def f():\n" for k in range(400)) + b" " * 400 + b"pass\n",
    "subscripts in annotations": b"def f(a: " + b"list[" * 3_000 + b"int" + b"]" * 3_000 + b"): ...",
    "attributes": b"def f(a): a" + b".b" * 20_000 + b"()",
    "patterns": b"match a:\n case " + b"[" * 3_000 + b"]" * 3_000 + b": pass",
    "f-strings": b"x = " + b"f'{" * 100 + b"a" + b"}'" * 100,
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP.keys())
def test_deep_nesting_is_refused_or_read(source):
    known = {"too-deep", "too-complex", "syntax-error", "needs-newer-python"}
    assert {each.reason for each in resolve({"a.py": source})[1]} <= known


def test_output_does_not_depend_on_hash_order():
    folder = Path(hgen.resolve.__file__).parent
    code = (
        f"import sys, hashlib, pathlib; from hgen.resolve import analyse; folder = pathlib.Path({str(folder)!r});"
        "paths = sorted(folder.rglob('*.py'));"
        "files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths};"
        "print(hashlib.sha256(repr(analyse(files)).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
