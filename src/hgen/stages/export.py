"""Export: sound tasks become folders that other tools read. The last step of a run, but no stage of the runner's."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from hgen.config import Config
from hgen.engines import OpenEngine
from hgen.errors import ConfigError
from hgen.export.folders import move_aside
from hgen.export.image_building import build, push, write_archives
from hgen.export.images import Images
from hgen.export.splits import SPLITS, Assignment, assign
from hgen.export.summary import ExportSummary
from hgen.export.table import chosen
from hgen.export.view import TRAIN, views
from hgen.pages.background import background
from hgen.records import Codebase, Run, Task, Validated
from hgen.runner import done_shards, read_receipt
from hgen.shards import read_shard
from hgen.snapshots import Store
from hgen.sources.licenses import is_stated

_NAMED = 5
"""How many tasks a message names."""


def make_images(
    out: Path,
    config: Config,
    *,
    cache: Path,
    folder: Path | None,
    registry: bool,
    progress: Callable[[int, int], None],
) -> list[Path]:
    """Build the images of the sound tasks' environments; what is built already stays as it is.

    ``folder`` gets an archive for each repository that ``docker load`` takes, ``registry`` says whether the images are
    pushed to where ``export.image_prefix`` says; gives the archives. Raises ``SandboxError`` if an engine or a registry
    refuses, ``ShardError`` if ``validate`` is undone or a snapshot is missing.
    """
    shards = done_shards(out, "validate")
    total = sum(receipt.given for receipt in map(read_receipt, shards) if receipt is not None)
    tasks = _Reading(shards, 0, lambda done, total: None).tasks()
    wanted = views(tasks, out / "snapshots", images=_images(config), cache=cache)
    with OpenEngine(config.sandbox, store=out / "snapshots", cache=cache) as engine:
        archives = build(wanted, engine, progress=lambda done: progress(done, total))
        client = engine.generic.client
        if registry:
            push(archives, client)
        return write_archives(archives, client, folder) if folder is not None else []


def export(
    out: Path,
    formats: Sequence[str],
    config: Config,
    *,
    force: bool = False,
    cache: Path | None = None,
    built: bool = False,
    progress: Callable[[int, int], None],
) -> list[ExportSummary]:
    """Write ``out/export/FORMAT`` for each format; ``progress`` is told how many of how many tasks are read.

    Of tasks with the same ``instance_id`` the first is taken. With ``force``, a folder that holds what no export wrote
    is moved aside. ``cache`` is where wheels are kept between runs: environments of tasks that are judged by tests need
    theirs; ``built`` says whether the images of the environments have been made.

    Raises ``ConfigError`` for an unknown format or no tasks at all, ``ShardError`` if ``validate`` is undone, or
    ``parse`` is where more than one split is asked for.
    """
    writers = {name: chosen(name).write for name in dict.fromkeys(formats)}
    shards = done_shards(out, "validate")
    total = len(writers) * sum(receipt.given for receipt in map(read_receipt, shards) if receipt is not None)
    if not total:
        raise ConfigError(f"{out / 'validate'} holds no sound task, so there is nothing to export; see `hgen stats`")
    summaries: list[ExportSummary] = []
    images = replace(_images(config), built=built)
    reading = _Reading(shards, total, progress, _assignment(out, config))
    before = background(out)
    for name, write in writers.items():
        folder = out / "export" / name
        aside = move_aside(folder) if force else ()
        tasks = views(reading.tasks(), out / "snapshots", reading.split, before, images=images, cache=cache)
        summary = write(tasks, folder, config)
        summaries.append(replace(reading.counted(summary, config), moved_aside=aside))
    return summaries


def sound_tasks(out: Path) -> Iterator[Validated]:
    """The sound tasks, one by one; of those with the same ``instance_id`` the first."""
    return _Reading(done_shards(out, "validate"), 0, lambda done, total: None).tasks()


def splits_of_runs(out: Path, config: Config) -> Callable[[Run], str | None]:
    """The split of each run: that of its task, None for one that is in none."""
    if len(config.export.splits) == 1 or not (out / "validate").is_dir():
        first = next(iter(config.export.splits))
        return lambda run: first
    assignment = _assignment(out, config)
    tasks = {validated.task.instance_id: assignment.split(validated.task) for validated in sound_tasks(out)}
    return lambda run: tasks.get(run.instance_id)


def require_publishable(out: Path) -> None:
    """Raise ``ConfigError`` if a task's checks do not all say that it is sound, or its licence is not known."""
    unsound: list[str] = []
    unlicensed: list[str] = []
    for validated in sound_tasks(out):
        if not validated.checks or not all(check.passed for check in validated.checks):
            unsound.append(validated.task.instance_id)
        if not is_stated(validated.task.license):
            unlicensed.append(f"{validated.task.instance_id} ({validated.task.license or 'no licence'})")
    found = ((unsound, "not proven sound"), (unlicensed, "under no licence that is known"))
    said = [f"tasks {what} ({len(names)}): {_named(names)}" for names, what in found if names]
    if said:
        raise ConfigError(f"nothing is pushed: {'; '.join(said)}; leave their sources out, and run again")


def _named(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")


def _assignment(out: Path, config: Config) -> Assignment:
    if len(config.export.splits) == 1:
        return Assignment(otherwise=next(iter(config.export.splits)))
    # All of them: code that is not looked at could be in two splits.
    codebases = (codebase for shard in done_shards(out, "parse") for codebase in read_shard(shard, Codebase))
    tasks = (validated.task for validated in sound_tasks(out))
    return assign(config.export.splits, tasks, codebases, Store(out / "snapshots"))


def _images(config: Config) -> Images:
    return Images(config.export.image_prefix, config.sandbox.base_image)


_ANYWHERE = Assignment(otherwise=TRAIN)


class _Reading:
    """Reads the sound tasks once per format; counts over all passes what was read, and per pass what became of it."""

    def __init__(
        self,
        shards: list[Path],
        total: int,
        progress: Callable[[int, int], None],
        assignment: Assignment = _ANYWHERE,
    ) -> None:
        self._repeated = 0
        self._splits: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._shards = shards
        self._total = total
        self._progress = progress
        self._assignment = assignment
        self._read = 0

    def tasks(self) -> Iterator[Validated]:
        self._repeated = 0
        self._splits.clear()
        self._left_out.clear()
        # Digests, not names: some 100 bytes per task.
        seen: set[bytes] = set()
        for shard in self._shards:
            for validated in read_shard(shard, Validated):
                self._read += 1
                self._progress(self._read, self._total)
                identity = blake2b(validated.task.instance_id.encode(), digest_size=12).digest()
                if identity in seen:
                    self._repeated += 1
                    continue
                seen.add(identity)
                yield validated

    def split(self, task: Task) -> str | None:
        """The split of a task that was read, or None, counted."""
        found = self._assignment.split(task)
        if found is None:
            self._left_out[f"{task.repo}: {self._assignment.reason(task)}"] += 1
        else:
            self._splits[found] += 1
        return found

    def counted(self, summary: ExportSummary, config: Config) -> ExportSummary:
        """The summary of the pass that has just ended."""
        return replace(
            summary,
            repeated=self._repeated,
            left_out=dict(sorted({**summary.left_out, **self._left_out}.items())),
            splits={split: self._splits[split] for split in SPLITS if split in config.export.splits},
        )
