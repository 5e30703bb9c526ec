"""Mutants and neutral variants of the standard library's functions, with ``ast`` and the functions as oracles."""

import ast
import importlib.util
import textwrap
import types
import warnings
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hgen.errors import Skip
from hgen.scoring.diffs import Edit, edited
from hgen.testbed.mutation.functions import Function
from hgen.testbed.mutation.mutants import OPERATORS, mutants
from hgen.testbed.mutation.neutral import NEUTRAL_OPERATORS, neutral
from hgen.testbed.mutation.operator import Example, Variant

MODULES = ("textwrap", "fnmatch", "shlex", "queue", "graphlib", "netrc", "heapq", "bisect")
DOCUMENTATION = (Path(__file__).parents[2] / "docs/testbeds.md").read_text(encoding="utf-8")
FunctionDef = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def source(name: str) -> bytes:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_bytes()


@cache
def functions(name: str) -> tuple[tuple[FunctionDef, Function], ...]:
    """All functions of a module, nested ones too, that can be cut out."""
    found = []
    for node in ast.walk(ast.parse(source(name))):
        if isinstance(node, FunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            assert node.end_lineno is not None
            found.append((node, Function(source(name), first_line=first, last_line=node.end_lineno)))
    return tuple(found)


def outside(content: bytes, edit: Edit) -> tuple[list[bytes], list[bytes]]:
    lines = content.split(b"\n")
    return lines[: edit.first_line - 1], lines[edit.last_line :]


def made(content: bytes, variant: Variant) -> tuple[bytes, Edit]:
    """The module with the variant, and the edit that leads back to what it was."""
    after = edited("m.py", content, [variant.edit])
    return after, Edit(variant.edit.first_line, variant.edit.first_line + len(variant.edit.lines) - 1, ())


def trees(content: bytes) -> dict[int, str]:
    """The dumps of the functions at module level and in its classes, in order."""
    nodes = [node for node in ast.walk(ast.parse(content)) if isinstance(node, FunctionDef)]
    return {number: ast.dump(node) for number, node in enumerate(nodes)}


@pytest.mark.parametrize("name", MODULES)
def test_a_mutant_parses_differs_and_leaves_every_other_line_as_it_was(name: str) -> None:
    content = source(name)
    whole = ast.dump(ast.parse(content))
    count = 0
    for node, function in functions(name):
        for variant in mutants(function):
            after, back = made(content, variant)
            assert node.lineno <= variant.edit.first_line <= variant.edit.last_line <= (node.end_lineno or 0)
            assert outside(content, variant.edit) == outside(after, back)
            if count % 20 == 0:
                assert ast.dump(ast.parse(after)) != whole, variant
            count += 1
    assert count > 10


def test_every_operator_finds_something() -> None:
    found = {variant.operator for name in MODULES for _, function in functions(name) for variant in mutants(function)}
    assert found == set(OPERATORS)


TABLES = {"mutants": (OPERATORS, mutants), "neutral variants": (NEUTRAL_OPERATORS, neutral)}
EXAMPLES = [
    pytest.param(variants, name, example, id=f"{name}-{number}")
    for operators, variants in TABLES.values()
    for name, operator in operators.items()
    for number, example in enumerate(operator.examples)
]


@pytest.mark.parametrize(("variants", "name", "example"), EXAMPLES)
def test_an_operator_does_what_its_examples_show(variants, name: str, example: Example) -> None:
    def in_function(body: str) -> bytes:
        return ("def f(a, b, c):\n" + textwrap.indent(body, "    ") + "\n").encode()

    content = in_function(example.before)
    function = Function(content, first_line=1, last_line=content.count(b"\n"))
    found = [edited("m.py", content, [variant.edit]) for variant in variants(function) if variant.operator == name]
    assert in_function(example.after) in found


@pytest.mark.parametrize("kind", TABLES)
def test_every_operator_has_an_example_and_stands_with_it_in_the_documentation(kind: str) -> None:
    operators, _ = TABLES[kind]
    assert [name for name, operator in operators.items() if not operator.examples] == []
    rows = [f"| {kind} | what it does | before | after |", "|---|---|---|---|"]
    for name, operator in operators.items():
        what = (operator.splices.__doc__ or "").replace("``", "`")
        rows.append(
            f"| `{name}` | {what} | {_cell(operator.examples[0].before)} | {_cell(operator.examples[0].after)} |"
        )
    assert "\n\n" + "\n".join(rows) + "\n\n" in DOCUMENTATION


def _cell(code: str) -> str:
    """Code in a Markdown table, which has no lines."""
    return "<br>".join(f"`{line}`" for line in code.split("\n"))


@pytest.mark.parametrize("name", MODULES)
def test_a_neutral_variant_has_the_same_tree_but_for_what_it_adds(name: str) -> None:
    content = source(name)
    kinds = set()
    for _, function in functions(name):
        for variant in neutral(function):
            kinds.add(variant.operator)
            after, back = made(content, variant)
            assert after != content
            assert outside(content, variant.edit) == outside(after, back)
            assert _plain(function.changed(variant.edit)) == _plain(function.node), variant
    assert kinds == set(NEUTRAL_OPERATORS)


def _plain(definition: FunctionDef | None) -> str:
    """The tree without ``pass`` and with ``outcome = X; return outcome`` written as ``return X``."""
    assert definition is not None
    # A copy, because the tree is changed in place.
    definition = ast.parse(ast.unparse(definition)).body[0]
    for node in ast.walk(definition):
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            if isinstance(statements, list):
                setattr(node, field, _folded([each for each in statements if not isinstance(each, ast.Pass)]))
    return ast.dump(definition)


def _folded(statements: list[ast.stmt]) -> list[ast.stmt]:
    kept: list[ast.stmt] = []
    for statement in statements:
        before = kept[-1] if kept else None
        if (
            isinstance(statement, ast.Return)
            and isinstance(statement.value, ast.Name)
            and statement.value.id.startswith("outcome")
            and isinstance(before, ast.Assign)
        ):
            kept[-1] = ast.Return(before.value)
        else:
            kept.append(statement)
    return kept


@cache
def variants_of_textwrap() -> tuple[types.ModuleType, ...]:
    content = source("textwrap")
    found = []
    for _, function in functions("textwrap"):
        for variant in neutral(function):
            module = types.ModuleType("variant")
            exec(compile(edited("m.py", content, [variant.edit]), "variant", "exec"), module.__dict__)
            found.append(module)
    return tuple(found)


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet="ab \n\t-.", max_size=60), st.integers(min_value=3, max_value=20))
def test_neutral_variants_do_what_the_original_does(text: str, width: int) -> None:
    assert len(variants_of_textwrap()) > 20
    wrapped, filled, dedented = textwrap.wrap(text, width), textwrap.fill(text, width), textwrap.dedent(text)
    for module in variants_of_textwrap():
        assert module.wrap(text, width) == wrapped
        assert module.fill(text, width) == filled
        assert module.dedent(text) == dedented


@pytest.mark.parametrize("name", MODULES)
def test_an_emptied_function_keeps_its_head_and_its_docstring_and_raises(name: str) -> None:
    content = source(name)
    emptied = 0
    for node, function in functions(name):
        try:
            edit = function.emptied()
        except Skip:
            continue
        emptied += 1
        changed = function.changed(edit)
        assert changed is not None
        assert ast.dump(changed.args) == ast.dump(node.args)
        assert ast.get_docstring(changed) == ast.get_docstring(node)
        assert ast.unparse(changed.body[-1]) == "raise NotImplementedError"
        assert len(changed.body) == 1 + (ast.get_docstring(node) is not None)
        after, back = made(content, Variant("emptied", edit))
        assert outside(content, edit) == outside(after, back)
        ast.parse(after)
    assert emptied > 3


@pytest.mark.parametrize(
    "text",
    ["def f(): return 1", "def f():\n    '''Doc.'''", "def f():\n    '''Doc.'''; return 1", "def f(x,\n  y): return x"],
)
def test_a_body_without_lines_of_its_own_is_not_emptied(text: str) -> None:
    function = Function(text.encode(), first_line=1, last_line=text.count("\n") + 1)
    with pytest.raises(Skip, match="unfit-body"):
        function.emptied()


def test_carriage_returns_and_tabs_are_kept() -> None:
    content = b"class C:\r\n\tdef f(self, a):\r\n\t\t'''D.'''\r\n\t\t# Why.\r\n\t\ta += 1\r\n\t\treturn a\r\n"
    function = Function(content, first_line=2, last_line=6)
    assert edited("m.py", content, [function.emptied()]) == (
        b"class C:\r\n\tdef f(self, a):\r\n\t\t'''D.'''\r\n\t\traise NotImplementedError\r\n"
    )
    for variant in [*mutants(function), *neutral(function)]:
        after = edited("m.py", content, [variant.edit])
        assert after.count(b"\r\n") == after.count(b"\n")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(after)


def test_a_comparison_is_turned_once() -> None:
    content = b"def f(a):\n    if a is None:\n        g()\n    return a\n"
    function = Function(content, first_line=1, last_line=4)
    operators = [variant.operator for variant in mutants(function) if variant.edit.first_line == 2]
    assert operators == ["boundary"]


def test_mutants_never_touch_texts_with_fields_or_docstrings() -> None:
    content = b'def f(a):\n    """1 + 1."""\n    return f"{a + 1}"\n'
    function = Function(content, first_line=1, last_line=3)
    assert {variant.operator for variant in mutants(function)} == {"early-return"}
