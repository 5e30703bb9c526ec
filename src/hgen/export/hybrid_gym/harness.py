"""What the harness and the scorers of the original Hybrid-Gym datasets make of a repository, and what they cannot."""

import ast
from collections.abc import Mapping
from itertools import pairwise
from typing import TypeGuard

from hgen.export.task_row import Row
from hgen.records import Task
from hgen.scoring import diffs
from hgen.scoring.diffs import Edit
from hgen.scoring.python.definitions import docstring_of
from hgen.scoring.python.values import Definition, ParsedSource

Files = Mapping[str, bytes]
Edits = dict[str, list[Edit]]

_TODO = "pass  # TODO: Implement this function"
_NEAR = 10
"""Lines within which the scorer of ``dep_search`` may take one definition for another: it allows five each way."""


class InexpressibleError(Exception):
    """The datasets have no way to say a task; the message says why, without the task's name."""


def docstring_lines(node: Definition, content: bytes) -> tuple[int, int]:
    """The 1-based lines of a docstring that can be deleted as whole lines."""
    if docstring_of(node.body) is None:
        raise InexpressibleError("a target has no docstring in the repository")
    first, last = node.body[0].lineno, node.body[0].end_lineno or 0
    if len(node.body) == 1 or first == node.lineno or node.body[1].lineno == last:
        raise InexpressibleError("without the lines of a docstring, a file would not parse")
    if b"\r" in content.replace(b"\r\n", b""):
        raise InexpressibleError("a file has carriage returns, at which their tools count lines otherwise")
    return first, last


def named(source: ParsedSource, name: str) -> Definition | None:
    """The function that their harness finds by such a name."""
    tree = ast.Module(source.body, [])
    owner, _, last = name.partition(".")
    if last:
        classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == owner)
        return next((item for node in classes for item in node.body if _is_function(item, last)), None)
    functions = (node for node in ast.walk(tree) if _is_function(node, name))
    return next((item for item in source.body if _is_function(item, name)), None) or next(functions, None)


def _is_function(node: ast.AST, name: str) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name


def text_of(content: bytes) -> str:
    """A file as their harness reads it and writes it again, unless it would change more of it than it means to."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise InexpressibleError("a file is not UTF-8, which is all that their harness reads") from None
    if "\r" in text:
        raise InexpressibleError("a file has carriage returns, which their harness would take away")
    return text


def emptied(text: str, node: Definition) -> Edit:
    """How their harness takes the function's body away: what is below the docstring, which must be there."""
    if docstring_of(node.body) is None:
        raise InexpressibleError("the function has no docstring")
    first, last = (node.body[0].end_lineno or 0) + 1, node.end_lineno or 0
    if last < first:
        raise InexpressibleError("the function has no body below its docstring")
    below = text.split("\n")[first - 1]
    indent = " " * (len(below) - len(below.lstrip()))
    return Edit(first, last, (f"{indent}{_TODO}".encode(),))


def require_told_apart(dependencies: list[Row]) -> None:
    """Their scorer knows a dependency by its name, and a comment's place by a line that may be five lines off."""
    names = [each["name"] for each in dependencies]
    spots = sorted((str(each["file_path"]), int(str(each["decorator_line"]))) for each in dependencies)
    near = any(one[0] == two[0] and two[1] - one[1] <= _NEAR for one, two in pairwise(spots))
    if len(set(names)) < len(names) or near:
        raise InexpressibleError("their scorer cannot tell its dependencies apart")


def laid_out(task: Task, nodes: list[Definition], snapshot: Files, edits: Edits) -> Task:
    """The task that starts from the snapshot with these edits, and whose answer takes them back."""
    there, back = [], []
    moved: dict[str, list[tuple[int, int]]] = {}
    for file, changes in sorted(edits.items()):
        content = snapshot[file]
        lines = [line.removesuffix(b"\n") for line in diffs.split_lines(content)]
        shift = 0
        reverse = []
        for change in sorted(changes, key=lambda change: change.first_line):
            first = change.first_line + shift
            removed = tuple(lines[change.first_line - 1 : change.last_line])
            reverse.append(Edit(first, first + len(change.lines) - 1, removed))
            shift += len(change.lines) - len(removed)
            moved.setdefault(file, []).append((change.last_line, shift))
        there.append(diffs.edit(file, content, changes))
        back.append(diffs.edit(file, diffs.edited(file, content, changes), reverse))
    targets = tuple(
        target.model_copy(update={"def_line": _moved(node.lineno, moved.get(target.file, []))})
        for target, node in zip(task.targets, nodes, strict=True)
    )
    return task.model_copy(update={"setup_patch": "".join(there), "patch": "".join(back), "targets": targets})


def _moved(line: int, shifts: list[tuple[int, int]]) -> int:
    return line + next((shift for last, shift in reversed(shifts) if last < line), 0)
