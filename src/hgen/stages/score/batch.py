"""What one worker does: score a few predictions for tasks of one snapshot."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hgen.config import SandboxConfig
from hgen.errors import ShardError
from hgen.scoring import BY_RUNNING, Refusal, Score, Scorer, StaticTask, refused, score_patch
from hgen.scoring.start_state import committed_state
from hgen.scoring.tasks import graded_by
from hgen.scoring.tested.task import TestedTask
from hgen.snapshots import Snapshot, Store
from hgen.stages.score.lines import Place, Row, prediction_of, task_of


@dataclass(frozen=True)
class EngineChoice:
    """Which container engine runs the tests of executable families, and where it keeps their wheels."""

    sandbox: SandboxConfig
    cache: Path


@dataclass(frozen=True)
class Batch:
    """Predictions to score, by where they and their tasks are written."""

    store: Path
    engine: EngineChoice
    snapshot: str
    pairs: tuple[tuple[Place, Place, str], ...]
    """Task, prediction, and the digest of both, which goes into the result."""


def score_batch(batch: Batch) -> list[bytes]:
    """A line of JSON for each prediction, in the order given."""
    results = []
    for task_place, place, digest in batch.pairs:
        task = task_of(task_place.read(), task_place)
        prediction = prediction_of(place.read())
        if prediction is None or prediction[0] != task["instance_id"]:
            raise ShardError(f"{place.file} changed while it was being scored; run again")
        verdict = _score(task, prediction[1], batch)
        row = {"instance_id": task["instance_id"], "family": task["family"], **verdict.row(), "inputs": digest}
        results.append(json.dumps(row).encode() + b"\n")
    return results


def _score(task: Row, patch: object, batch: Batch) -> Score:
    try:
        return _graded(task, patch, batch)
    except Refusal as refusal:
        return refused(refusal.reason)


def _graded(task: Row, patch: object, batch: Batch) -> Score:
    how = graded_by(task)
    if how in BY_RUNNING:
        # What talks to container engines takes longer to load than many answers to score.
        from hgen.stages.score.engines import sandboxes_of  # noqa: PLC0415
        from hgen.testbed.grading import grade  # noqa: PLC0415

        with Store(batch.store).open(batch.snapshot) as snapshot:
            return grade(TestedTask.of(task), patch, snapshot, sandboxes_of(task, batch.engine, batch.store))
    files = committed_state(_snapshot(batch.store, batch.snapshot), str(task["setup_patch"]))
    return score_patch(StaticTask.of(task), patch, files, _own_scorer(str(task["family"])) if how == "family" else None)


def _own_scorer(name: str) -> Scorer:
    """The scorer that a family brings; raises ``Refusal("bad-task")`` where the family is not installed."""
    # Loading all families costs more than many scores.
    from hgen.families import families  # noqa: PLC0415
    from hgen.families.base import Static  # noqa: PLC0415

    family = families().get(name)
    if family is None or not isinstance(family.grading, Static) or isinstance(family.grading.scorer, str):
        raise Refusal("bad-task", f"the family {name} with its own scorer is not installed here")
    return family.grading.scorer


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
