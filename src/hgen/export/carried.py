"""Files that many tasks share, such as the archive of their repository: one content under many names."""

import os
import shutil
from errno import EMLINK, ENOTSUP, EPERM, EXDEV
from pathlib import Path

from hgen.export.view import TaskView

SNAPSHOTS = "snapshots"
"""The folder of a format's folder in which the archives of its tasks' repositories are, ``DIGEST.zip``."""

_NO_LINK = {EMLINK, ENOTSUP, EPERM, EXDEV}


def share(file: Path, name: Path) -> None:
    """Give a file another name, which must be free; a copy where the file system allows no further name."""
    name.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, name, follow_symlinks=True)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        shutil.copyfile(file, name)


def carry_snapshot(view: TaskView, folder: Path) -> None:
    """Put the archive of a task's snapshot into ``folder/snapshots``, if it is not there yet.

    Raises ``ShardError`` if the archive is missing or does not list the tree that it is named after.
    """
    name = folder / SNAPSHOTS / view.archive.name
    if not name.exists():
        view.snapshot  # noqa: B018 - opening checks the list of files against the digest
        share(view.archive, name)
