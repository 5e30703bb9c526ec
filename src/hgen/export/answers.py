"""The private archive of tasks, ``answers.zip``: each one's answer file, in which its whole row is too."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hgen.config import ExportConfig
from hgen.export.task_row import Row, row
from hgen.export.view import TaskView
from hgen.scoring import BY_RUNNING
from hgen.tasksets.places import ANSWERS

__all__ = ["ANSWERS", "Answers", "added_columns", "answers_in"]

LIMITS = ("cpus", "memory_mb", "agent_seconds", "verifier_seconds")
"""The settings of an export that say what an agent and the tests get, which are columns of the private rows."""

_BEGINNING_OF_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16


class Answers:
    """Tasks that are added to an archive; see ``answers_in``."""

    def __init__(self, archive: zipfile.ZipFile, config: ExportConfig) -> None:
        self._archive = archive
        self._limits: Row = {limit: getattr(config, limit) for limit in LIMITS}

    def add(self, view: TaskView) -> None:
        """Add a task's answer file, ``NAME.json``; its row is that of the format ``jsonl`` and a few columns more."""
        info = zipfile.ZipInfo(f"{view.name}.json", _BEGINNING_OF_TIME)
        info.create_system, info.external_attr = 3, _READABLE
        info.compress_type = zipfile.ZIP_DEFLATED
        self._archive.writestr(info, view.answer(row(view.validated) | added_columns(view) | self._limits))


@contextmanager
def answers_in(folder: Path, config: ExportConfig) -> Iterator[Answers]:
    """Make ``answers.zip`` in a folder; the same tasks give the same bytes."""
    with zipfile.ZipFile(folder / ANSWERS, "w") as archive:
        yield Answers(archive, config)


def added_columns(view: TaskView) -> Row:
    """What exported rows say of a task that hgen's own do not: its name in file systems, its split and its image."""
    return {"name": view.name, "split": view.split, "image": view.image if view.task.graded_by in BY_RUNNING else ""}
