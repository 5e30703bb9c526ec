"""A working tree that an agent has left, compared with the start state without trusting anything in it.

No program is run, no link is followed, and git's folder is not looked at. File modes count for nothing.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from hgen.scoring.answerfile import AnswerFile, digest
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_FILE = 50_000_000
"""Bytes of a file that differs from the start state."""
MAX_ENTRIES = 1_000_000
"""Files and folders looked at beyond those of the start state."""

_NOT_PART = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"})
"""Folders that tools leave behind when an agent runs them."""


def changed_files(root: str, start: AnswerFile) -> dict[str, bytes]:
    """The new contents of the files that differ; raises ``Refusal`` if files came, went, or are no files any more."""
    seen: set[str] = set()
    changed: dict[str, bytes] = {}
    for path in _entries(root, len(start.digests) + len(start.links)):
        seen.add(path)
        if path in start.links:
            _require_same_link(root, path, start.links[path])
        elif path in start.digests:
            content = _read(root, path)
            if digest(content) != start.digests[path]:
                changed[path] = content
        else:
            raise Refusal("file-added", path)
    gone = sorted({*start.digests, *start.links} - seen)
    if gone:
        raise Refusal("file-deleted", gone[0])
    for path in sorted(changed):
        _require_known(path, start.files)
    return dict(sorted(changed.items()))


def _entries(root: str, known: int) -> Iterator[str]:
    """Paths of everything but real folders, with ``/``, in no particular order."""
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
            if count > known + MAX_ENTRIES:
                raise Refusal("file-added", f"more than {MAX_ENTRIES} entries that were not there")
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in _NOT_PART and path != ".git":
                    pending.append(path)
            elif path != ".git" and not entry.name.endswith(".pyc"):
                yield path


def _require_same_link(root: str, path: str, target: str) -> None:
    try:
        same = os.readlink(Path(root, path)) == target  # noqa: PTH115 - Path would tidy the target up
    except OSError:
        same = False
    if not same:
        raise Refusal("not-regular", f"the link {path} was replaced")


def _read(root: str, path: str) -> bytes:
    """The contents of a regular file; a link, a device or an unreadable file is refused."""
    try:
        # Without O_NONBLOCK, opening a named pipe would wait for ever.
        descriptor = os.open(Path(root, path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Refusal("not-regular", f"{path}: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Refusal("not-regular", path)
        if status.st_size > MAX_FILE:
            raise Refusal("too-large", f"{path}: {status.st_size} bytes")
        return file.read()


def _require_known(path: str, files: Mapping[str, bytes]) -> None:
    if path not in files:
        python = path.endswith((".py", ".pyi"))
        raise Refusal("code-changed" if python else "not-python", path)
