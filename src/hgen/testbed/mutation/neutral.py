"""Neutral variants of a function: other text, another tree or other code, and the same meaning.

As answers, they are as right as the true one. Written tests see other forms: ``hgen.scoring.tested.written``.
"""

import ast
from collections.abc import Iterator, Mapping
from contextlib import suppress

from hgen.errors import Skip
from hgen.probes import Probe
from hgen.scoring.diffs import Edit, edited, render
from hgen.scoring.python.definitions import first_line, last_line
from hgen.scoring.python.sources import parse_start
from hgen.scoring.start_state import patched
from hgen.scoring.tasks import SymbolRef, place_of
from hgen.scoring.tested.task import TestedTask
from hgen.testbed.mutation.functions import Function, Splice, code, end_of, start_of
from hgen.testbed.mutation.operator import Example, Operator, Variant

NEUTRAL = 2
"""How many other right answers are made."""

_SCOPE_READERS = frozenset({"locals", "vars", "dir", "eval", "exec"})


def neutral_answers(task: TestedTask, met: Mapping[str, bytes]) -> list[Probe]:
    """For a function to write: right answers that the reference answer is not, as diffs against what the agent meets.

    Raises ``Refusal`` if a target is not there.
    """
    if task.graded_by == "mutants":
        return []
    gold = patched(met, task.patch, "the gold patch")
    found: dict[str, Probe] = {}
    for target in task.targets:
        for name, edit in _edits(gold[target.file], target):
            content = edited(target.file, gold[target.file], [edit])
            found.setdefault(name, Probe(name, render({target.file: met[target.file]}, {target.file: content})))
    return list(found.values())[:NEUTRAL]


def neutral(function: Function) -> Iterator[Variant]:
    """All neutral variants that compile, those that change most first."""
    for name, operator in NEUTRAL_OPERATORS.items():
        for splice in operator.splices(function):
            edit = function.edit(splice)
            if function.changed(edit) is not None:
                yield Variant(name, edit)


def _edits(content: bytes, target: SymbolRef) -> Iterator[tuple[str, Edit]]:
    """Edits of a target's file that change nothing, by the names of their operators."""
    place = place_of(target, content)
    source = parse_start(content)
    with suppress(Skip):
        function = Function(content, first_line=first_line(source, place.node), last_line=last_line(place.node))
        for variant in neutral(function):
            yield variant.operator, variant.edit


def _named_results(function: Function) -> Iterator[Splice]:
    """What is returned gets a name first, unless the function looks at its own names."""
    taken = {node.id for node in ast.walk(function.node) if isinstance(node, ast.Name)}
    taken |= {node.arg for node in ast.walk(function.node) if isinstance(node, ast.arg)}
    if taken & _SCOPE_READERS:
        return
    names = ("outcome", *(f"outcome{number}" for number in range(1, len(taken) + 1)))
    name = next(name for name in names if name not in taken).encode()
    for node in code(function, nested=False):
        if isinstance(node, ast.Return) and node.value is not None and (indent := _indent(function, node)) is not None:
            value = b"(" + function.text(node.value) + b")"
            lines = (name + b" = " + value, indent + b"return " + name)
            yield Splice(start_of(node), end_of(node), _end(function, node).join(lines))


def _passes(function: Function) -> Iterator[Splice]:
    """A statement more, which does nothing."""
    for statement in function.body[:1]:
        indent = _indent(function, statement)
        if indent is not None and not getattr(statement, "decorator_list", ()):
            yield Splice(start_of(statement), start_of(statement), b"pass" + _end(function, statement) + indent)


def _parentheses(function: Function) -> Iterator[Splice]:
    """Parentheses around what is returned or assigned."""
    for node in code(function):
        if isinstance(node, ast.Return | ast.Assign) and node.value is not None:
            yield Splice(start_of(node.value), end_of(node.value), b"(" + function.text(node.value) + b")")


NEUTRAL_OPERATORS: dict[str, Operator] = {
    "named-result": Operator(
        _named_results,
        (
            Example("return a or b", "outcome = (a or b)\nreturn outcome"),
            Example("outcome = b\nreturn a", "outcome = b\noutcome1 = (a)\nreturn outcome1"),
        ),
    ),
    "pass": Operator(_passes, (Example("a += b\nreturn a", "pass\na += b\nreturn a"),)),
    "parentheses": Operator(_parentheses, (Example("return a or b", "return (a or b)"),)),
}
"""The operators by name, those that change most first."""


def _indent(function: Function, statement: ast.stmt) -> bytes | None:
    """The white space before a statement; None if something else stands there."""
    before = function.line(statement.lineno)[: statement.col_offset]
    return before if not before.strip() else None


def _end(function: Function, statement: ast.stmt) -> bytes:
    return b"\r\n" if function.line(statement.lineno).endswith(b"\r") else b"\n"
