"""A task as the formats see it: the record, its names and its split, its snapshot, and what judges answers to it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hgen.export.images import Images
from hgen.export.names import safe_name
from hgen.grader import answer_file, listing, travels
from hgen.pages.background import Background
from hgen.records import Task, Validated
from hgen.scoring.standalone.answer_file import Listing
from hgen.snapshots import Snapshot, Store

TRAIN = "train"
"""The only split where none are asked for."""

UNBUILT = Images()
UNKNOWN = Background()

NOT_GRADED_ANYWHERE = "the single-file grader does not judge it, `hgen score` does"
"""Why formats that carry the travelling grader leave a task out."""


class Snapshots:
    """The snapshots of a store, one of them open at a time: tasks of one snapshot follow each other."""

    def __init__(self, store: Path) -> None:
        self._store = Store(store)
        self._open: Snapshot | None = None
        self._listing: Listing | None = None

    def get(self, digest: str) -> Snapshot:
        """An open snapshot, good until another one is asked for; raises ``ShardError`` if it is missing or damaged."""
        if self._open is None or self._open.digest != digest:
            self.close()
            self._open = self._store.open(digest)
        return self._open

    def listing(self, digest: str) -> Listing:
        """What a snapshot holds, as answer files say it; made once for tasks that follow each other."""
        snapshot = self.get(digest)
        if self._listing is None:
            self._listing = listing(snapshot)
        return self._listing

    def archive(self, digest: str) -> Path:
        """Where a snapshot's archive is; raises ``ShardError`` for what is no digest."""
        return self._store.archive(digest)

    def close(self) -> None:
        """Close what is open."""
        if self._open is not None:
            self._open.close()
            self._open = self._listing = None


@dataclass(frozen=True)
class TaskView:
    """A sound task on its way out; what costs something to make is made when it is asked for."""

    validated: Validated
    split: str
    """``train``, or one of those that ``export.splits`` names."""
    snapshots: Snapshots
    background: Background = UNKNOWN
    """What was left out on the way to the tasks; the same for all."""
    images: Images = UNBUILT
    cache: Path | None = None
    """Where wheels are kept between runs."""

    @property
    def task(self) -> Task:
        """The task's record."""
        return self.validated.task

    @property
    def name(self) -> str:
        """The task's name in file systems, registries and other tools; see ``safe_name``."""
        return safe_name(self.task.instance_id)

    @property
    def snapshot(self) -> Snapshot:
        """The repository's files, open until the next task's are asked for."""
        return self.snapshots.get(self.task.snapshot)

    @property
    def archive(self) -> Path:
        """The snapshot's archive, ``DIGEST.zip``."""
        return self.snapshots.archive(self.task.snapshot)

    @property
    def image(self) -> str:
        """The name of the image with the task's environment; the image itself is there if ``images.built``."""
        return self.images.name(self.task)

    @property
    def is_graded_anywhere(self) -> bool:
        """Whether the travelling grader judges answers; else ``hgen score`` does where the family is installed."""
        return travels(self.task)

    def answer(self, row: Mapping[str, object] | None = None) -> bytes:
        """The private answer file, which the agent must not see; see ``hgen.grader.answer_file``."""
        return answer_file(self.task, self.snapshot, self.snapshots.listing(self.task.snapshot), row)


def views(
    tasks: Iterable[Validated],
    store: Path,
    split_of: Callable[[Task], str | None] = lambda _: TRAIN,
    background: Background = UNKNOWN,
    *,
    images: Images = UNBUILT,
    cache: Path | None = None,
) -> Iterator[TaskView]:
    """The views of tasks, without those that are in no split."""
    snapshots = Snapshots(store)
    try:
        for validated in tasks:
            split = split_of(validated.task)
            if split is not None:
                yield TaskView(validated, split, snapshots, background, images, cache)
    finally:
        snapshots.close()
