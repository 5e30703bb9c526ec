"""Which scorer judges which task family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hgen.scoring.static.answers import changed_files
from hgen.scoring.static.dep_search import score_markers
from hgen.scoring.static.func_localize import score_docstrings
from hgen.scoring.static.issue_localize import score_comments
from hgen.scoring.verdicts import Reason, Refusal, Score, refused

SCORERS = {"func-localize": score_docstrings, "dep-search": score_markers, "issue-localize": score_comments}
"""The static families: their scorers see the changed files and run nothing."""


class Record(Protocol):
    """A task as a pydantic model, which gives its JSON row."""

    def model_dump(self, *, mode: str) -> Mapping[str, object]:
        """Its fields by name, as JSON has them if ``mode`` is ``json``."""


def score(task: Mapping[str, object] | Record, patch: object, files: Mapping[str, bytes]) -> Score:
    """The verdict on a prediction for a task of a static family.

    ``task`` is the task or its JSON row, of which ``family``, ``targets`` and ``subject`` are used; each target has
    ``file``, ``qualname``, ``kind`` and ``def_line`` in the start state. ``patch`` is the prediction, a diff against
    the start state; ``files`` the start state's contents of at least the paths that the patch touches and those of
    the targets: a path that is not in it does not exist. Nothing is read, run or raised, whatever the prediction
    holds.
    """
    try:
        changed = changed_files(patch, files)
    except Refusal as refusal:
        return refused(refusal.reason)
    row = task.model_dump(mode="json") if not isinstance(task, Mapping) else task
    return score_changes(row, changed, files)


def score_changes(task: Mapping[str, object], changed: Mapping[str, bytes], files: Mapping[str, bytes]) -> Score:
    """As ``score``, for an answer given as the new contents of the files that it changes."""
    family = task.get("family")
    scorer = SCORERS.get(family) if isinstance(family, str) else None
    if scorer is None:
        return refused(Reason("bad-task", f"no scorer for the family {family!r}"))
    try:
        return scorer(task, changed, files)
    except Refusal as refusal:
        return refused(refusal.reason)
