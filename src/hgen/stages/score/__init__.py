"""Score predictions: join agents' diffs with their tasks, and write a reward with its reasons for each."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hgen import __version__
from hgen.errors import ConfigError
from hgen.executors import Executor
from hgen.stages.score.batch import Batch, EngineChoice, score_batch
from hgen.stages.score.lines import Place, lines_of, prediction_of, task_files, task_of
from hgen.stages.score.results import FamilySummary, ScoreSummary, Tally, append, keep_current

__all__ = ["BATCH", "EngineChoice", "FamilySummary", "ScoreSummary", "score_predictions"]

BATCH = 32
"""Predictions that a worker takes at a time; all of one snapshot."""


def score_predictions(
    tasks: Path,
    predictions: Path,
    output: Path,
    *,
    store: Path,
    engine: EngineChoice,
    executor: Executor,
    batch: int = BATCH,
) -> ScoreSummary:
    """Score every prediction that has a task; results go to ``output``, one JSON line each, in the tasks' order.

    ``tasks`` is a file or folder of tasks as any stage or export wrote them, ``predictions`` a file of SWE-bench
    rows or of OpenHands' output. Results from an earlier run with the same inputs are kept. Raises ``ConfigError``
    for a duplicated id, ``ShardError`` for a damaged task or snapshot.
    """
    joined = _join(tasks, predictions)
    kept = keep_current(output, {item.instance_id: item.digest for item in joined.items})
    tally = Tally()
    for line in kept.values():
        tally.add(line)
    todo = [item for item in joined.items if item.instance_id not in kept]
    for line in append(output, _in_order(executor, _batches(todo, store, engine, batch))):
        tally.add(line)
    return ScoreSummary(
        families=tally.families(),
        tasks=joined.tasks,
        resumed=len(kept),
        missing=tuple(joined.missing),
        unknown=tuple(joined.unknown),
        unreadable=tuple(joined.unreadable),
        ungradable=tuple(tally.ungradable),
    )


@dataclass(frozen=True)
class _Item:
    """A prediction with its task."""

    instance_id: str
    snapshot: str
    task: Place
    prediction: Place
    digest: str


@dataclass
class _Joined:
    """Tasks and predictions, matched by id."""

    tasks: int = 0
    items: list[_Item] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def _join(tasks: Path, predictions: Path) -> _Joined:
    joined = _Joined()
    waiting = _predictions(predictions, joined)
    seen: set[str] = set()
    for file in task_files(tasks):
        for place, line in lines_of(file):
            task = task_of(line, place)
            instance_id = str(task["instance_id"])
            if instance_id in seen:
                raise ConfigError(f"{file}: two tasks have the id {instance_id}; score one set of tasks at a time")
            seen.add(instance_id)
            if instance_id not in waiting:
                joined.missing.append(instance_id)
                continue
            prediction, digest = waiting.pop(instance_id)
            digest = _digest(__version__.encode(), line.rstrip(), digest.encode())
            joined.items.append(_Item(instance_id, str(task["snapshot"]), place, prediction, digest))
    joined.tasks = len(seen)
    joined.unknown = sorted(waiting)
    return joined


def _predictions(file: Path, joined: _Joined) -> dict[str, tuple[Place, str]]:
    """Where the prediction for each id is, and its digest."""
    found: dict[str, tuple[Place, str]] = {}
    for number, (place, line) in enumerate(lines_of(file), 1):
        prediction = prediction_of(line)
        if prediction is None:
            joined.unreadable.append(f"{file}, row {number}: no JSON object with an instance_id")
        elif prediction[0] in found:
            raise ConfigError(f"{file}: two predictions for {prediction[0]}; keep one of them")
        else:
            found[prediction[0]] = (place, _digest(line.rstrip()))
    return found


def _batches(items: list[_Item], store: Path, engine: EngineChoice, size: int) -> Iterator[Batch]:
    pairs: list[tuple[Place, Place, str]] = []
    snapshot = ""
    for item in items:
        if pairs and (item.snapshot != snapshot or len(pairs) == size):
            yield Batch(store, engine, snapshot, tuple(pairs))
            pairs = []
        snapshot = item.snapshot
        pairs.append((item.task, item.prediction, item.digest))
    if pairs:
        yield Batch(store, engine, snapshot, tuple(pairs))


def _in_order(executor: Executor, batches: Iterator[Batch]) -> Iterator[list[bytes]]:
    """The results of each batch, in the order of the batches, whoever is done first."""
    numbers = {batch: number for number, batch in enumerate(batches)}
    done: dict[int, list[bytes]] = {}
    following = 0
    for batch, future in executor.submit(score_batch, numbers):
        done[numbers[batch]] = future.result()
        while following in done:
            yield done.pop(following)
            following += 1


def _digest(*parts: bytes) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
