"""Which scorer judges an answer by its syntax trees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from hgen.scoring.static.allowed_edits import changed_files
from hgen.scoring.static.dep_search import score_markers
from hgen.scoring.static.func_localize import score_docstrings
from hgen.scoring.static.issue_localize import score_comments
from hgen.scoring.tasks import StaticTask, require_targets
from hgen.scoring.verdicts import Reason, Refusal, Score, refused

Scorer = Callable[[StaticTask, Mapping[str, bytes], Mapping[str, bytes]], Score]
"""A task, the new contents of the files that an answer changes, and the start state's files in; may raise ``Refusal``.
A file that is not in either does not exist."""

SCORERS: Mapping[str, Scorer] = {
    "docstrings": score_docstrings,
    "markers": score_markers,
    "comments": score_comments,
}
"""The scorers that travel, by a task's ``graded_by``: they see the changed files and run nothing."""


class TaskModel(Protocol):
    """A task as a pydantic model, which gives its JSON row."""

    def model_dump(self, *, mode: str) -> Mapping[str, object]:
        """Its fields by name, as JSON has them if ``mode`` is ``json``."""


def score(task: Mapping[str, object] | TaskModel, patch: object, files: Mapping[str, bytes]) -> Score:
    """The verdict on a prediction for a task that is judged by syntax trees.

    ``task`` is the task or its JSON row, of which ``graded_by``, ``targets`` and ``subject`` are used; each target has
    ``file``, ``qualname``, ``kind`` and ``def_line`` in the start state. ``patch`` is the prediction, a diff against
    the start state; ``files`` the start state's contents of at least the paths that the patch touches and those of
    the targets: a path that is not in it does not exist. Nothing is read, run or raised, whatever the prediction
    holds.
    """
    try:
        return score_patch(StaticTask.of(row_of(task)), patch, files)
    except Refusal as refusal:
        return refused(refusal.reason)


def score_patch(task: StaticTask, patch: object, files: Mapping[str, bytes], own: Scorer | None = None) -> Score:
    """As ``score``, for a parsed task; ``own`` is the scorer of a family that brings one."""
    try:
        changed = changed_files(patch, files)
    except Refusal as refusal:
        return refused(refusal.reason)
    return score_changes(task, changed, files, own)


def score_changes(
    task: StaticTask, changed: Mapping[str, bytes], files: Mapping[str, bytes], own: Scorer | None = None
) -> Score:
    """As ``score_patch``, for an answer given as the new contents of the files that it changes."""
    scorer = own or SCORERS.get(task.graded_by)
    if scorer is None:
        return refused(Reason("bad-task", f"no scorer here for tasks that are graded by {task.graded_by!r}"))
    try:
        if own is None:
            require_targets(task, files)
        return scorer(task, changed, files)
    except Refusal as refusal:
        return refused(refusal.reason)


def row_of(task: Mapping[str, object] | TaskModel) -> Mapping[str, object]:
    """A task's JSON row."""
    return task if isinstance(task, Mapping) else task.model_dump(mode="json")
