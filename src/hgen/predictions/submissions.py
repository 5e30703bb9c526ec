"""Predictions joined with their tasks, and laid into the shards that the stage ``score`` reads."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from pydantic_core import PydanticSerializationError

from hgen.errors import ConfigError, ShardError
from hgen.export.names import safe_name
from hgen.predictions.reading import given
from hgen.predictions.shapes.rows import UnreadableRow
from hgen.records import Prediction, Reject, Submission
from hgen.runner import forget_others, shard_name, shards
from hgen.scratch import scratch
from hgen.shards import ShardWriter, write_whole
from hgen.tasksets.columns import Row, task_of
from hgen.tasksets.places import LinePlace, Place
from hgen.tasksets.taskset import TaskSet

PER_SHARD = 32
"""Predictions in one shard, all of one snapshot: what a kill costs at most."""

REJECTS = "rejects.jsonl"
"""Where the rows that have no task, or are no predictions, are listed, beside the shards."""


GivenRow = tuple[str, int]
"""What tells a prediction from others: its ``origin`` and ``row``."""


@dataclass
class Joined:
    """Tasks and predictions matched by id: how many there are, and what has no match."""

    tasks: int = 0
    shape: str = ""
    """What the predictions were taken for."""
    rows: list[GivenRow] = field(default_factory=list)
    """The rows that have a task, in the order of the tasks and, for each of them, of the rows."""
    snapshots: set[str] = field(default_factory=set)
    """Those of the tasks that have predictions."""
    missing: list[str] = field(default_factory=list)
    """Tasks without a prediction."""
    unknown: list[str] = field(default_factory=list)
    """Ids that are those of no task, each once."""
    unreadable: list[str] = field(default_factory=list)
    """Rows that are no predictions, and lines that are no tasks, and why."""


def lay_out(tasks: TaskSet, predictions: Path, folder: Path, *, per_shard: int = PER_SHARD) -> Joined:
    """Write a ``Submission`` for each prediction that has a task to the shards in ``folder``.

    A shard that is there and still wanted as it is stays, so that a prediction that is added or changed does not cost
    the verdicts on the others. A damaged task costs itself only. Raises ``ConfigError`` if two tasks have one id,
    ``ShardError`` if no task can be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    joined = Joined()
    with scratch(folder) as work:
        items = _join(tasks, predictions, joined, rejects=folder / REJECTS, copy=work / "predictions.jsonl")
        wanted = {item.digest: item for item in items}
        numbers = {int(shard.stem) for shard in shards(folder) if _kept(shard, wanted)}
        forget_others(folder, {shard_name(number) for number in numbers})
        free = (number for number in count() if number not in numbers)
        for group in _groups([item for item in items if item.digest in wanted], per_shard):
            write_whole(folder / shard_name(next(free)), b"".join(item.line() for item in group))
    return joined


@dataclass(frozen=True)
class _Item:
    """A prediction and its task, by where they stand."""

    snapshot: str
    task: Place
    prediction: LinePlace
    row: GivenRow
    digest: bytes
    """Of the line that they make."""

    def line(self) -> bytes:
        line = _submission(self.task.read(), self.task, self.prediction)
        if _digest(line) != self.digest:
            raise ShardError(f"{self.task} changed while it was read; run again")
        return line


def _join(tasks: TaskSet, predictions: Path, joined: Joined, *, rejects: Path, copy: Path) -> list[_Item]:
    items: list[_Item] = []
    with ShardWriter(rejects) as dropped:
        waiting = _predictions(predictions, joined, dropped, copy)
        seen: set[str] = set()
        damaged: list[ShardError] = []
        for place, line in tasks.rows():
            try:
                task = task_of(line, place)
                _require_storable(task, place)
            except ShardError as problem:
                damaged.append(problem)
                continue
            instance_id = str(task["instance_id"])
            if instance_id in seen:
                raise ConfigError(f"{place}: two tasks have the id {instance_id}; score one set of tasks at a time")
            seen.add(instance_id)
            # Harnesses that keep files name them as the exports do.
            answers = [*waiting.pop(instance_id, ()), *waiting.pop(safe_name(instance_id), ())]
            if not answers:
                joined.missing.append(instance_id)
            for row, answer in answers:
                digest = _digest(_submission(line, place, answer))
                items.append(_Item(str(task["snapshot"]), place, answer, row, digest))
        if damaged and not seen:
            raise damaged[0]
        for error in damaged:
            joined.unreadable.append(str(error))
            dropped.write(Reject(source=tasks.name, reason="damaged-task", detail=str(error)))
        joined.tasks = len(seen)
        joined.rows = [item.row for item in items]
        joined.snapshots = {item.snapshot for item in items}
        joined.unknown = sorted(waiting)
        for instance_id in joined.unknown:
            for (origin, number), _ in waiting[instance_id]:
                source = f"{instance_id} ({origin or f'row {number}'})"
                dropped.write(Reject(source=source, reason="unknown-task", detail=tasks.name))
        dropped.commit()
    return items


def _predictions(
    path: Path, joined: Joined, dropped: ShardWriter, copy: Path
) -> dict[str, list[tuple[GivenRow, LinePlace]]]:
    """The predictions for each id, by where they stand in a copy that has one shape, whatever they came in."""
    found: dict[str, list[tuple[GivenRow, LinePlace]]] = {}
    read = given(path)
    with copy.open("wb") as lines:
        for row in read.rows():
            if isinstance(row, UnreadableRow):
                joined.unreadable.append(f"{path}, {row}")
                dropped.write(Reject(source=row.origin or f"row {row.row}", reason="unreadable", detail=row.why))
                continue
            prediction = row.prediction
            place = LinePlace(copy, lines.tell())
            lines.write(prediction.model_dump_json().encode() + b"\n")
            found.setdefault(prediction.instance_id, []).append(((prediction.origin, prediction.row), place))
    joined.shape = str(read)
    return found


def _submission(task_line: bytes, place: Place, answer: LinePlace) -> bytes:
    prediction = Prediction.model_validate_json(answer.read())
    task = task_of(task_line, place)
    return _line(task, prediction.model_copy(update={"instance_id": task["instance_id"]}), place)


def _require_storable(task: Row, place: Place) -> None:
    """Raise ``ShardError`` for a task's row that cannot be written as JSON in UTF-8."""
    try:
        json.dumps(task, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ShardError(f"{place}: this task is damaged: {error}") from None


def _line(task: Row, prediction: Prediction, place: Place) -> bytes:
    try:
        submission = Submission.model_validate({"prediction": prediction, "task": task})
        return submission.model_dump_json().encode() + b"\n"
    except (ValueError, PydanticSerializationError, RecursionError) as error:
        raise ShardError(f"{place}: this task is damaged: {error}") from None


def _kept(shard: Path, wanted: dict[bytes, _Item]) -> bool:
    """Whether each line of a shard is wanted; if so, they are taken from what is wanted."""
    with shard.open("rb") as lines:
        digests = [_digest(line) for line in lines]
    if not digests or not all(digest in wanted for digest in digests):
        return False
    for digest in digests:
        wanted.pop(digest, None)
    return True


def _groups(items: Sequence[_Item], size: int) -> Iterator[list[_Item]]:
    """In the order of the snapshots, so that each is opened once, and within one in that of the tasks."""
    group: list[_Item] = []
    for item in sorted(items, key=lambda item: item.snapshot):
        if group and (item.snapshot != group[0].snapshot or len(group) == size):
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _digest(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=16).digest()
