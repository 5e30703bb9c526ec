"""No regular expression of hgen takes longer than linear time, whatever the text of a repository or an answer is."""

import ast
import importlib
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from hgen.describe import leaks
from hgen.scoring.static import dep_search
from hgen.testbed.mutation import mutants
from tests.limits import processor_limit
from tests.worst_strings import worst_strings

_SOURCE = Path(__file__).parent.parent / "src"
_LENGTH = 100_000
_SECONDS = 2.0
"""Of the processor for one string: linear time is hundredths of a second, quadratic time at least ten seconds."""

_NAME = "render"
_BUILT = {
    "hgen.describe.leaks": [*leaks.name_patterns("render_table_lines"), *leaks.name_patterns("src/pkg/render.py")],
    "hgen.scoring.static.dep_search": [dep_search.marker_for(frozenset({"load", "shop.core.load"}))],
    "hgen.testbed.mutation.mutants": [re.compile(wanted) for wanted in mutants.WANTED],
}
"""Expressions that are made of others when they are needed, in the modules that may do so."""


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for file in sorted(_SOURCE.rglob("*.py")):
        name = ".".join(file.relative_to(_SOURCE).with_suffix("").parts).removesuffix(".__init__")
        yield name, ast.parse(file.read_text(encoding="utf-8"))


def _calls_of_re(tree: ast.AST) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr != "escape"
    ]


def _constants(tree: ast.Module) -> dict[str, ast.Call]:
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and node.value in _calls_of_re(node)
        and isinstance(node.value.func, ast.Attribute)
        and node.value.func.attr == "compile"
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _with_a_name(tree: ast.Module) -> Iterator[tuple[ast.Call, list[str]]]:
    """Calls of ``re`` whose expression is written in place, around a name: ``re.search(rf"\\b{name}\\b", text)``."""
    for call in _calls_of_re(tree):
        written = call.args[0]
        ways = [written.body, written.orelse] if isinstance(written, ast.IfExp) else [written]
        if all(isinstance(way, ast.JoinedStr) for way in ways):
            yield (
                call,
                [
                    "".join(str(part.value) if isinstance(part, ast.Constant) else _NAME for part in way.values)
                    for way in ways
                    if isinstance(way, ast.JoinedStr)
                ],
            )


def _expressions() -> dict[str, re.Pattern[str] | re.Pattern[bytes]]:
    found: dict[str, re.Pattern[str] | re.Pattern[bytes]] = {}
    for module, tree in _modules():
        for name in _constants(tree):
            found[f"{module}.{name}"] = getattr(importlib.import_module(module), name)
        if module in _BUILT:
            found |= {f"{module}: {number}": pattern for number, pattern in enumerate(_BUILT[module])}
        else:
            written = [text for _, texts in _with_a_name(tree) for text in texts]
            found |= {f"{module}: {number}": re.compile(text) for number, text in enumerate(written)}
    return found


_ALL = _expressions()


def _uses() -> dict[str, set[str]]:
    """The methods that are called of each name in each module."""
    found: dict[str, set[str]] = {}
    for module, tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.setdefault(f"{module}.{node.value.id}", set()).add(node.attr)
    return {**found, "hgen.scoring.static.dep_search: 0": {"fullmatch"}}


_USES = _uses()


def test_every_regular_expression_is_a_constant_of_its_module_or_stands_around_a_name() -> None:
    """So that the test below finds it; those that are made of others are shown to it."""
    for module, tree in _modules():
        known = {*_constants(tree).values(), *(call for call, _ in _with_a_name(tree))}
        stray = [call for call in _calls_of_re(tree) if call not in known]
        imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "re"]
        assert not imported, f"{module}: import re as a whole"
        if module not in _BUILT:
            assert not stray, f"{module}, lines {[call.lineno for call in stray]}"


@pytest.mark.parametrize("name", sorted(_ALL))
def test_no_regular_expression_is_worse_than_linear(name: str) -> None:
    pattern = _ALL[name]
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    flags = pattern.flags & ~re.UNICODE
    for text in worst_strings(source, flags, length=_LENGTH):
        with processor_limit(_SECONDS, f"{name} on {text[:40]!r}"):
            _run(pattern, text, _USES.get(name, {"search"}))


def _run(pattern: re.Pattern[str] | re.Pattern[bytes], text: str, uses: set[str]) -> None:
    """Use an expression as its module does: at the beginning only, or anywhere and to the end."""
    given = text if isinstance(pattern.pattern, str) else text.encode("latin-1")
    if not uses - {"match", "fullmatch"}:
        for use in uses:
            getattr(pattern, use)(given)
    else:
        deque(pattern.finditer(given), maxlen=0)  # type: ignore[call-overload]
