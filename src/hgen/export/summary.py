"""What an export wrote."""

from dataclasses import dataclass
from pathlib import Path


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
