"""Write a foreign tree into a folder: below it, within limits, and never through a link."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from hgen.errors import Skip
from hgen.snapshots import TreeLimits
from hgen.snapshots.tree import is_safe_path, path_problem

CHUNK = 1 << 16
"""Bytes copied at a time."""


class SupportsRead(Protocol):
    """Something to read bytes from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        ...


class TreeWriter:
    """Writes files as they come and keeps count; links are made last, by ``finish``.

    Raises ``Skip("unsafe-path")`` for a path that leaves the folder or names one thing twice, ``Skip("too-big")`` for
    what is over the limits by the bytes that really came. Names that no snapshot can hold are left out and counted.
    """

    def __init__(self, root: Path, limits: TreeLimits) -> None:
        self.root = root
        self.dropped: Counter[str] = Counter()
        self._limits = limits
        self._files = 0
        self._bytes = 0
        self._links: dict[str, str] = {}
        self._written: set[str] = set()
        self._folders = {"."}
        root.mkdir(parents=True, exist_ok=True)

    def file(self, path: str, chunks: Iterable[bytes], *, executable: bool = False) -> None:
        """Write a file; the chunks are not asked for if its name is left out."""
        if not self._takes(path):
            return
        self._files += 1
        size = 0
        with self._create(path, executable=executable) as file:
            for chunk in chunks:
                size += len(chunk)
                self._bytes += len(chunk)
                self._limits.check(path, files=self._files, total_bytes=self._bytes, file_bytes=size)
                file.write(chunk)

    def copy(self, path: str, original: str, *, executable: bool) -> None:
        """Write a file that is to be the same as one written before, as hard links in archives say."""
        if original not in self._written or path == original:
            self.dropped["link-dangling"] += 1
            return
        with (self.root / original).open("rb") as file:
            self.file(path, read_chunks(file), executable=executable)

    def link(self, path: str, target: str) -> None:
        """Remember a symbolic link."""
        if not self._takes(path):
            return
        if not target or path_problem(target) not in (None, "version-control"):
            self.dropped["link-name"] += 1
            return
        self._links[path] = target
        self._limits.check(path, files=len(self._links), total_bytes=0, file_bytes=0)

    def finish(self) -> None:
        """Make the links; whether they are harmless is for the snapshot store to say."""
        names = {path.casefold() for path in self._links}
        for path, target in sorted(self._links.items()):
            if not names.isdisjoint(map(str, PurePosixPath(path.casefold()).parents)):
                raise Skip("unsafe-path", f"{path!r} lies behind a link")
            try:
                self._make_folders(path)
                (self.root / path).symlink_to(target)
            except (FileExistsError, NotADirectoryError):
                raise Skip("unsafe-path", f"{path!r} is there twice") from None
        self._links = {}

    def _takes(self, path: str) -> bool:
        if not is_safe_path(path) or "\0" in path:
            raise Skip("unsafe-path", repr(path))
        problem = path_problem(path)
        if problem:
            self.dropped[problem] += 1
        return problem is None

    def _create(self, path: str, *, executable: bool) -> BinaryIO:
        place = self.root / path
        # Archives may hold a file twice, and the last one counts; but one name in two spellings is another matter.
        exclusive = 0 if path in self._written else os.O_EXCL
        self._written.add(path)
        mode = 0o755 if executable else 0o644
        try:
            self._make_folders(path)
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | exclusive, mode)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise Skip("unsafe-path", f"{path!r} is there twice") from None
        os.fchmod(descriptor, mode)
        return os.fdopen(descriptor, "wb")

    def _make_folders(self, path: str) -> None:
        missing = {str(folder) for folder in PurePosixPath(path).parents} - self._folders
        if missing:
            self._folders |= missing
            self._limits.check(path, files=len(self._folders), total_bytes=0, file_bytes=0)
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)


def read_chunks(file: SupportsRead) -> Iterator[bytes]:
    """The contents of an open file, a bounded piece at a time."""
    while chunk := file.read(CHUNK):
        yield chunk
