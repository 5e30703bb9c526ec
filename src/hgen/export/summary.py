"""What an export wrote."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from hgen.export.folders import tree_files


@dataclass(frozen=True)
class ExportSummary:
    """One format's folder, complete on disk."""

    format: str
    folder: Path
    tasks: dict[str, int]
    """The number of tasks per family, ordered by name."""
    files: int
    bytes: int
    """The length of the files; one that has several names counts once."""
    repeated: int = 0
    """How many tasks were left out because a task with the same ``instance_id`` came before."""
    left_out: dict[str, int] = field(default_factory=dict)
    """How many tasks the format cannot express or are in no split, by the reason, ordered by it."""
    splits: dict[str, int] = field(default_factory=dict)
    """The number of tasks in each split that was asked for."""
    moved_aside: tuple[Path, ...] = ()
    """Where what was in the folder's place is, if no export had written it."""

    @classmethod
    def of(cls, kind: str, folder: Path, tasks: Mapping[str, int], left_out: Mapping[str, int] | None = None) -> Self:
        """The summary of a format's finished folder that holds so many tasks of each family."""
        files = [path.lstat() for path in tree_files(folder)]
        distinct = {(file.st_dev, file.st_ino): file.st_size for file in files}
        return cls(
            kind,
            folder,
            dict(sorted(tasks.items())),
            len(files),
            sum(distinct.values()),
            left_out=dict(sorted((left_out or {}).items())),
        )

    def row(self) -> dict[str, object]:
        """The summary for machines."""
        return {
            "format": self.format,
            "folder": str(self.folder),
            "tasks": self.tasks,
            "splits": self.splits,
            "left_out": self.left_out,
            "files": self.files,
            "bytes": self.bytes,
        }
