"""So many at a time, whichever threads and processes they are of: a killed process holds no place."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO


class Slots:
    """Places in a folder, each a file with a lock on it."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder = folder / "slots"
        self._count = count

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a place; wait for one if all are taken."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            if not any(_is_taken(self._open(number, held)) for number in range(self._count)):
                fcntl.flock(self._open(int.from_bytes(os.urandom(4), "big") % self._count, held), fcntl.LOCK_EX)
            yield

    def _open(self, number: int, held: ExitStack) -> TextIO:
        return held.enter_context((self._folder / str(number)).open("a", encoding="utf-8"))


def _is_taken(place: TextIO) -> bool:
    """Take a place if it is free."""
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
