"""Symbols of real code, with ``ast`` as the oracle."""

import ast
import sysconfig
import warnings
from hashlib import blake2b
from pathlib import Path

import pytest

from hgen.syntax import Broken, parse_module

FOLDERS = [Path(sysconfig.get_paths()[name]) for name in ("stdlib", "purelib")]
SHARE = 48
"""One file of so many is read, chosen by its name."""

Seen = dict[tuple[int, int], tuple[object, ...]]


def _files() -> list[Path]:
    chosen = []
    for folder in FOLDERS:
        paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.py"))}
        chosen += [path for name, path in paths.items() if blake2b(name.encode()).digest()[0] % SHARE == 0]
    return chosen


def _expected(tree: ast.AST) -> Seen:
    seen: Seen = {}
    pending = [(tree, "", False)]
    while pending:
        node, prefix, in_class = pending.pop()
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                pending.append((child, prefix, in_class))
                continue
            is_class = isinstance(child, ast.ClassDef)
            qualname = prefix + child.name
            function = "async function" if isinstance(child, ast.AsyncFunctionDef) else "function"
            first = child.body[0]
            has_docstring = ast.get_docstring(child, clean=False) is not None
            seen[child.lineno, child.col_offset] = (
                qualname,
                "class" if is_class else "method" if in_class else function,
                min([child.lineno, *(each.lineno for each in child.decorator_list)]),
                min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", []))]),
                child.end_lineno,
                (first.lineno, first.end_lineno) if has_docstring else None,
                len(child.body),
            )
            pending.append((child, f"{qualname}." if is_class else f"{qualname}.<locals>.", is_class))
    return seen


def _found(path: Path, source: bytes) -> Seen:
    return {
        (each.def_line, each.column): (
            each.qualname, each.kind, each.start_line, each.body_line, each.end_line, each.docstring, each.statements
        )
        for each in parse_module(path.as_posix(), source).symbols
    }  # fmt: skip


def test_symbols_of_the_standard_library_and_installed_packages():
    compared = symbols = 0
    for path in _files():
        source = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                expected = _expected(ast.parse(source))
                found = _found(path, source)
            except (SyntaxError, ValueError, Broken):
                continue
        assert found == expected, path
        compared += 1
        symbols += len(expected)
    assert compared > 50
    assert symbols > 1_000


def _parses(source: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "a.py", "exec", ast.PyCF_ONLY_AST)
    except (SyntaxError, ValueError):
        return False
    return True


@pytest.mark.parametrize(
    "source",
    [
        b"print 'x'",
        b"exec 'x'",
        b"raise E, 'x'",
        b"try: pass\nexcept A, e: pass",
        b"a <> b",
        b"def f(:\n  pass",
        b"class A\n  pass",
        b"x = (",
        b"\xff\xfe",
        b"# coding: nonsense\nx = 1",
        b"x = '\0'",
    ],
)
def test_what_python_refuses_is_broken(source):
    assert not _parses(source)
    with pytest.raises(Broken):
        parse_module("a.py", source)


@pytest.mark.parametrize(
    "source",
    [
        b"# -*- coding: latin-1 -*-\ndef f\xfc(): '\xe4'\n",
        b"\xef\xbb\xbfdef f(): pass\n",
        b"def f():\r\n    '''a\r\n    b'''\r\n    pass\r\n",
        b"def f():\n    pass\n\x0c\ndef g():\n    pass\n",
        "def größe():\n    return 'ü'\n".encode(),
        b"def f():\n    x = 1; y = 2\n    # end\n",
        b"def f(): # comment\n    # comment\n    'doc' 'string'\n",
        b"def f():\n    f'no docstring'\n",
        b"def f():\n    b'no docstring'\n",
        b"def f():\n    ('docstring')\n",
        b"x = '" + b"a" * 1_000_000 + b"'\ndef f(): pass\n",
        b"class A:\n    async def m(self): pass\n    class B:\n        def n(self):\n            def o(): pass\n",
    ],
)
def test_unusual_files(source):
    assert _found(Path("a.py"), source) == _expected(ast.parse(source))
