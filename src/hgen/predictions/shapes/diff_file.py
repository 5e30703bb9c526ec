"""A file that holds one diff, as agents leave it: any bytes, of any size."""

import os
import stat
from pathlib import Path

from hgen.scoring.predicted_diff import MAX_PATCH

ENDINGS = (".diff", ".patch")

_MOST = 4 * MAX_PATCH + 4
"""Bytes that are more characters than a prediction may have, whatever they are: what is longer need not be read on."""


class UnreadableDiff(Exception):  # noqa: N818 - said of a file, and counted as a row that cannot be read
    """The file is none that can be read; the message says why."""


def read_diff(file: Path) -> str:
    """The text of a regular file, so much of it that one which is too large is seen to be; raises ``UnreadableDiff``.

    No link is followed: what a harness has copied out of a container may lead anywhere. No pipe is waited for.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnreadableDiff(f"{file.name} is no regular file")
            content = opened.read(_MOST)
    except OSError as error:
        raise UnreadableDiff(f"cannot read {file.name}: {error.strerror}") from None
    try:
        # A cut may go through a character.
        return content.decode("utf-8", "ignore" if len(content) == _MOST else "strict")
    except UnicodeDecodeError:
        raise UnreadableDiff(f"{file.name} is not UTF-8") from None
