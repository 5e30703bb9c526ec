"""A source tree in one zip archive, as the snapshot store keeps it: its list and every content are checked."""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING

from hgen.scoring.modes import EXECUTABLE, FILE, LINK

if TYPE_CHECKING:
    from pathlib import Path

_BEGINNING_OF_TIME = (1980, 1, 1, 0, 0, 0)


class TreeError(Exception):
    """An archive is damaged, or does not hold the tree that it should."""


class ArchivedTree(Mapping[str, bytes]):
    """The regular files of an archived tree, by their paths with ``/``, in the order of the paths.

    Opening reads the list of files and checks it against the tree's digest; each content is read when it is asked for
    and checked too. Raises ``TreeError``, which names the archive; ``FileNotFoundError`` if there is none.
    """

    def __init__(self, archive: Path | IO[bytes], digest: str) -> None:
        self.digest = digest
        self._archive = _opened(archive)
        self.name = self._archive.filename or "the archive"
        """The file, as far as it is known."""
        try:
            self._entries = {info.filename: info for info in self._archive.infolist()}
            listed = tree_digest((name, _mode(info), info.comment.decode()) for name, info in self._entries.items())
            if listed != digest:
                raise TreeError(f"{self.name} does not hold the tree {digest}")
        except UnicodeDecodeError:
            self._archive.close()
            raise TreeError(f"{self.name} does not hold the tree {digest}") from None
        except BaseException:
            self._archive.close()
            raise
        self._files = sorted(name for name, info in self._entries.items() if _mode(info) != LINK)

    def close(self) -> None:
        """Close the archive; nothing can be read afterwards."""
        self._archive.close()

    def __getitem__(self, path: str) -> bytes:
        if path not in self:
            raise KeyError(path)
        return self._read(path)

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and path in self._entries and _mode(self._entries[path]) != LINK

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
        return _mode(self._entries[path]) == EXECUTABLE

    @property
    def links(self) -> dict[str, str]:
        """The symbolic links and their targets."""
        return {name: self._read(name).decode() for name in sorted(self._entries) if name not in self}

    def _read(self, path: str) -> bytes:
        info = self._entries[path]
        try:
            content = self._archive.read(info)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise TreeError(f"{self.name} is damaged at {path} ({error})") from error
        if hashlib.sha256(content).hexdigest().encode() != info.comment:
            raise TreeError(f"{self.name} is damaged at {path}")
        return content


def add_member(archive: zipfile.ZipFile, path: str, mode: str, content: bytes) -> str:
    """Write a file, or a link as its target, to an archive that ``ArchivedTree`` reads; returns its SHA-256.

    The same members in the same order give the same bytes.
    """
    info = zipfile.ZipInfo(path, _BEGINNING_OF_TIME)
    info.create_system = 3  # Unix, whose modes these are
    info.external_attr = int(mode, 8) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    sha256 = hashlib.sha256(content).hexdigest()
    # In the list of files, so that the list can be checked against the tree's digest without reading a content.
    info.comment = sha256.encode()
    archive.writestr(info, content)
    return sha256


def tree_digest(entries: Iterable[tuple[str, str, str]]) -> str:
    """The digest of a tree from its paths, modes and SHA-256 digests of contents, in any order."""
    digest = hashlib.sha256(b"hgen tree 1\n")
    for path, mode, content in sorted((path.encode(), mode, content) for path, mode, content in entries):
        digest.update(f"{mode} {content} {len(path)} ".encode() + path + b"\n")
    return digest.hexdigest()


def _opened(archive: Path | IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError) as error:
        raise TreeError(f"{getattr(archive, 'name', archive)} is damaged ({error})") from error


def _mode(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return LINK
    return EXECUTABLE if mode & stat.S_IXUSR else FILE
