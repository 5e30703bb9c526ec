"""The one loop that runs every stage: read a shard, apply, collect rejects, write the new shard, leave a receipt."""

import re
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from pydantic import Field, ValidationError

from hgen import __version__
from hgen.errors import MachineError, ShardError, Skip
from hgen.executors import Executor
from hgen.records import Attempt, Codebase, Counted, Record, Reject, Repo, Source, Submission, Task, Validated, add_up
from hgen.shards import ShardWriter, file_digest, read_shard, write_whole

BUG = "bug"
"""The reason of a reject that is hgen's own fault: the run fails, and a rerun tries again."""

GIVEN = ("sources", "predictions", "attempts")
"""Folders of shards that hold what the user gave; no stage writes them, and they have no receipts."""


@dataclass(frozen=True)
class Stage:
    """A pure function from one record to any number of records, and what it depends on.

    ``apply`` must be picklable; it may yield ``Reject`` and ``Counted`` records and raise ``Skip``. ``fingerprint``
    changes with everything but the input and hgen's version that the output depends on.
    """

    name: str
    reads: str
    takes: type[Record]
    gives: type[Record]
    apply: Callable[[Any], Iterator[Record]]
    fingerprint: str


class Receipt(Record):
    """Left beside a shard when it is done; the digests are SHA-256."""

    hgen: str
    stage: str
    fingerprint: str
    input: str
    output: str
    taken: int
    given: int
    rejects: dict[str, int]
    seconds: float
    counts: dict[str, float] = Field(default_factory=dict)
    """What else it took, by name: tokens of a language model, …"""


@dataclass
class Summary:
    """What one run of a stage did, over all its shards; ``seconds`` is wall time."""

    stage: str
    taken: int = 0
    given: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    shards: int = 0
    skipped: int = 0
    seconds: float = 0.0
    counts: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether a shard is undone or a bug was met."""
        return bool(self.failures) or self.rejects[BUG] > 0

    def row(self) -> dict[str, object]:
        """The summary for machines."""
        return {
            "stage": self.stage,
            "in": self.taken,
            "out": self.given,
            "rejects": dict(sorted(self.rejects.items())),
            "shards": self.shards,
            "up_to_date": self.skipped,
            "seconds": round(self.seconds, 3),
            **({"counts": dict(sorted(self.counts.items()))} if self.counts else {}),
            "failures": self.failures,
        }


def run(stage: Stage, out: Path, executor: Executor, progress: Callable[[int, int], None]) -> Summary:
    """Bring all shards of a stage up to date; ``progress`` is told how many of how many are done.

    A broken machine or a damaged file leaves its shard undone and is named in ``failures``; the other shards go on.
    """
    started = perf_counter()
    summary = Summary(stage.name)
    folder = out / stage.name
    folder.mkdir(parents=True, exist_ok=True)
    inputs = _inputs(stage, out)
    forget_others(folder, {path.name for path in inputs})
    todo = []
    for path in inputs:
        receipt = _fresh_receipt(stage, path, folder)
        if receipt is None:
            todo.append(path)
        else:
            summary.skipped += 1
            _add(summary, receipt)
    progress(summary.skipped, len(inputs))
    for path, future in executor.submit(partial(_run_shard, stage, folder), todo):
        error = future.exception()
        if error is None:
            _add(summary, future.result())
        elif isinstance(error, MachineError | ShardError | OSError | MemoryError):
            summary.failures.append(f"{stage.name}/{path.name} is undone: {error or type(error).__name__}")
        elif isinstance(error, BrokenProcessPool):
            summary.failures.append(f"{stage.name}/{path.name} is undone: a worker was killed (out of memory?)")
        else:
            raise error
        progress(summary.shards + len(summary.failures), len(inputs))
    summary.failures.sort()
    summary.seconds = perf_counter() - started
    return summary


def done_shards(out: Path, name: str) -> list[Path]:
    """The finished shards of a stage, in order.

    Raises ``ShardError`` when there are none, when one is undone, or when one is not what its receipt says.
    """
    folder = out / name
    found = shards(folder)
    if not found:
        raise ShardError(f"{folder} holds no shards; run `hgen {name}` first")
    for shard in found:
        receipt = read_receipt(shard)
        if receipt is None:
            raise ShardError(f"{shard} is unfinished; run `hgen {name}` again")
        if receipt.output != file_digest(shard):
            raise ShardError(f"{shard} is damaged (not what its receipt says); run `hgen {name}` again")
    return found


def finished_shards(stage: Stage, out: Path) -> list[Path]:
    """The shards of a stage that are up to date, in order: those of a run that left some undone."""
    folder = out / stage.name
    return [folder / path.name for path in _inputs(stage, out) if _current_receipt(stage, path, folder) is not None]


def read_receipt(shard: Path) -> Receipt | None:
    """A shard's receipt, or None if there is none that this version can read."""
    try:
        return Receipt.model_validate_json(shard.with_suffix(".receipt.json").read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def shards(folder: Path) -> list[Path]:
    """The shards in a folder, finished or not, in order."""
    return sorted(path for path in folder.glob("[0-9]*.jsonl") if _SHARD.fullmatch(path.name))


def write_sources(out: Path, specs: tuple[str, ...], per_shard: int) -> None:
    """Write the first shards, which ``mine`` reads: one record for each thing to mine."""
    folder = out / "sources"
    folder.mkdir(parents=True, exist_ok=True)
    groups = [specs[start : start + per_shard] for start in range(0, len(specs), per_shard)]
    forget_others(folder, {shard_name(number) for number in range(len(groups))})
    for number, group in enumerate(groups):
        content = "".join(Source(spec=spec).model_dump_json() + "\n" for spec in group).encode()
        shard = folder / shard_name(number)
        if not shard.exists() or shard.read_bytes() != content:
            write_whole(shard, content)


def shard_name(number: int) -> str:
    """What the shard of this number is called."""
    return f"{number:05d}.jsonl"


def _inputs(stage: Stage, out: Path) -> list[Path]:
    if stage.reads in GIVEN:
        return shards(out / stage.reads)
    return done_shards(out, stage.reads)


_SHARD = re.compile(r"\d{5,}\.jsonl")
_OWN = re.compile(r"(\.?)(\d{5,})\.(?:jsonl|rejects\.jsonl|receipt\.json)(?:\.\d+\.tmp)?")
"""Files that the runner writes, half-written ones included: a dot before them, the number of the shard."""


def forget_others(folder: Path, names: set[str]) -> None:
    """Remove what a killed run left half-written, and shards that no input stands for any more; no others' files."""
    for path in sorted(folder.iterdir()):
        own = _OWN.fullmatch(path.name)
        if own and (own[1] or f"{own[2]}.jsonl" not in names):
            path.unlink()


def _fresh_receipt(stage: Stage, source: Path, folder: Path) -> Receipt | None:
    """The receipt of an earlier run, if there is nothing to do again."""
    receipt = _current_receipt(stage, source, folder)
    return None if receipt is None or BUG in receipt.rejects else receipt


def _current_receipt(stage: Stage, source: Path, folder: Path) -> Receipt | None:
    """The receipt of a shard, if nothing that the shard depends on has changed since."""
    shard = folder / source.name
    receipt = read_receipt(shard)
    if receipt is None or not shard.exists():
        return None
    seen = (receipt.hgen, receipt.stage, receipt.fingerprint, receipt.input, receipt.output)
    now = (__version__, stage.name, stage.fingerprint, file_digest(source), file_digest(shard))
    return receipt if seen == now else None


def _run_shard(stage: Stage, folder: Path, source: Path) -> Receipt:
    started = perf_counter()
    shard = folder / source.name
    shard.with_suffix(".receipt.json").unlink(missing_ok=True)
    taken = 0
    rejects: Counter[str] = Counter()
    counts: dict[str, float] = {}
    with ShardWriter(shard.with_suffix(".rejects.jsonl")) as dropped, ShardWriter(shard) as kept:
        for record in read_shard(source, stage.takes):
            taken += 1
            for result in _results(stage, record):
                if isinstance(result, Reject):
                    rejects[result.reason] += 1
                    dropped.write(result)
                elif isinstance(result, Counted):
                    add_up(counts, result.counts)
                else:
                    kept.write(result)
        dropped.commit()
        output = kept.commit()
    receipt = Receipt(
        hgen=__version__,
        stage=stage.name,
        fingerprint=stage.fingerprint,
        input=file_digest(source),
        output=output,
        taken=taken,
        given=kept.count,
        rejects=dict(sorted(rejects.items())),
        seconds=round(perf_counter() - started, 3),
        counts=dict(sorted(counts.items())),
    )
    write_whole(shard.with_suffix(".receipt.json"), receipt.model_dump_json(indent=1).encode() + b"\n")
    return receipt


def _results(stage: Stage, record: Record) -> Iterator[Record]:
    try:
        yield from stage.apply(record)
    except Skip as skip:
        yield Reject(source=name_of(record), reason=skip.reason, detail=skip.detail)
    except (MachineError, ShardError, OSError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 - the project's one boundary: a bug costs one record, with its traceback
        yield Reject(source=name_of(record), reason=BUG, detail=traceback.format_exc())


def name_of(record: Record) -> str:
    """What a record is called in a reject."""
    match record:
        case Source():
            return record.spec
        case (Repo() as repo) | Codebase(repo=repo):
            return f"{repo.repo}@{repo.base_commit}"
        case (Task() as task) | Validated(task=task):
            return task.instance_id
        case Attempt():
            return f"{record.task.instance_id} (sample {record.sample})"
        case Submission():
            given = record.prediction
            return f"{given.instance_id} ({given.origin or f'row {given.row}'})"
        case _:
            return type(record).__name__


def _add(summary: Summary, receipt: Receipt) -> None:
    summary.shards += 1
    summary.taken += receipt.taken
    summary.given += receipt.given
    summary.rejects.update(receipt.rejects)
    add_up(summary.counts, receipt.counts)
