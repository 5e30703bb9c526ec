"""Imports: where a module is, and what comes through it."""
# ruff: noqa: E501 - one case, one line

import pytest

G = "def g(): ...\n"
CASES = {
    "absolute": ({"p/__init__.py": "", "p/m.py": G, "a.py": "from p.m import g\ndef f(): g()"}, "p/m.py:g"),
    "aliased": ({"m.py": G, "a.py": "from m import g as h\ndef f(): h()"}, "m.py:g"),
    "module attribute": ({"p/__init__.py": "", "p/m.py": G, "a.py": "import p.m\ndef f(): p.m.g()"}, "p/m.py:g"),
    "aliased module": ({"p/__init__.py": "", "p/m.py": G, "a.py": "import p.m as q\ndef f(): q.g()"}, "p/m.py:g"),
    "inside a function": ({"m.py": G, "a.py": "def f():\n    from m import g\n    g()"}, "m.py:g"),
    "relative": ({"p/__init__.py": "", "p/m.py": G, "p/n.py": "from .m import g\ndef f(): g()"}, "p/m.py:g", "p/n.py:f"),
    "relative module": ({"p/__init__.py": "", "p/m.py": G, "p/n.py": "from . import m\ndef f(): m.g()"}, "p/m.py:g", "p/n.py:f"),
    "relative, two levels": (
        {"p/__init__.py": "", "p/m.py": G, "p/q/__init__.py": "", "p/q/n.py": "from ..m import g\ndef f(): g()"},
        "p/m.py:g",
        "p/q/n.py:f",
    ),
    "star": ({"m.py": G, "a.py": "from m import *\ndef f(): g()"}, "m.py:g"),
    "star hides underscores": ({"m.py": "def _g(): ...", "a.py": "from m import *\ndef f(): _g()"}, "?"),
    "star obeys __all__": ({"m.py": "__all__ = ['_g']\ndef _g(): ...\n", "a.py": "from m import *\ndef f(): _g()"}, "m.py:_g"),
    "a later star wins": ({"m.py": G, "n.py": G, "a.py": "from m import *\nfrom n import *\ndef f(): g()"}, "n.py:g"),
    "a definition after the star wins": ({"m.py": G, "a.py": "from m import *\ndef g(): ...\ndef f(): g()"}, "g"),
    "re-exported": (
        {"p/__init__.py": "from .q import g", "p/q/__init__.py": "from .m import *", "p/q/m.py": G, "a.py": "from p import g\ndef f(): g()"},
        "p/q/m.py:g",
    ),
    "a package that re-exports itself": (
        {"p/__init__.py": "from . import m as m", "p/m.py": G, "a.py": "from p import m\ndef f(): m.g()"},
        "p/m.py:g",
    ),
    "conditional on an optional package": (
        {"a.py": "try:\n    from fastg import g\nexcept ImportError:\n    def g(): ...\ndef f(): g()"},
        "?",
    ),
    "conditional on the standard library": (
        {"a.py": "try:\n    from json import loads\nexcept ImportError:\n    def loads(x): ...\ndef f(): loads('')"},
        "",
    ),
    "conditional on the platform": (
        {"a.py": "import sys\nif sys.platform == 'win32':\n    def g(): ...\nelse:\n    g = len\ndef f(): g([])"},
        "",
    ),
    "src layout": ({"src/p/__init__.py": "", "src/p/m.py": G, "tests/a.py": "from p.m import g\ndef f(): g()"}, "src/p/m.py:g", "tests/a.py:f"),
    "namespace package": ({"n/q/m.py": G, "a.py": "from n.q.m import g\ndef f(): g()"}, "n/q/m.py:g"),
    "the nearest root wins": (
        {"utils.py": G, "tests/utils.py": G, "tests/a.py": "from utils import g\ndef f(): g()"},
        "tests/utils.py:g",
        "tests/a.py:f",
    ),
    "an absolute import does not mean a neighbour in a package": (
        {"p/__init__.py": "", "p/json.py": "def loads(x): ...", "p/m.py": "import json\ndef f(): json.loads('')"},
        "",
        "p/m.py:f",
    ),
    "shadowing the standard library is unclear": (
        {"json.py": "def loads(x): ...", "a.py": "import json\ndef f(): json.loads('')"},
        "?",
    ),
    "third party is external": ({"a.py": "import numpy as np\ndef array(): ...\ndef f(): np.array()"}, ""),
    "a broken file is unknown": ({"m.py": "def g(:", "a.py": "from m import g\ndef f(): g()"}, "?"),
    "a cycle": (
        {"m.py": "from a import f\ndef g(): f()", "a.py": "from m import g\ndef f(): g()"},
        "m.py:g",
    ),
    "an endless cycle of re-exports": ({"m.py": "from a import g", "a.py": "from m import g\ndef f(): g()"}, "?"),
    "files named like keywords": ({"class.py": G, "a.py": "def f(): len([])"}, ""),
    "for type checkers only": (
        {"m.py": "class A:\n    def m(self): ...", "a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from m import A\ndef f(a: 'A'): a.m()"},
        "m.py:A.m",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_imports(edges, case):
    files, expected, *function = case
    assert edges(files, *function) == expected
