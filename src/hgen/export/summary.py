"""What an export wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
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
    repeated: int = 0
    """How many tasks were left out because a task with the same ``instance_id`` came before."""

    @classmethod
    def of(cls, kind: str, folder: Path, tasks: Mapping[str, int]) -> Self:
        """The summary of a format's finished folder that holds so many tasks of each family."""
        files = tree_files(folder)
        return cls(kind, folder, dict(sorted(tasks.items())), len(files), sum(path.stat().st_size for path in files))
