"""The parse stage and the rows of ``hgen deps``."""
# ruff: noqa: E501 - one case, one line

import json

import pytest
from rich.console import Console

from hgen.config import ParseConfig
from hgen.errors import Skip
from hgen.pages.deps import deps_rows, deps_tree
from hgen.records import Repo
from hgen.stages.parse import parse
from tests.command import hgen

REPO = Repo(
    repo="local:x", base_commit="1", snapshot="0" * 64, license="MIT", source="x", files=1, python_files=1, python_lines=1,
    python_bytes=1,
)  # fmt: skip
FILES = {
    "a.py": b"class A: ...\ndef g(): ...\ndef f(x):\n    g()\n    A()\n",
    "b.py": b"def f(",
    "notes.txt": b"def h(): ...",
}


def test_parse_gives_symbols_with_dependencies_and_counts_broken_files():
    codebase, *rejects = parse(REPO, FILES, ParseConfig())
    assert [(each.qualname, each.deps, each.offered) for each in codebase.symbols] == [
        ("A", (), False),
        ("g", (), True),
        ("f", (0, 1), True),
    ]
    assert [(each.source, each.reason) for each in rejects] == [(f"{REPO.repo} b.py", "syntax-error")]


def test_a_repository_without_definitions_is_skipped():
    with pytest.raises(Skip) as skip:
        list(parse(REPO, {"a.py": b"x = 1\n"}, ParseConfig()))
    assert skip.value.reason == "no-symbols"


@pytest.mark.parametrize(
    ("code", "offered"),
    [
        ("def g(): ...\ndef f(): g()", True),
        ("if x:\n  def g(): ...\ndef f(): g()", False),
        ("def g(): ...\ndef g(): ...\ndef f(): g()", False),
        ("class A:\n  def m(self): ...\n  def f(self): self.m()\nclass B(A):\n  def m(self): ...", True),
        ("class A:\n  def m(self): ...\nclass B(A):\n  def m(self): ...\ndef f(a: A): a.m()", False),
        ("class A:\n  def m(self): ...\n  def f(self):\n    a = self\n    a.m()\nclass B(A):\n  def m(self): ...", False),
        ("class A:\n  @classmethod\n  def f(cls): return cls()\nclass B(A): ...", True),
        ("class A:\n  def f(self): return type(self)()\nclass B(A): ...", False),
        ("class A:\n  @property\n  def k(self): ...\n  @classmethod\n  def f(cls): cls.k.m()\nclass B(A):\n  k = C\nclass C:\n  def m(self): ...", False),
        ("class A:\n  k = int\n  def f(self): return self.k()\nclass B(A):\n  k = A", False),
        ("def f(x): x()", False),
        ("from typing import overload\n@overload\ndef g(x: int): ...\n@overload\ndef g(x: str): ...\ndef g(x): ...\ndef f(): g(1)", False),
    ],
)  # fmt: skip
def test_offered_is_stricter_than_complete(code, offered):
    (codebase,) = parse(REPO, {"a.py": code.encode()}, ParseConfig())
    symbols = codebase.symbols
    assert next(each.offered for each in symbols if each.qualname.endswith("f")) is offered


def test_rows():
    rows = list(deps_rows(FILES, max_bytes=1000))
    assert rows[-1] == {
        "file": "a.py",
        "qualname": "f",
        "def_line": 3,
        "complete": True,
        "deps": [
            {"file": "a.py", "qualname": "A", "name": "A", "kind": "class", "def_line": 1},
            {"file": "a.py", "qualname": "g", "name": "g", "kind": "function", "def_line": 2},
        ],
    }


def test_tree():
    console = Console(width=80, color_system=None)
    with console.capture() as captured:
        console.print(deps_tree(deps_rows(FILES, max_bytes=1000), title="x"))
    assert captured.get().rstrip().split("\n") == [
        "x",
        "└── a.py",
        "    ├── g :2",
        "    └── f :3",
        "        ├── A a.py:1",
        "        └── g a.py:2",
    ]


def test_deps_reads_files_that_are_as_large_as_the_configuration_says(tmp_path):
    (tmp_path / "large.py").write_bytes(b"# A table.\n" * 200_000 + b"def late(): ...\n")
    done = hgen("deps", tmp_path, "--json", "--set", "parse.max_file_bytes=3000000", "-o", tmp_path / "out")
    assert [json.loads(line)["qualname"] for line in done.stdout.splitlines()] == ["late"]


BASE = "class A:\n  def m(self): ...\n"


@pytest.mark.parametrize(
    ("code", "ways"),
    [
        ("def g(): ...\ndef f(): g()", ()),
        ("def g(): ...\nh = g\ndef f(): h()", ("alias",)),
        (BASE + "class B(A):\n  def f(self): self.m()", ("inheritance",)),
        (BASE + "class B(A):\n  def f(self): super().m()", ("inheritance",)),
        (BASE + "  @classmethod\n  def f(cls): return cls()", ()),
        (BASE + "def f(a: A): a.m()", ("value", "annotation")),
        (BASE + "def f():\n  a = A()\n  a.m()", ("value",)),
        (BASE + "def f(): A().m()", ("value", "chain")),
        (BASE + "class B(A): ...\ndef f(): B().m()", ("inheritance", "value", "chain")),
        (BASE + "class B:\n  @property\n  def a(self): return A()\n  def f(self): self.a.m()", ("value", "property")),
    ],
)
def test_a_symbol_says_what_finding_its_dependencies_needs(code, ways):
    (codebase,) = parse(REPO, {"a.py": code.encode()}, ParseConfig())
    assert next(each.ways for each in codebase.symbols if each.name == "f") == ways


def test_what_a_property_returns_is_never_offered_as_what_is_called(edges):
    code = "def g(): ...\nclass A:\n  @property\n  def p(self): return g\n  def f(self): self.p()"
    assert edges(code, "A.f") == "g ?"
