"""A working tree that an agent has left, in a folder or in a tar archive, listed and read without trusting it."""

from __future__ import annotations

import os
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from hgen.scoring.standalone.untrusted_files import TooLarge, Unreadable, link_target, regular_file
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ENTRIES = 1_000_000
"""Files and folders of a tree that are looked at."""
MAX_ARCHIVE = 4 << 30
"""Bytes of an archive that is looked at."""


class Tree(Protocol):
    """Paths are relative, with ``/``; the tree itself is the empty one."""

    def children(self, folder: str) -> list[tuple[str, str]]:
        """The names in a real folder, in order, each with ``folder``, ``file``, ``link`` or ``else``.

        Raises ``Refusal("not-regular")`` if it cannot be listed.
        """

    def file(self, path: str, most: int) -> tuple[bytes, bool]:
        """See ``regular_file``."""

    def link(self, path: str) -> str:
        """See ``link_target``."""


@contextmanager
def opened_tree(path: str) -> Iterator[Tree]:
    """The tree in a folder or an archive; raises ``Refusal`` for a damaged archive, ``OSError`` if there is nothing."""
    if Path(path).is_dir():
        yield FolderTree(path)
        return
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        yield ArchiveTree(file)


class FolderTree:
    """A tree in a folder."""

    def __init__(self, root: str) -> None:
        self.root = root

    def children(self, folder: str) -> list[tuple[str, str]]:
        """See ``Tree``."""
        try:
            with os.scandir(Path(self.root, folder)) as entries:
                return sorted((entry.name, _kind(entry)) for entry in entries)
        except OSError as error:
            raise Refusal("not-regular", f"{folder or '.'}: {error.strerror}") from None

    def file(self, path: str, most: int) -> tuple[bytes, bool]:
        """See ``Tree``."""
        return regular_file(self.root, path, most)

    def link(self, path: str) -> str:
        """See ``Tree``."""
        return link_target(self.root, path)


class ArchiveTree:
    """A tree in an archive as ``tar -cf ARCHIVE -C DIR .`` writes it, not compressed; nothing is unpacked."""

    def __init__(self, file: IO[bytes]) -> None:
        if os.fstat(file.fileno()).st_size > MAX_ARCHIVE:
            raise Refusal("too-large", f"the archive of the tree has more than {MAX_ARCHIVE} bytes")
        self._members: dict[str, tarfile.TarInfo] = {}
        self._children: dict[str, dict[str, str]] = {"": {}}
        try:
            # No compression: a small archive that unpacks to a large one could be anything.
            self._archive = tarfile.open(fileobj=file, mode="r:", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115
            for count, member in enumerate(self._archive):
                if count > MAX_ENTRIES:
                    raise Refusal("too-large", f"more than {MAX_ENTRIES} entries in the archive of the tree")
                self._add(member)
        except (tarfile.TarError, OSError, ValueError, RecursionError) as error:
            raise Refusal("damaged-patch", f"the archive of the tree cannot be read: {error}") from None

    def _add(self, member: tarfile.TarInfo) -> None:
        path = _plain(member.name)
        if path is None:
            return
        parts = path.split("/")
        for at in range(1, len(parts)):
            self._children.setdefault("/".join(parts[: at - 1]), {})[parts[at - 1]] = "folder"
        kind = "folder" if member.isdir() else "link" if member.issym() else "else"
        if member.isreg() or member.islnk():
            kind = "file"
        self._members[path] = member
        self._children.setdefault("/".join(parts[:-1]), {})[parts[-1]] = kind

    def children(self, folder: str) -> list[tuple[str, str]]:
        """See ``Tree``."""
        return sorted(self._children.get(folder, {}).items())

    def file(self, path: str, most: int) -> tuple[bytes, bool]:
        """See ``Tree``."""
        member = self._members[path]
        if member.islnk():
            member = self._members.get(_plain(member.linkname) or "", member)
        if not member.isreg():
            raise Unreadable(f"{path}: no regular file")
        if member.size > most:
            raise TooLarge(f"{path}: {member.size} bytes")
        try:
            content = self._archive.extractfile(member)
            assert content is not None
            return content.read(), bool(member.mode & 0o100)
        except (tarfile.TarError, OSError, ValueError) as error:
            raise Unreadable(f"{path}: {error}") from None

    def link(self, path: str) -> str:
        """See ``Tree``."""
        return self._members[path].linkname


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "file" if entry.is_file(follow_symlinks=False) else "else"


def _plain(name: str) -> str | None:
    """A member's path in the tree; None if it is none, or the tree itself."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "/".join(parts) if parts and ".." not in parts and not name.startswith("/") else None
