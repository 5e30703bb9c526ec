"""Read a snapshot: a mapping from paths to contents, checked against its digest as it is read."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from hgen.errors import MachineError, ShardError
from hgen.scoring.archived_tree import ArchivedTree, TreeError
from hgen.snapshots.tree import is_safe_path


class Snapshot(ArchivedTree):
    """The regular files of a source tree, by their paths with ``/``, in the order of the paths.

    A context manager. Opening reads the list of files and checks it against the digest; each content is read when it
    is asked for and checked too. Raises ``ShardError``, which names the archive, if it is missing or damaged.
    """

    def __init__(self, archive: Path, digest: str) -> None:
        try:
            super().__init__(archive, digest)
        except FileNotFoundError:
            raise ShardError(f"{archive} is missing; run mine again") from None
        except TreeError as error:
            raise ShardError(f"{error}; {_REMEDY}") from error
        if not all(map(is_safe_path, self._entries)):
            self.close()
            raise ShardError(f"{archive} holds paths that lead out of a tree; {_REMEDY}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def extract(self, destination: Path, files: Mapping[str, bytes] | None = None) -> None:
        """Write the whole tree to a folder, which is created and must be empty; links come last.

        ``files`` stand in the place of the snapshot's own, as after a patch. Raises ``MachineError`` if the file system
        takes two of the names for one, ``ShardError`` for a path that leads elsewhere.
        """
        files = self if files is None else files
        destination.mkdir(parents=True, exist_ok=True)
        if next(destination.iterdir(), None) is not None:
            raise FileExistsError(f"{destination} is not empty")
        try:
            for path in files:
                if not is_safe_path(path) or ".git" in path.lower().split("/"):
                    raise ShardError(f"{path!r} cannot be a path in a tree")
                _write_new(destination / path, files[path], executable=path in self and self.is_executable(path))
            for path, target in self.links.items():
                (destination / path).parent.mkdir(parents=True, exist_ok=True)
                (destination / path).symlink_to(target)
        except (FileExistsError, NotADirectoryError) as error:
            raise MachineError(
                f"{error.filename} is there already: {destination} needs a file system that tells a from A"
            ) from error

    def _read(self, path: str) -> bytes:
        try:
            return super()._read(path)
        except TreeError as error:
            raise ShardError(f"{error}; {_REMEDY}") from error


def is_digest(text: str) -> bool:
    """Whether a text looks like the digest of a tree; rows from elsewhere may say anything, paths among it."""
    return len(text) == hashlib.sha256().digest_size * 2 and set(text) <= set("0123456789abcdef")


_REMEDY = "delete it and run mine again"


def _write_new(path: Path, content: bytes, *, executable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o755 if executable else 0o644
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fchmod(descriptor, mode)
