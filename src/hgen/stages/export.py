"""Export: sound tasks become folders that other tools read. The last step of a run, but no stage of the runner's."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

from hgen.config import Config
from hgen.errors import ConfigError
from hgen.export.images import Images
from hgen.export.summary import ExportSummary
from hgen.export.table import chosen
from hgen.export.view import views
from hgen.records import Validated
from hgen.runner import done_shards, read_receipt
from hgen.shards import read_shard


def export(
    out: Path,
    formats: Sequence[str],
    config: Config,
    *,
    cache: Path | None = None,
    progress: Callable[[int, int], None],
) -> list[ExportSummary]:
    """Write ``out/export/FORMAT`` for each format; ``progress`` is told how many of how many tasks are read.

    ``cache`` is where wheels are kept between runs: environments of tasks that are judged by tests need theirs.
    Of tasks with the same ``instance_id`` the first is taken. Raises ``ConfigError`` for an unknown format or no tasks
    at all, ``ShardError`` if ``validate`` is undone.
    """
    writers = {name: chosen(name).write for name in dict.fromkeys(formats)}
    shards = done_shards(out, "validate")
    total = len(writers) * sum(receipt.given for receipt in map(read_receipt, shards) if receipt is not None)
    if not total:
        raise ConfigError(f"{out / 'validate'} holds no sound task, so there is nothing to export; see `hgen stats`")
    summaries: list[ExportSummary] = []
    images = Images(config.export.image_prefix, config.sandbox.base_image)
    reading = _Reading(shards, total, progress)
    for name, write in writers.items():
        folder = out / "export" / name
        tasks = views(reading.tasks(), out / "snapshots", images=images, cache=cache)
        summary = write(tasks, folder, config)
        summaries.append(replace(summary, repeated=reading.repeated))
    return summaries


def sound_tasks(out: Path) -> Iterator[Validated]:
    """The sound tasks, one by one; of those with the same ``instance_id`` the first."""
    return _Reading(done_shards(out, "validate"), 0, lambda done, total: None).tasks()


class _Reading:
    """Reads the sound tasks once per format; counts over all passes what was read, and per pass what was repeated."""

    def __init__(self, shards: list[Path], total: int, progress: Callable[[int, int], None]) -> None:
        self.repeated = 0
        self._shards = shards
        self._total = total
        self._progress = progress
        self._read = 0

    def tasks(self) -> Iterator[Validated]:
        self.repeated = 0
        # Digests, not names: some 100 bytes per task.
        seen: set[bytes] = set()
        for shard in self._shards:
            for validated in read_shard(shard, Validated):
                self._read += 1
                self._progress(self._read, self._total)
                identity = blake2b(validated.task.instance_id.encode(), digest_size=12).digest()
                if identity in seen:
                    self.repeated += 1
                    continue
                seen.add(identity)
                yield validated
