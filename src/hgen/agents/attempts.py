"""The runs that are wanted, laid into shards of one each: what a kill costs is one run that was under way."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import count, islice
from pathlib import Path

from hgen.errors import ConfigError
from hgen.records import AgentSettings, Attempt, Task
from hgen.runner import read_receipt, shard_name, shards
from hgen.shards import write_whole
from hgen.tasksets.finding import found_task
from hgen.tasksets.taskset import TaskSet

FOLDER = "attempts"
STAGE = "rollout"


def folder_name(settings: AgentSettings) -> str:
    """What the folder of an agent's runs is called: other settings are another agent, whose runs stay beside these."""
    digest = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:8]
    model = "".join(letter if letter.isalnum() or letter in "._" else "-" for letter in settings.model)[-60:]
    return f"{model.strip('.-') or 'model'}-{settings.harness.rpartition('.')[2]}-{digest}"


def wanted_tasks(tasks: TaskSet, limit: int | None) -> Iterator[Task]:
    """The first tasks of a set; raises ``ConfigError`` for two with one id, ``ShardError`` for what is no task."""
    seen = set()
    for place, line in islice(tasks.rows(), limit):
        task = found_task(line, place).task
        if task.instance_id in seen:
            raise ConfigError(f"{place}: two tasks have the id {task.instance_id}; roll out one set of tasks at a time")
        seen.add(task.instance_id)
        yield task


def lay_out(tasks: Iterable[Task], samples: int, folder: Path) -> set[str]:
    """Write a shard for each run that is wanted and not there; returns the digests of the tasks' snapshots.

    Runs that are done stay, wanted or not; attempts that are neither done nor wanted any more go.
    """
    attempts = folder / FOLDER
    attempts.mkdir(parents=True, exist_ok=True)
    there = {_digest(shard.read_bytes()): shard for shard in shards(attempts)}
    taken = {int(shard.stem) for shard in there.values()}
    free = (number for number in count() if number not in taken)
    snapshots, wanted = set(), set()
    for task in tasks:
        snapshots |= {task.snapshot, *([] if task.environment is None else [task.environment.snapshot])}
        for sample in range(1, samples + 1):
            line = Attempt(task=task, sample=sample).model_dump_json().encode() + b"\n"
            wanted.add(_digest(line))
            if _digest(line) not in there:
                write_whole(attempts / shard_name(next(free)), line)
    for digest, shard in there.items():
        if digest not in wanted and read_receipt(folder / STAGE / shard.name) is None:
            shard.unlink()
    return snapshots


def _digest(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=16).digest()
