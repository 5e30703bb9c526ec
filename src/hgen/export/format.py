"""What an export format is."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hgen.config import Config
from hgen.export.summary import ExportSummary
from hgen.export.view import TaskView


class Writer(Protocol):
    """Writes tasks into a folder, whole or not at all; the same tasks give the same bytes.

    There must be a task; those of one snapshot follow each other. A task that the format cannot express is left out
    and counted, with the reason. Raises ``ConfigError`` if the folder holds something that no export wrote.
    """

    def __call__(self, tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
        """Write, and say what was written."""
        ...


@dataclass(frozen=True)
class Format:
    """A way for tasks to leave hgen; third parties add theirs through the entry-point group ``hgen.formats``."""

    name: str
    """Also the name of its folder in ``OUT/export``."""
    about: str
    """What it holds, in a few words, for the list of formats."""
    write: Writer
