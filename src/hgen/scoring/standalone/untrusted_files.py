"""Files of a folder that somebody may have made to deceive: no link is followed, nothing waits, nothing overflows."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path


class Unreadable(Exception):  # noqa: N818 - the path is not what it should be, which callers judge
    """There is no regular file that can be read."""


class TooLarge(Unreadable):
    """The file has more bytes than are read."""


def regular_file(root: str, path: str, most: int) -> tuple[bytes, bool]:
    """The contents of a regular file and whether its owner may execute it.

    It is reached through real folders only, whatever happens to them meanwhile. Raises ``Unreadable``.
    """
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
        with os.fdopen(_open(root, path), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable(f"{path}: no regular file")
            content = file.read(status.st_size + 1) if status.st_size <= most else b""
    except (OSError, ValueError) as error:
        raise Unreadable(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if max(len(content), status.st_size) > most:
        raise TooLarge(f"{path}: {status.st_size} bytes")
    return content, bool(status.st_mode & stat.S_IXUSR)


def link_target(root: str, path: str) -> str:
    """What a symbolic link in a folder says; raises ``Unreadable`` if there is none."""
    try:
        return os.readlink(Path(root, path))  # noqa: PTH115 - Path would tidy the target up
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None


class Folder(Mapping[str, bytes]):
    """The regular files of a folder, each read when it is asked for, if it is no larger than ``most``.

    Any path can be asked for; ``names`` are those that are listed.
    """

    def __init__(self, root: str, names: Collection[str], most: int) -> None:
        self._root = root
        self._names = names
        self._most = most

    def __getitem__(self, path: str) -> bytes:
        try:
            return regular_file(self._root, path, self._most)[0]
        except Unreadable as error:
            raise KeyError(str(error)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _open(root: str, path: str) -> int:
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    *parents, name = path.split("/")
    try:
        for parent in parents:
            inner = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
