"""A working tree that an agent has left, compared with the start state without trusting anything in it.

No program is run, no link is followed, and git's folder is not looked at. File modes count for nothing, unless they
keep the grader from reading a file: that is refused.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from hgen.scoring import diffs
from hgen.scoring.roles import is_leftover
from hgen.scoring.standalone.answer_file import MAX_FILE, digest
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hgen.scoring.standalone.answer_file import AnswerFile

MAX_ENTRIES = 1_000_000
"""Files and folders looked at beyond those of the start state."""


def changed_files(root: str, start: AnswerFile) -> dict[str, bytes]:
    """The new contents of the files that differ; raises ``Refusal`` if files came, went, or are no files any more."""
    seen: set[str] = set()
    changed: dict[str, bytes] = {}
    for path in _entries(root, {*start.digests, *start.links}):
        seen.add(path)
        if path in start.links:
            _require_same_link(root, path, start.links[path])
        elif path in start.digests:
            content = _changed(root, path, start)
            if content is not None:
                changed[path] = content
        else:
            raise Refusal("file-added", path)
    gone = sorted({*start.digests, *start.links} - seen)
    if gone:
        raise Refusal("file-deleted", gone[0])
    for path in sorted(changed):
        _require_known(path, start.files)
    return dict(sorted(changed.items()))


def prediction(
    root: str, start: Mapping[str, bytes], links: Mapping[str, str], *, aside: Collection[str], added: bool
) -> str:
    """The diff between a start state and a working tree; ``aside`` are paths that count for nothing.

    Files that are not in the start state count only if ``added``; so do links. What is no regular file any more, or
    cannot be read, is gone. Raises ``Refusal`` for something else than a file that is added.
    """
    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    room = MAX_FILE
    gone = set(start)
    for path in _entries(root, {*start, *links, *aside}):
        if path in start:
            gone.discard(path)
            content = _known(root, path, start[path])
            if content != start[path]:
                before[path] = start[path]
                if content is not None:
                    after[path] = content
        elif added and path not in links and path not in aside:
            after[path] = _regular(root, path, room)
            room -= len(after[path])
    if added:
        for path, target in sorted(links.items()):
            _require_same_link(root, path, target)
    before.update({path: start[path] for path in gone})
    return diffs.render(before, after)


def _known(root: str, path: str, before: bytes) -> bytes | None:
    try:
        return _regular(root, path, max(MAX_FILE, len(before)))
    except Refusal as refusal:
        if refusal.reason.code == "too-large":
            raise
        return None


def _entries(root: str, known: set[str]) -> Iterator[str]:
    """Paths of everything but real folders, with ``/``, in no particular order."""
    folders = {path[:at] for path in known for at in range(len(path)) if path[at] == "/"}
    pending = [""]
    count = 0
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(Path(root, folder)) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise Refusal("not-regular", f"{folder or '.'}: {error.strerror}") from None
        for entry in found:
            count += 1
            if count > len(known) + MAX_ENTRIES:
                raise Refusal("file-added", f"more than {MAX_ENTRIES} entries that were not there")
            path = f"{folder}/{entry.name}" if folder else entry.name
            if path not in known and path not in folders and (path == ".git" or is_leftover(path)):
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(path)
            else:
                yield path


def _require_same_link(root: str, path: str, target: str) -> None:
    try:
        same = os.readlink(Path(root, path)) == target  # noqa: PTH115 - Path would tidy the target up
    except OSError:
        same = False
    if not same:
        raise Refusal("not-regular", f"the link {path} was replaced")


def _changed(root: str, path: str, start: AnswerFile) -> bytes | None:
    """The contents of a regular file, None if they are as before; a link, a device or an unreadable file is refused."""
    content = _regular(root, path, max(MAX_FILE, start.large.get(path, 0)))
    if digest(content) == start.digests[path]:
        return None
    if len(content) > MAX_FILE:
        raise Refusal("too-large", f"{path}: {len(content)} bytes")
    return content


def _regular(root: str, path: str, most: int) -> bytes:
    """The contents of a regular file, reached through real folders only, whatever happens to them meanwhile."""
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
        with os.fdopen(_open(root, path), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Refusal("not-regular", path)
            content = file.read(status.st_size + 1) if status.st_size <= most else b""
    except OSError as error:
        raise Refusal("not-regular", f"{path}: {error.strerror}") from None
    if max(len(content), status.st_size) > most:
        raise Refusal("too-large", f"{path}: {status.st_size} bytes")
    return content


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


def _require_known(path: str, files: Mapping[str, bytes]) -> None:
    if path not in files:
        python = path.endswith((".py", ".pyi"))
        raise Refusal("code-changed" if python else "not-python", path)
