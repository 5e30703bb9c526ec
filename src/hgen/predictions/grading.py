"""One answer graded as its task says: by a scorer, or by running tests in a container."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hgen.config import SandboxConfig
from hgen.records import PARTS, Environment, Objection
from hgen.scoring import (
    BY_RUNNING,
    UNGRADABLE,
    Refusal,
    Score,
    Scorer,
    StaticTask,
    refused,
    score_patch,
    with_all_parts,
)
from hgen.scoring.start_state import committed_state
from hgen.scoring.tasks import graded_by
from hgen.scoring.tested.task import TestedTask
from hgen.scoring.verdicts import MAX_DETAIL
from hgen.snapshots import Snapshot, Store

Row = Mapping[str, object]
"""A task as the JSON row that graders read."""


def graded(task: Row, patch: object, *, store: Path, sandbox: SandboxConfig, cache_folder: Path) -> Score:
    """The verdict on an answer, with all its parts; ``bad-task`` or ``start-state`` if the task is at fault.

    Raises ``ShardError`` if the snapshot is missing or damaged, ``SandboxError`` if the engine is at fault.
    """
    try:
        how = graded_by(task)
        if how in BY_RUNNING:
            score = _graded_by_tests(task, patch, store, sandbox, cache_folder)
        else:
            score = _graded_by_trees(how, task, patch, store)
    except Refusal as refusal:
        return refused(refusal.reason)
    return with_all_parts(score, how)


def verdict_on(score: Score) -> dict[str, Any]:
    """The fields of ``Verdict``, for a record that has them."""
    faults = any(reason.code in UNGRADABLE for reason in score.reasons)
    return {
        "reward": None if faults else score.reward,
        "resolved": score.resolved and not faults,
        "parts": {} if faults else {name: score.parts[name] for name in PARTS if name in score.parts},
        "reasons": tuple(Objection(code=each.code, detail=each.detail[:MAX_DETAIL]) for each in score.reasons),
        "noticed": None if faults or score.noticed is None else score.told(),
    }


def _graded_by_trees(how: str, task: Row, patch: object, store: Path) -> Score:
    own = _own_scorer(str(task["family"])) if how == "family" else None
    files = committed_state(_snapshot(store, str(task["snapshot"])), str(task["setup_patch"]))
    return score_patch(StaticTask.of(task), patch, files, own)


def _own_scorer(name: str) -> Scorer:
    """The scorer that a family brings; raises ``Refusal("bad-task")`` where that family is not installed."""
    # Loading all families costs more than many scores.
    from hgen.families import families  # noqa: PLC0415
    from hgen.families.base import Static  # noqa: PLC0415

    family = families().get(name)
    if family is None or not isinstance(family.grading, Static) or isinstance(family.grading.scorer, str):
        raise Refusal("bad-task", f"the family {name}, which brings the scorer, is not installed here")
    return family.grading.scorer


def _graded_by_tests(task: Row, patch: object, store: Path, sandbox: SandboxConfig, cache_folder: Path) -> Score:
    # What talks to container engines takes longer to load than many answers to score.
    from hgen.engines import worker_engine  # noqa: PLC0415
    from hgen.testbed.grading import grade  # noqa: PLC0415

    asked = TestedTask.of(task)
    try:
        environment = Environment.model_validate(task.get("environment"))
    except ValidationError as error:
        raise Refusal("bad-task", f"its environment is damaged: {error.errors()[0]['msg']}") from None
    with Store(store).open(str(task["snapshot"])) as snapshot:
        name = str(task.get("repo", task["instance_id"]))
        # The image is built if it is not there.
        engine = worker_engine(sandbox, store, cache_folder)
        sandboxes = engine.sandboxes(environment, base_commit=str(task.get("base_commit", "")), name=name)
        return grade(asked, patch, snapshot, sandboxes)


class _Remembering(Mapping[str, bytes]):
    """A snapshot that keeps the last files read: tasks that follow each other are often about the same ones."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._read = lru_cache(maxsize=64)(snapshot.__getitem__)

    def __getitem__(self, path: str) -> bytes:
        return self._read(path)

    def __contains__(self, path: object) -> bool:
        return path in self._snapshot

    def __iter__(self) -> Iterator[str]:
        return iter(self._snapshot)

    def __len__(self) -> int:
        return len(self._snapshot)


@lru_cache(maxsize=2)
def _snapshot(store: Path, digest: str) -> Mapping[str, bytes]:
    return _Remembering(Store(store).open(digest))
