"""A set of tasks, wherever they are: which files hold the rows, and where the snapshots are."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from hgen.errors import ConfigError
from hgen.snapshots import is_digest
from hgen.tasksets.hub import HubDataset, hub_dataset
from hgen.tasksets.places import ANSWERS, Place, rows_of

SNAPSHOTS = "snapshots"
"""The folder in which snapshots travel with the rows."""

_MANIFEST = ".hgen.json"
"""What makes a folder an export's."""

_ROWS = (
    ANSWERS,
    f"tests/{ANSWERS}",
    f"*/tests/{ANSWERS}",
    f"tasks/*/tests/{ANSWERS}",
    "tasks.jsonl",
    "*.jsonl",
    "*.parquet",
    "*/*.parquet",
)
"""Where a folder has rows: the first of these that it has holds all its tasks; in front what stands beside other rows.

``answers.zip`` and ``tasks.jsonl`` are of formats whose own rows are not hgen's; ``harbor`` has one for each task.
"""

_ABOVE = 3
"""How far above a file its snapshots may be, or above a folder its rows, ``harbor`` for ``harbor/tasks/ID/tests``."""


@dataclass(frozen=True)
class TaskSet:
    """Files of rows: JSON lines, parquet or archives of answer files; a folder's are in order."""

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
        wanted = {digest for digest in digests if is_digest(digest)}
        found = _archives_in(self._beside(), wanted)
        if self.dataset is not None and (missing := wanted - found.keys()):
            self.dataset.fetch_snapshots(missing)
            found |= _archives_in(self._beside(), missing)
        return found | _archives_in([out / SNAPSHOTS], wanted - found.keys())

    def _beside(self) -> list[Path]:
        """Folders that may hold archives, near ones first: those called so, and what a Harbor task is built from."""
        above = dict.fromkeys(parent for file in self.files for parent in islice(file.absolute().parents, _ABOVE))
        return [each for folder in above for each in (folder / SNAPSHOTS, folder / "environment") if each.is_dir()]


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


def _archives_in(folders: Iterable[Path], digests: Set[str]) -> dict[str, Path]:
    """The archives of these snapshots, of each the first."""
    found: dict[str, Path] = {}
    for folder in folders:
        for archive in folder.glob("*.zip"):
            if archive.stem in digests and archive.is_file():
                found.setdefault(archive.stem, archive)
    return found


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
    for pattern in _ROWS:
        found = sorted(path for path in folder.glob(pattern) if path.is_file() and not _is_rejects(path))
        if found:
            return tuple(found)
    return ()


def _is_rejects(path: Path) -> bool:
    return path.name.endswith(".rejects.jsonl")
