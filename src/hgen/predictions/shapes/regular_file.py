"""Files that a harness left, read without trust: any bytes, of any size, and links that lead anywhere."""

import os
import stat
from pathlib import Path


class UnreadableFile(Exception):  # noqa: N818 - counted as a row that cannot be read
    """The file is none that can be read; the message says why."""


def beginning_of(file: Path, most: int) -> bytes:
    """The first ``most`` bytes of a regular file; raises ``UnreadableFile``.

    No link is followed: what a harness has copied out of a container may lead anywhere. No pipe is waited for.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableFile(f"{file.name} is no regular file")
            return opened.read(most)
    except OSError as error:
        raise UnreadableFile(f"cannot read {file.name}: {error.strerror}") from None
