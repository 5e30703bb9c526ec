"""The snapshot that a task starts from, brought by whoever grades and believed only if it has the task's digest.

It is the snapshot's archive, or a folder in which the task's start state lies: there the task's own patches are taken
back. What else lies in the folder (git's, what building has made) is not looked at.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hgen.scoring.archived_tree import ArchivedTree, TreeError, tree_digest
from hgen.scoring.diffs import DiffError, TakenBack
from hgen.scoring.modes import EXECUTABLE, FILE, LINK
from hgen.scoring.standalone.untrusted_files import Folder, Unreadable, link_target
from hgen.scoring.verdicts import NoVerdict

if TYPE_CHECKING:
    from hgen.scoring.standalone.answer_file import AnswerFile, Listing


@dataclass(frozen=True)
class Start:
    """A snapshot that is the task's."""

    snapshot: Mapping[str, bytes]
    executable: frozenset[str]
    """Files whose executable bit is set where the snapshot was found, and so where the agent's tree was laid out."""


@contextmanager
def opened(path: str, answer: AnswerFile) -> Iterator[Start]:
    """The snapshot of a task, from an archive or a folder; raises ``NoVerdict`` if what is there is another one."""
    if Path(path).is_dir():
        yield _from_folder(path, answer)
        return
    try:
        with _archive(path) as file:
            tree = ArchivedTree(file, answer.listing.digest)
            if sum(map(tree.size, tree)) != answer.listing.size:
                raise TreeError(f"{path} says that its files have other sizes")
            yield Start(tree, frozenset(answer.listing.executable))
    except TreeError as error:
        raise NoVerdict(f"{error}; --start must be the task's snapshot or start state") from None


def _archive(path: str) -> IO[bytes]:
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise NoVerdict(f"{path}: {error.strerror}") from None
    file = os.fdopen(descriptor, "rb")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise NoVerdict(f"{path} is neither an archive nor a folder")
    return file


def _from_folder(root: str, answer: AnswerFile) -> Start:
    listing = answer.listing
    folder = Folder(root, listing.files, listing.size + len(answer.setup_patch) + len(answer.candidate_patch))
    try:
        before = TakenBack(TakenBack(folder, answer.candidate_patch), answer.setup_patch)
        return Start(_Verified(before, _digests(root, before, listing)), _executable(root, listing.files))
    except (DiffError, KeyError, Unreadable) as error:
        raise NoVerdict(f"{root} does not hold the start state of {answer.instance_id}: {error}") from None


def _digests(root: str, files: Mapping[str, bytes], listing: Listing) -> dict[str, str]:
    """The SHA-256 of every file, if they are those of the listed tree."""
    digests = {}
    left = listing.size
    for path in listing.files:
        content = files[path]
        left -= len(content)
        if left < 0:
            raise Unreadable(f"{path}: the files are larger than those of the snapshot")
        digests[path] = hashlib.sha256(content).hexdigest()
    executable = frozenset(listing.executable)
    entries = [(path, EXECUTABLE if path in executable else FILE, digest) for path, digest in digests.items()]
    for path, target in listing.links:
        if link_target(root, path) != target:
            raise Unreadable(f"the link {path} leads elsewhere")
        entries.append((path, LINK, hashlib.sha256(target.encode()).hexdigest()))
    if tree_digest(entries) != listing.digest:
        raise Unreadable("some file is another one")
    return digests


def _executable(root: str, paths: tuple[str, ...]) -> frozenset[str]:
    found = set()
    for path in paths:
        try:
            mode = os.lstat(Path(root, path)).st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode) and mode & stat.S_IXUSR:
            found.add(path)
    return frozenset(found)


class _Verified(Mapping[str, bytes]):
    """Files that are the same each time they are read; raises ``NoVerdict`` if one has changed meanwhile."""

    def __init__(self, files: Mapping[str, bytes], digests: Mapping[str, str]) -> None:
        self._files = files
        self._digests = digests

    def __getitem__(self, path: str) -> bytes:
        digest = self._digests[path]
        content = self._files.get(path, b"")
        if hashlib.sha256(content).hexdigest() != digest:
            raise NoVerdict(f"{path} of the start state changed while it was read")
        return content

    def __contains__(self, path: object) -> bool:
        return path in self._digests

    def __iter__(self) -> Iterator[str]:
        return iter(self._digests)

    def __len__(self) -> int:
        return len(self._digests)
