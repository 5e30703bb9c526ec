"""A set of tasks, wherever they are: which files hold the rows, and where the snapshots are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hgen.errors import ConfigError
from hgen.snapshots import is_digest
from hgen.tasksets.hub import HubDataset, hub_dataset
from hgen.tasksets.places import Place, rows_of

ROWS = "rows"
"""The folder of JSON lines in an export whose own files are no rows."""

SNAPSHOTS = "snapshots"
"""The folder in which snapshots travel with the rows."""

_MANIFEST = ".hgen.json"
"""What makes a folder an export's."""

_ABOVE = 3
"""How far above a file its snapshots may be, or above a folder its rows: in ``harbor`` for ``harbor/tasks/ID/tests``."""


@dataclass(frozen=True)
class TaskSet:
    """Files of rows, JSON lines or parquet; a folder's are in order."""

    name: str
    """As the user wrote it."""
    files: tuple[Path, ...]
    dataset: HubDataset | None = None
    """Where they come from, if that is a hub."""

    def rows(self) -> Iterator[tuple[Place, bytes]]:
        """All rows as lines of JSON; raises as ``rows_of`` does."""
        for file in self.files:
            yield from rows_of(file)

    def archives(self, digests: Iterable[str], *, out: Path) -> dict[str, Path]:
        """Where the archives of snapshots are: beside the tasks, on the hub that they come from, or in ``out``.

        What is found nowhere is missing in the answer. Raises as ``HubDataset`` does.
        """
        folders = [*self._beside(), out / SNAPSHOTS]
        found = {digest: place for digest in set(digests) if (place := _archive(folders, digest))}
        missing = {digest for digest in digests if is_digest(digest) and digest not in found}
        if missing and self.dataset is not None:
            fetched = [self.dataset.with_snapshots(missing) / SNAPSHOTS]
            found |= {digest: place for digest in missing if (place := _archive(fetched, digest))}
        return found

    def _beside(self) -> list[Path]:
        above = dict.fromkeys(parent for file in self.files for parent in islice(file.absolute().parents, _ABOVE))
        return [folder / SNAPSHOTS for folder in above if (folder / SNAPSHOTS).is_dir()]


def task_set(where: Path | str) -> TaskSet:
    """The tasks that a text or path means.

    A file of JSON lines or a parquet file; a folder of shards or of rows, or one that holds these: an out folder, its
    exports, any format's folder; else, of a text, ``ORG/NAME`` on the hub, also with ``hf:`` before it. Raises
    ``ConfigError`` for what holds no tasks, and what ``HubDataset.rows`` raises.
    """
    name = str(where)
    path = Path(where)
    if path.is_dir():
        return TaskSet(name, _files_in(path))
    dataset = None if isinstance(where, Path) or path.exists() else hub_dataset(name)
    if dataset is None:
        return TaskSet(name, (path,))
    return TaskSet(name, _files_in(dataset.rows(), f"{dataset} on the hub"), dataset)


def link_archives(archives: Mapping[str, Path], folder: Path) -> None:
    """Make a folder hold links to these archives, by their snapshots' digests, and no others."""
    folder.mkdir(parents=True, exist_ok=True)
    for link in folder.iterdir():
        if link.is_symlink():
            link.unlink()
    for digest, archive in sorted(archives.items()):
        (folder / f"{digest}.zip").symlink_to(archive.absolute())


def _archive(folders: Iterable[Path], digest: str) -> Path | None:
    if not is_digest(digest):
        return None
    return next((place for folder in folders if (place := folder / f"{digest}.zip").is_file()), None)


def _files_in(folder: Path, name: str = "") -> tuple[Path, ...]:
    # Also from within a format's folder, as in that of one task.
    above = [each for each in islice(folder.absolute().parents, _ABOVE) if (each / _MANIFEST).is_file()]
    places = [folder / "validate", *_formats(folder / "export"), *_formats(folder), folder, *above]
    for place in places:
        if files := _rows_in(place):
            return files
    raise ConfigError(f"{name or folder} holds no tasks; run `hgen run`, or name what an export wrote")


def _formats(folder: Path) -> list[Path]:
    """The folders of an export's formats: those whose files are rows first, in which every task is."""
    first = [folder / "jsonl", folder / "hf"]
    others = sorted(marked.parent for marked in folder.glob(f"*/{_MANIFEST}"))
    return [each for each in dict.fromkeys([*first, *others]) if each.is_dir()]


def _rows_in(folder: Path) -> tuple[Path, ...]:
    for pattern in (f"{ROWS}/*.jsonl", "*.jsonl", "*.parquet", "*/*.parquet"):
        found = sorted(path for path in folder.glob(pattern) if path.is_file() and not _is_rejects(path))
        if found:
            return tuple(found)
    return ()


def _is_rejects(path: Path) -> bool:
    return path.name.endswith(".rejects.jsonl")
