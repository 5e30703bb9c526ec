"""Read a snapshot: a mapping from paths to contents, checked against its digest as it is read."""

import hashlib
import os
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from hgen.errors import MachineError, ShardError
from hgen.snapshots.tree import is_safe_path


class Snapshot(Mapping[str, bytes]):
    """The regular files of a source tree, by their paths with ``/``, in the order of the paths.

    A context manager. Opening reads the list of files and checks it against the digest; each content is read when it
    is asked for and checked too. Raises ``ShardError``, which names the archive, if it is missing or damaged.
    """

    def __init__(self, archive: Path, digest: str) -> None:
        self.digest = digest
        self._path = archive
        self._archive = _open(archive)
        try:
            self._entries = {info.filename: info for info in self._archive.infolist()}
            listed = tree_digest((name, _mode(info), info.comment.decode()) for name, info in self._entries.items())
            if listed != digest or not all(map(is_safe_path, self._entries)):
                raise ShardError(f"{archive} does not hold the tree that it is named after; {_REMEDY}")
        except BaseException:
            self._archive.close()
            raise
        self._files = sorted(name for name, info in self._entries.items() if _mode(info) != "120000")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the archive; nothing can be read afterwards."""
        self._archive.close()

    def __getitem__(self, path: str) -> bytes:
        if path not in self:
            raise KeyError(path)
        return self._read(path)

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and path in self._entries and _mode(self._entries[path]) != "120000"

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def size(self, path: str) -> int:
        """The bytes of a file, without reading it."""
        return self._entries[path].file_size

    def sha256(self, path: str) -> str:
        """The digest of a file's content, without reading it."""
        return self._entries[path].comment.decode()

    def is_executable(self, path: str) -> bool:
        """Whether a file has its executable bit set."""
        return _mode(self._entries[path]) == "100755"

    @property
    def links(self) -> dict[str, str]:
        """The symbolic links and their targets, all of which stay in the tree."""
        return {
            name: self._read(name).decode() for name in sorted(self._entries) if _mode(self._entries[name]) == "120000"
        }

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
        info = self._entries[path]
        try:
            content = self._archive.read(info)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise ShardError(f"{self._path} is damaged at {path} ({error}); {_REMEDY}") from error
        if hashlib.sha256(content).hexdigest().encode() != info.comment:
            raise ShardError(f"{self._path} is damaged at {path}; {_REMEDY}")
        return content


def tree_digest(entries: Iterable[tuple[str, str, str]]) -> str:
    """The digest of a tree from its paths, modes and SHA-256 digests of contents, in any order."""
    digest = hashlib.sha256(b"hgen tree 1\n")
    for path, mode, content in sorted((path.encode(), mode, content) for path, mode, content in entries):
        digest.update(f"{mode} {content} {len(path)} ".encode() + path + b"\n")
    return digest.hexdigest()


def is_digest(text: str) -> bool:
    """Whether a text looks like the digest of a tree; rows from elsewhere may say anything, paths among it."""
    return len(text) == hashlib.sha256().digest_size * 2 and set(text) <= set("0123456789abcdef")


_REMEDY = "delete it and run mine again"


def _open(archive: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except FileNotFoundError:
        raise ShardError(f"{archive} is missing; run mine again") from None
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError) as error:
        raise ShardError(f"{archive} is damaged ({error}); {_REMEDY}") from error


def _mode(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "120000"
    return "100755" if mode & stat.S_IXUSR else "100644"


def _write_new(path: Path, content: bytes, *, executable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = 0o755 if executable else 0o644
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        os.fchmod(descriptor, mode)
