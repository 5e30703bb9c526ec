"""The table of reject reasons against the code, which is read as syntax trees."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import hgen
from hgen.reject_reasons import REJECT_REASONS
from hgen.scoring import UNGRADABLE

SOURCE = Path(hgen.__file__).parent
PAGE = (Path(__file__).parents[1] / "docs/reject-reasons.md").read_text(encoding="utf-8")
COUNTER = "dropped"
"""What counts paths that snapshots leave out is called so everywhere; ``mine`` makes rejects of it."""
HANDED_ON = {"reason", "code", COUNTER, "path_problem"}
"""Where another module's reason is passed on: ``skip.reason``, ``fault.code``, the keys of a counter, a function's."""


def reasons_in(tree: ast.AST) -> set[str]:
    """The words that a module gives as reasons, whatever variables and functions of its own they pass through."""
    flow = _flow(tree)
    found: set[str] = set()
    for given in _given(tree):
        reached = _reached(given, flow)
        words = {each for each in reached if isinstance(each, ast.Constant)}
        handed_on = {each for each in reached if isinstance(each, str)} & HANDED_ON
        assert words or handed_on, f"not known to be a reason: {ast.unparse(given)}"
        found |= {str(each.value) for each in words if each.value}
    return found


def _given(tree: ast.AST) -> Iterator[ast.expr]:
    """The expressions that say why, wherever a reject or what becomes one is made."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("Skip" | "Broken"), args=[reason, *_]):
                yield reason
            case ast.Call(func=ast.Name("Skip" | "Broken" | "Reject"), keywords=keywords):
                yield next(each.value for each in keywords if each.arg == "reason")
            case ast.AugAssign(target=ast.Subscript(value=counter, slice=reason)) if _name(counter) == COUNTER:
                yield reason


def _flow(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """What each name of a module may stand for: what is assigned to it, iterated over, or returned by it."""
    flow: dict[str, list[ast.expr]] = defaultdict(list)
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    for name in _names(target):
                        flow[name].append(value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.For(target=target, iter=value):
                for name in _names(target):
                    flow[name].append(value)
            case ast.FunctionDef(name=name):
                flow[name] += [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value]
    return flow


def _reached(value: ast.expr, flow: dict[str, list[ast.expr]]) -> set[ast.Constant | str]:
    """The literals and the names that an expression may be, followed through the names."""
    reached: set[ast.Constant | str] = set()
    pending = [value]
    while pending:
        for part in _parts(pending.pop()):
            if isinstance(part, ast.Constant):
                if isinstance(part.value, str):
                    reached.add(part)
            elif (name := _name(part)) and name not in reached:
                reached.add(name)
                pending += flow[name]
    return reached


def _parts(value: ast.expr) -> Iterator[ast.expr]:
    """What an expression may be: both branches of a condition, the items of a tuple, what is called or sorted."""
    match value:
        case ast.IfExp(body=body, orelse=orelse):
            inner: Iterable[ast.expr] = (body, orelse)
        case ast.Tuple(elts=inner) | ast.BoolOp(values=inner):
            pass
        case ast.BinOp(left=left, right=right):
            inner = (left, right)
        case ast.Call(func=ast.Name("sorted"), args=inner):
            pass
        case ast.Call(func=ast.Attribute(value=mapping, attr="items")):
            inner = (mapping,)
        case ast.Call(func=function):
            inner = (function,) if isinstance(function, ast.Name) else ()
        case _:
            yield value
            return
    for each in inner:
        yield from _parts(each)


def _names(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Tuple(elts=parts):
            for part in parts:
                yield from _names(part)
        case ast.Subscript(value=mapping):
            yield _name(mapping)
        case _:
            yield _name(target)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def test_each_reason_in_the_code_has_a_meaning_and_each_meaning_a_reason_in_the_code() -> None:
    found = set().union(*(reasons_in(ast.parse(file.read_bytes())) for file in SOURCE.rglob("*.py")))
    # What scoring can give no verdict on is rejected with scoring's own word.
    assert found | UNGRADABLE == REJECT_REASONS.keys()


@pytest.mark.parametrize(
    ("code", "reasons"),
    [
        ('raise Skip("too-big", "1 MB")', {"too-big"}),
        ('raise Broken(reason="too-deep")', {"too-deep"}),
        ('yield Reject(source="a", reason="leak", detail="")', {"leak"}),
        ('raise Skip("slow-tests" if late else "no-tests")', {"slow-tests", "no-tests"}),
        ('BUG = "bug"\nyield Reject(source="a", reason=BUG, detail="")', {"bug"}),
        ('def why(): return "odd" if x else None\nproblem = why()\ndropped[problem] += 1', {"odd"}),
        ('def end(): return "a/b", "odd"\n_, why = end()\nraise Skip(why)', {"a/b", "odd"}),
        ("yield Reject(source='a', reason=skip.reason, detail=skip.detail)", set()),
    ],
)
def test_a_reason_is_found_in_whatever_it_passes_through(code: str, reasons: set[str]) -> None:
    assert reasons_in(ast.parse(code)) == reasons


def test_a_reason_that_comes_from_nowhere_is_objected_to() -> None:
    with pytest.raises(AssertionError, match="not known to be a reason: why"):
        reasons_in(ast.parse("def refuse(why): raise Skip(why)"))


def test_the_documentation_shows_the_table_as_it_is() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert rows == list(REJECT_REASONS.items())
