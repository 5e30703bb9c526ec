"""What tree-sitter reads otherwise than Python does, and that one file's trouble costs only that file."""

import ast

import pytest

from hgen.resolve import analyse
from hgen.resolve.analysis import parse_files
from hgen.syntax import Broken, parse_module
from hgen.syntax.ir import CALL

MISLEADING = [
    "type(build()).x = load()",
    "type (item).a.b = load()",
    "type().x: int = load()",
    "type(build())[load()] = save()",
    "if item: type(item).x = load()",
    "rows = [*item.pieces()]",
    "rows = {*item.pieces()[0].parts(), *load()}",
    "rows = *item.pieces(), load()",
    "rows[*item.pieces(), load()]" if hasattr(ast, "TypeAlias") else "rows[load()]",
    "print >> load(), save()",
    "def f():\n    return *item.pieces(), load()",
    "def f():\n    if (load() and\nsave()):\n        build()",
    "def f():\n    x = load(  # why (\n\n1,\n'é', save())\n    return build()",
    'def f():\n    """Says.\n    """\n    return x[\nload()\n]\n\ndef g():\n    save()',
    "class A:\n    def f(self):\n        assert load(), (\n'x' %\nsave())\n        build()\n    def g(self): build()",
]


@pytest.mark.parametrize("source", MISLEADING)
def test_calls_and_definitions_are_those_that_python_sees(source):
    tree = ast.walk(ast.parse(source))
    nodes = list(tree)
    module = parse_module("a.py", source.encode())
    sites = [site for scope in module.scopes for site in scope.body().sites]
    assert sorted((line, column) for kind, _, line, column, _, _ in sites if kind == CALL) == sorted(
        (node.lineno, node.col_offset) for node in nodes if isinstance(node, ast.Call)
    )
    assert sorted((line, column) for _, _, _, _, line, column in sites) == sorted(
        (node.func.end_lineno, node.func.end_col_offset) for node in nodes if isinstance(node, ast.Call)
    )
    defined = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert [(each.def_line, each.end_line) for each in module.symbols] == [
        (node.lineno, node.end_lineno) for node in sorted(defined, key=lambda node: node.lineno)
    ]


def test_what_cannot_be_read_as_python_reads_it_is_left_out_with_a_reason():
    source = b"match [load()]:\n  case [x]: save()\n"
    ast.parse(source)
    with pytest.raises(Broken) as error:
        parse_module("a.py", source)
    assert (error.value.reason, error.value.detail) == ("syntax-error", "Python reads other calls")


@pytest.mark.parametrize("trouble", ["x = `1`\n", "type [f()] = 1\n", "type 1 = f()\n", "def f(:\n"])
def test_a_file_in_trouble_costs_no_other_file(trouble):
    files = {"trouble.py": trouble.encode(), "fine.py": b"def build(): ...\ndef other(): return build()\n"}
    _, broken = parse_files(files, max_bytes=1_000)
    assert {each.file for each in broken} <= {"trouble.py"}
    assert [len(function.deps) for function in analyse(files).functions] == [0, 1]


def test_names_are_compared_in_the_form_in_which_python_compares_them():
    source = "def \ufb01nd(): ...\ndef run(): find()\n"
    source += "class A:\n    def \uff47o(self): ...\n    def run(self): self.go()\n"
    analysis = analyse({"a.py": source.encode()})
    names = [symbol.qualname for symbol in analysis.symbols]
    calls = {names[function.symbol]: [names[each] for each in function.deps] for function in analysis.functions}
    assert calls["run"] == ["\ufb01nd"]
    assert calls["A.run"] == ["A.\uff47o"]
    assert all(function.complete for function in analysis.functions)


def test_a_starred_call_is_a_call_of_the_value_before_it_is_unpacked():
    source = b"""
class Item:
    def pieces(self): return [1]
class Box:
    def __iter__(self): yield Item()
    def pieces(self): return [Item()]
def run(box: Box): return [*box.pieces(), *[x for x in box]]
"""
    analysis = analyse({"a.py": source})
    names = [symbol.qualname for symbol in analysis.symbols]
    (run,) = [each for each in analysis.functions if names[each.symbol] == "run"]
    assert [names[each] for each in run.deps] == ["Box.pieces"]
    assert run.complete
