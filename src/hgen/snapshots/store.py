"""Keep source trees: one zip archive a tree, named by the tree's digest, written whole or not at all."""

import fcntl
import os
import tempfile
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hgen.errors import ShardError, Skip
from hgen.scoring.archived_tree import add_member, tree_digest
from hgen.shards import sync_folder
from hgen.snapshots.snapshot import Snapshot, is_digest
from hgen.snapshots.tree import Entry, Mode, TreeLimits, is_python, read_tree

_TEMPORARY = ".incoming-"


@dataclass(frozen=True)
class Added:
    """A tree that is in the store now: its digest, counts of what it holds and of what was left out."""

    digest: str
    files: int
    links: int
    total_bytes: int
    python_files: int
    python_lines: int
    python_bytes: int
    dropped: Counter[str]


class Store:
    """A folder of snapshots; any number of processes may read and add at the same time."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, tree: Path, limits: TreeLimits, ignore: Collection[str] = ()) -> Added:
        """Keep the files of a folder, except those that ``read_tree`` leaves out.

        The digest depends on paths, contents and executable bits only. Raises ``Skip("too-big")``; a full disk
        rises as it is.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(self.root)
        listed = read_tree(tree, limits, ignore)
        contents: list[_Content] = []
        with _temporary_file(self.root) as temporary:
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
                contents.extend(_store(entry, tree, archive, limits) for entry in listed.entries)
            digest = tree_digest((content.path, content.mode, content.sha256) for content in contents)
            _flush(temporary)
            # An archive that is there already holds the same tree, unless it was damaged: then this mends it.
            temporary.replace(self.archive(digest))
            sync_folder(self.root)
        return _added(digest, contents, listed.dropped)

    def open(self, digest: str) -> Snapshot:
        """Open a snapshot for reading; raises ``ShardError`` if it is missing or damaged, or no digest."""
        return Snapshot(self.archive(digest), digest)

    def extract(self, digest: str, destination: Path) -> None:
        """Write a whole tree to a folder, which is created and must be empty."""
        with self.open(digest) as snapshot:
            snapshot.extract(destination)

    def archive(self, digest: str) -> Path:
        """Where the archive of a tree is, or would be; raises ``ShardError`` for what is no digest."""
        if not is_digest(digest):
            raise ShardError(f"{digest!r} is no digest of a tree, and names no snapshot")
        return self.root / f"{digest}.zip"


@dataclass(frozen=True)
class _Content:
    path: str
    mode: Mode
    sha256: str
    size: int
    lines: int


def _store(entry: Entry, tree: Path, archive: zipfile.ZipFile, limits: TreeLimits) -> _Content:
    content = entry.link.encode() if entry.mode == "120000" else _read(tree / entry.path, limits)
    sha256 = add_member(archive, entry.path, entry.mode, content)
    lines = content.count(b"\n") + (not content.endswith(b"\n") and content != b"")
    return _Content(entry.path, entry.mode, sha256, len(content), lines)


def _read(path: Path, limits: TreeLimits) -> bytes:
    # The folder may be changing while it is read: follow no link, and believe no size.
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            content = file.read(limits.file_bytes + 1)
    except (PermissionError, FileNotFoundError) as error:
        raise Skip("unreadable-file", f"{path}: {error.strerror}") from error
    limits.check(path.name, files=0, total_bytes=0, file_bytes=len(content))
    return content


def _added(digest: str, contents: list[_Content], dropped: Counter[str]) -> Added:
    files = [content for content in contents if content.mode != "120000"]
    python = [content for content in files if is_python(content.mode, content.path)]
    return Added(
        digest=digest,
        files=len(files),
        links=len(contents) - len(files),
        total_bytes=sum(content.size for content in files),
        python_files=len(python),
        python_lines=sum(content.lines for content in python),
        python_bytes=sum(content.size for content in python),
        dropped=dropped,
    )


@contextmanager
def _temporary_file(folder: Path) -> Iterator[Path]:
    """A new file that is gone in the end unless it was renamed; locked, so that others see that it is in use."""
    while True:
        descriptor, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=folder)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            break
        # Another worker took it for abandoned before it was locked.
        os.close(descriptor)
    try:
        os.fchmod(descriptor, 0o644)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)
        os.close(descriptor)


def _remove_abandoned(folder: Path) -> None:
    """Remove the temporary files of workers that were killed."""
    for path in sorted(folder.glob(f"{_TEMPORARY}*")):
        with suppress(FileNotFoundError), path.open("rb") as file, suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
