"""Folders to work in that are gone afterwards, even after a kill: the next worker removes what the dead have left."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = ".hgen-"
_MARK = ".hgen-scratch"
"""The file, locked while the folder beside it is in use, by which these folders are known: a name can be anybody's."""
_WORK = "work"


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """A new empty folder somewhere below ``parent``."""
    parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(parent)
    marked, descriptor = _make_marked(parent)
    try:
        (marked / _WORK).mkdir()
        yield marked / _WORK
    finally:
        _remove(marked)
        os.close(descriptor)


def _make_marked(parent: Path) -> tuple[Path, int]:
    while True:
        marked = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        descriptor = os.open(marked / _MARK, os.O_CREAT | os.O_EXCL | os.O_RDWR)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return marked, descriptor
        # Another worker took it for abandoned before it was locked.
        os.close(descriptor)


def _remove_abandoned(parent: Path) -> None:
    for marked in sorted(parent.glob(f"{_PREFIX}*")):
        try:
            descriptor = os.open(marked / _MARK, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            # Somebody else's, or gone meanwhile.
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(marked)
        except BlockingIOError:
            pass
        finally:
            os.close(descriptor)


def _remove(marked: Path) -> None:
    # The mark last: what is left when this is killed is still known.
    shutil.rmtree(marked / _WORK, ignore_errors=True)
    if not (marked / _WORK).exists():
        (marked / _MARK).unlink(missing_ok=True)
        # There may be somebody's file in it, or nothing.
        with suppress(OSError):
            marked.rmdir()
