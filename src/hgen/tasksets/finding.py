"""One task, found by its id or the beginning of it."""

import heapq
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from pydantic import ValidationError

from hgen.errors import ConfigError, ShardError
from hgen.records import Check, Reject, Task, Validated
from hgen.shards import read_shard
from hgen.tasksets.places import Place, rows_of
from hgen.tasksets.taskset import task_set

# Within any string of the record the quotes would be escaped, so the first match is the key.
_ID = re.compile(rb'"instance_id": ?("(?:[^"\\]|\\.)*")')

_STAGES = ("validate", "synth")

NEAR = 3
"""How many names an error offers."""


@dataclass(frozen=True)
class FoundTask:
    """A task and what validation said of it."""

    task: Task
    checks: tuple[Check, ...] = ()
    baselines: dict[str, bool] | None = None
    """None if the task is not sound, or was not validated."""
    reject: Reject | None = None
    """Why the task is not sound."""


def find(where: Path | str, task_id: str | None) -> FoundTask:
    """The task with this id, or with the only id that begins so; without an id, the first.

    ``where`` is all that ``task_set`` takes. Of an out folder the sound tasks come first; a task that is not among them
    is taken from ``synth``, with the reason why it was rejected. Raises ``ConfigError`` if there is none or more than
    one, naming the nearest, and ``ShardError`` for a task that this version cannot read.
    """
    found = list(_matches(where, task_id or "", first=task_id is None))
    names = sorted({each.name for each in found})
    exact = [each for each in found if each.name == task_id] or found
    if not found:
        raise _unknown(where, task_id)
    if len(names) > 1 and exact is found:
        more = f" and {len(names) - NEAR} more" if len(names) > NEAR else ""
        raise ConfigError(f"{task_id!r} begins {len(names)} ids: {', '.join(names[:NEAR])}{more}")
    return _read(where, exact[0])


@dataclass(frozen=True)
class _Match:
    stage: str
    """Empty for what is no out folder."""
    name: str
    place: Place


def _matches(where: Path | str, prefix: str, *, first: bool) -> Iterator[_Match]:
    """Where ids begin so, in the first stage that has any; only the very first place if ``first``."""
    for stage in _stages(where):
        found = False
        for match in _named(where, stage):
            if match.name.startswith(prefix):
                found = True
                yield match
                if first:
                    return
        if found:
            return


def _stages(where: Path | str) -> tuple[str, ...]:
    there = tuple(stage for stage in _STAGES if (Path(where) / stage).is_dir())
    return there or ("",)


def _named(where: Path | str, stage: str) -> Iterator[_Match]:
    if isinstance(where, Path) and not where.exists():
        return
    for place, line in _shard_rows(Path(where) / stage) if stage else task_set(where).rows():
        if match := _ID.search(line):
            yield _Match(stage, json.loads(match[1]), place)


def _shard_rows(folder: Path) -> Iterator[tuple[Place, bytes]]:
    for shard in sorted(path for path in folder.glob("[0-9]*.jsonl") if path.name.count(".") == 1):
        yield from rows_of(shard)


def _unknown(where: Path | str, task_id: str | None) -> ConfigError:
    names = {match.name for stage in _stages(where) for match in _named(where, stage)}
    if task_id is None:
        return ConfigError(f"{where} holds no tasks; run `hgen synth` first")
    near = heapq.nlargest(NEAR, names, key=lambda name: (SequenceMatcher(None, task_id, name).ratio(), name))
    if not near:
        return ConfigError(f"there is no task {task_id!r}: {where} holds no tasks; run `hgen synth` first")
    return ConfigError(f"there is no task {task_id!r} in {where}; the nearest are {', '.join(near)}")


def _read(where: Path | str, match: _Match) -> FoundTask:
    found = found_task(match.place.read(), match.place)
    return found if match.stage != "synth" else FoundTask(found.task, reject=_reject(Path(where), match.name))


def found_task(line: bytes, place: Place) -> FoundTask:
    """The task in a row of any stage or export; raises ``ShardError`` if it is none that this version can read."""
    try:
        row = json.loads(line)
        if "task" in row:
            validated = Validated.model_validate(row)
            return FoundTask(validated.task, validated.checks, validated.baselines)
        # Exports may have columns beside the task's own.
        task = Task.model_validate({name: value for name, value in row.items() if name in Task.model_fields})
        checks = tuple(Check.model_validate(check) for check in row.get("checks") or ())
        return FoundTask(task, checks, row.get("baselines"))
    except ValidationError as error:
        problem = error.errors()[0]
        said = f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        said = str(error)
    raise ShardError(f"{place}: not a task ({said}); it was damaged or written by another version of hgen")


def _reject(out: Path, name: str) -> Reject | None:
    for shard in sorted((out / "validate").glob("[0-9]*.rejects.jsonl")):
        for reject in read_shard(shard, Reject):
            if reject.source == name:
                return reject
    return None
