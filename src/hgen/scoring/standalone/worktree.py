"""A working tree that an agent has left, as the diff that git would make of it, without asking anything in it.

No program is run, no link is followed, and git's folder is not looked at.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hgen.scoring.diffs import render_trees
from hgen.scoring.diffs.tree_diff import Entry
from hgen.scoring.modes import EXECUTABLE, FILE, LINK, REPOSITORY
from hgen.scoring.predicted_diff import MAX_PATCH
from hgen.scoring.roles import is_leftover
from hgen.scoring.standalone.untrusted_files import Folder, TooLarge, Unreadable, link_target, regular_file
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

MAX_FILE = 50_000_000
"""Bytes of a file that is read, unless the start state's has more."""
MAX_ENTRIES = 1_000_000
"""Files and folders looked at beyond those of the start state."""
_COMMIT = b"Subproject commit " + b"0" * 40 + b"\n"


def prediction(
    root: str,
    start: Mapping[str, bytes],
    links: Mapping[str, str],
    *,
    executable: Collection[str],
    aside: Collection[str] = (),
    added: bool = True,
) -> str:
    """The diff between a start state and a working tree: what ``git add -A`` and ``git diff --cached`` make of it.

    With three exceptions: what tools leave behind and the paths ``aside`` are left out where the start state does not
    have them, nothing is ignored besides, and there are no renames. Files and links that are new are left out unless
    ``added``. What is no file any more, or cannot be read, is gone. Raises ``Refusal``.
    """
    before: dict[str, Entry] = {}
    after: dict[str, Entry] = {}
    known = {*start, *links}
    gone = set(known)
    room = MAX_PATCH
    for path, mode in _entries(root, known):
        if path not in known and (path in aside or not added):
            continue
        old = _before(path, start, links, executable) if path in known else None
        new = _after(root, path, mode, MAX_FILE if old is None else max(MAX_FILE, len(old.content)))
        if new is None:
            continue
        gone.discard(path)
        if new == old:
            continue
        after[path] = new
        if old is not None:
            before[path] = old
        else:
            room -= len(new.content)
            if room < 0:
                raise Refusal("too-large", f"more than {MAX_PATCH} bytes are added")
    before.update({path: _before(path, start, links, executable) for path in gone})
    return render_trees(before, after)


def difference(start: str, root: str) -> str:
    """As ``prediction``, for a start state that lies untouched in a folder; all in it but git's is part of it."""
    modes = dict(_entries(start, frozenset(), leftovers=True))
    files = Folder(start, [path for path, mode in modes.items() if mode in (FILE, EXECUTABLE)], sys.maxsize)
    links = {path: link_target(start, path) for path, mode in modes.items() if mode == LINK}
    executable = [path for path, mode in modes.items() if mode == EXECUTABLE]
    return prediction(root, files, links, executable=executable)


def _before(path: str, start: Mapping[str, bytes], links: Mapping[str, str], executable: Collection[str]) -> Entry:
    if path in links:
        return Entry(LINK, links[path].encode())
    return Entry(EXECUTABLE if path in executable else FILE, start[path])


def _after(root: str, path: str, mode: str, most: int) -> Entry | None:
    """What is at a path; None if it is nothing that git keeps."""
    if mode == REPOSITORY:
        return Entry(mode, _COMMIT)
    try:
        if mode == LINK:
            return Entry(mode, os.fsencode(link_target(root, path)))
        content, executable = regular_file(root, path, most)
    except TooLarge as error:
        raise Refusal("too-large", str(error)) from None
    except Unreadable:
        return None
    return Entry(EXECUTABLE if executable else FILE, content)


def _entries(root: str, known: Collection[str], *, leftovers: bool = False) -> Iterator[tuple[str, str]]:
    """Paths of files, links and repositories, with ``/`` and what they seem to be, in no particular order.

    What tools leave behind is left out, unless it is ``known`` or ``leftovers`` are wanted.
    """
    folders = {path[:at] for path in known for at in range(len(path)) if path[at] == "/"}
    pending = [""]
    count = 0
    while pending:
        folder = pending.pop()
        found = _listed(root, folder)
        if folder and folder not in folders and _is_repository(root, folder, found):
            yield folder, REPOSITORY
            continue
        for entry in found:
            count += 1
            if count > len(known) + MAX_ENTRIES:
                raise Refusal("file-added", f"more than {MAX_ENTRIES} entries that were not there")
            path = f"{folder}/{entry.name}" if folder else entry.name
            left_behind = entry.name == ".git" or (is_leftover(path) and not leftovers)
            if left_behind and path not in known and path not in folders:
                continue
            if entry.is_symlink():
                yield path, LINK
            elif entry.is_dir(follow_symlinks=False):
                pending.append(path)
            elif entry.is_file(follow_symlinks=False):
                yield path, _file_mode(entry)


def _listed(root: str, folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(Path(root, folder)) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise Refusal("not-regular", f"{folder or '.'}: {error.strerror}") from None


def _file_mode(entry: os.DirEntry[str]) -> str:
    try:
        return EXECUTABLE if entry.stat(follow_symlinks=False).st_mode & stat.S_IXUSR else FILE
    except OSError:
        return FILE


def _is_repository(root: str, folder: str, found: list[os.DirEntry[str]]) -> bool:
    """Whether git would see another repository in a folder, and nothing of what else is in it."""
    git = next((entry for entry in found if entry.name == ".git"), None)
    if git is None or git.is_symlink():
        return git is not None
    path = f"{folder}/.git"
    if git.is_dir(follow_symlinks=False):
        return {"HEAD", "objects", "refs"} <= {entry.name for entry in _listed(root, path)}
    try:
        return regular_file(root, path, MAX_FILE)[0].startswith(b"gitdir: ")
    except Unreadable:
        return False
