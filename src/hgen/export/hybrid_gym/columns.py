"""A task in the columns of the four original Hybrid-Gym datasets, whose lines are 0-based, last lines included.

Their harness clones the repository and lays the start state out itself: it deletes the lines of the targets' docstrings
(``sed``), or puts ``pass  # TODO: Implement this function`` in place of a body, and hides no test and no decoy. So a
task is another one there, and ``Expressed.task`` is that one: its patches lead from the repository's files to the start
state that the harness makes, and back, so that ``hgen score`` can judge what it hands in.
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from hgen.export.hybrid_gym.harness import (
    Edits,
    Files,
    InexpressibleError,
    docstring_lines,
    emptied,
    laid_out,
    named,
    require_told_apart,
    text_of,
)
from hgen.export.task_row import Row
from hgen.records import Target, Task
from hgen.scoring import diffs
from hgen.scoring.diffs import Edit
from hgen.scoring.python.definitions import docstring_of, find, first_line, places
from hgen.scoring.python.sources import SourceError, parse, parse_start
from hgen.scoring.python.values import Definition
from hgen.scoring.start_state import committed_state

_NAMED = "named"
"""The description level at which the agent is told the targets' names."""


@dataclass(frozen=True)
class Expressed:
    """A task as one of the original datasets has it."""

    dataset: str
    """``func_localize``, ``dep_search``, ``issue_localize`` or ``func_gen``."""
    columns: Row
    task: Task
    """The task as their harness lays it out."""


def express(task: Task, repo: str, snapshot: Files) -> Expressed:
    """The task in their columns; ``repo`` is its repository's ``owner/name``.

    Raises ``InexpressibleError`` for a task that they have no columns for, or that their harness or their scorer would
    make another one of.
    """
    if task.graded_by not in _DATASETS or task.candidate_patch:
        raise InexpressibleError("Hybrid-Gym has no columns for such tasks")
    dataset, columns = _DATASETS[task.graded_by]
    try:
        found, laid_out = columns(task, snapshot)
    except SourceError as error:
        raise InexpressibleError("their harness would leave a file that does not parse") from error
    known = {"instance_id": task.instance_id, "repo": repo, "base_commit": task.base_commit, "license": task.license}
    return Expressed(dataset, {**known, **found}, laid_out)


def _func_localize(task: Task, snapshot: Files) -> tuple[Row, Task]:
    several = len(task.targets) > 1
    if several and task.variant != _NAMED:
        raise InexpressibleError("their harness tells the names of several targets, which this task does not")
    told = "function_description" if task.variant == _NAMED else "brief_description"
    nodes = [_in_snapshot(target, task, snapshot) for target in task.targets]
    functions: list[Row] = []
    edits: Edits = {}
    for number, (target, node) in enumerate(zip(task.targets, nodes, strict=True), start=1):
        first, last = docstring_lines(node, snapshot[target.file])
        edits.setdefault(target.file, []).append(Edit(first, last, ()))
        functions.append(
            {
                "file_path": target.file,
                "module_name": node.name,
                "module_type": "class" if isinstance(node, ast.ClassDef) else "function",
                **_span("module_line", node.lineno, node.end_lineno),
                "docstring": ast.get_docstring(node),
                **_span("docstring_line", first, last),
                told: f"Number {number} of what is described here." if several else task.problem_statement,
            }
        )
    # Docstrings are deleted one after the other, by their lines: from the end of a file on, so that none moves.
    functions.sort(key=lambda function: (str(function["file_path"]), -int(str(function["module_line_start"]))))
    if several:
        functions[0][told] = f"{functions[0][told]}\n\n{task.problem_statement}"
    columns: Row = {"functions": functions, "n_functions": len(functions)} if several else functions[0]
    return columns, laid_out(task, nodes, snapshot, edits)


def _dep_search(task: Task, snapshot: Files) -> tuple[Row, Task]:
    _require_untouched(task)
    if task.subject is None:
        raise InexpressibleError("it has no function whose dependencies are searched")
    subject = _in_snapshot(task.subject, task, snapshot)
    dependencies: list[Row] = []
    for target in task.targets:
        node = _in_snapshot(target, task, snapshot)
        dependencies.append(
            {
                "name": node.name,
                "file_path": target.file,
                **_span("line", node.lineno, node.end_lineno),
                "type": "class" if isinstance(node, ast.ClassDef) else "function",
                "decorator_line": first_line(parse_start(snapshot[target.file]), node) - 1,
            }
        )
    require_told_apart(dependencies)
    columns: Row = {
        "target_function_name": subject.name,
        "target_function_file": task.subject.file,
        **_span("target_function_line", subject.lineno, subject.end_lineno),
        "num_dependencies": len(dependencies),
        "dependencies": dependencies,
    }
    return columns, task


def _issue_localize(task: Task, snapshot: Files) -> tuple[Row, Task]:
    del snapshot
    _require_untouched(task)
    return {"problem_statement": task.problem_statement, "patch": task.patch, "version": task.base_commit}, task


def _func_gen(task: Task, snapshot: Files) -> tuple[Row, Task]:
    if len(task.targets) != 1:
        raise InexpressibleError("it asks for several functions")
    target = task.targets[0]
    content = snapshot[target.file]
    text = text_of(content)
    node = _in_snapshot(target, task, snapshot)
    name = target.qualname
    if named(parse_start(content), name) is not node:
        raise InexpressibleError("their harness would empty another function of that name, or none")
    edit = emptied(text, node)
    parse(diffs.edited(target.file, content, [edit]))
    columns: Row = {
        "file_path": target.file,
        "func_name": name,
        "func_docstring_raw": docstring_of(node.body),
        "func_signature": _cut(text, node.lineno, node.body[0].lineno - 1),
        "func_body": _cut(text, edit.first_line, edit.last_line),
        "orig_context": text,
        "implementation_instruction": "",
        # Their own are stand-alone files with a copy of the function, which hgen has none of: `hgen score` judges.
        "eval_script": "",
    }
    return columns, laid_out(task, [node], snapshot, {target.file: [edit]})


_DATASETS: dict[str, tuple[str, Callable[[Task, Files], tuple[Row, Task]]]] = {
    "docstrings": ("func_localize", _func_localize),
    "markers": ("dep_search", _dep_search),
    "comments": ("issue_localize", _issue_localize),
    "tests": ("func_gen", _func_gen),
}
"""The original dataset for each way of grading, and what makes its columns and the task as it is laid out there."""


def _in_snapshot(target: Target, task: Task, snapshot: Files) -> Definition:
    """A target, which a task names by its place in the start state, in the repository's own file."""
    before = _like(target, snapshot[target.file])
    if len(before) == 1:
        return before[0]
    content = committed_state(snapshot, task.setup_patch)[target.file]
    after = _like(target, content)
    place = find(parse_start(content), target.qualname, target.kind, target.def_line)
    if place is None or len(after) != len(before):
        raise InexpressibleError("a target is not where the task says it is")
    return before[[node.lineno for node in after].index(place.node.lineno)]


def _like(target: Target, content: bytes) -> list[Definition]:
    """The definitions of a target's name and kind, in the order of their lines."""
    return _definitions(content).get((target.qualname, target.kind == "class"), [])


@lru_cache(maxsize=64)
def _definitions(content: bytes) -> dict[tuple[str, bool], list[Definition]]:
    found: dict[tuple[str, bool], list[Definition]] = {}
    for place in places(parse_start(content).body):
        found.setdefault((place.qualname, isinstance(place.node, ast.ClassDef)), []).append(place.node)
    return found


def _span(name: str, first: int, last: int | None) -> dict[str, int]:
    return {f"{name}_start": first - 1, f"{name}_end": (last or first) - 1}


def _require_untouched(task: Task) -> None:
    if task.setup_patch:
        raise InexpressibleError("their harness starts such tasks from the repository as it is")


def _cut(text: str, first: int, last: int) -> str:
    return "\n".join(text.split("\n")[first - 1 : last])
