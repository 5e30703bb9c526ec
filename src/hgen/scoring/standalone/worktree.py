"""A working tree that an agent has left, as the diff that git would make of it, without asking anything in it.

No program is run, no link is followed, and git's folder is not looked at.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from hgen.scoring.diffs import render_trees
from hgen.scoring.diffs.tree_diff import Entry
from hgen.scoring.modes import EXECUTABLE, FILE, LINK, REPOSITORY
from hgen.scoring.predicted_diff import MAX_PATCH
from hgen.scoring.roles import is_leftover
from hgen.scoring.standalone.trees import MAX_ENTRIES
from hgen.scoring.standalone.untrusted_files import TooLarge, Unreadable
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from hgen.scoring.standalone.trees import Tree

MAX_FILE = 50_000_000
"""Bytes of a file that is read, unless the start state's has more."""
_COMMIT = b"Subproject commit " + b"0" * 40 + b"\n"


def prediction(
    tree: Tree,
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
    old_entry = partial(_before, start=start, links=links, executable=executable)
    for path, mode in _entries(tree, known):
        if path not in known and (path in aside or not added):
            continue
        old = old_entry(path) if path in known else None
        new = _after(tree, path, mode, MAX_FILE if old is None else max(MAX_FILE, len(old.content)))
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
    before.update({path: old_entry(path) for path in gone})
    return render_trees(before, after)


def difference(start: Tree, tree: Tree) -> str:
    """As ``prediction``, for a start state that lies somewhere untouched; all in it but git's is part of it."""
    modes = dict(_entries(start, frozenset(), leftovers=True))
    entries = {path: _after(start, path, mode, sys.maxsize) for path, mode in modes.items() if mode != REPOSITORY}
    links = {path: os.fsdecode(entry.content) for path, entry in entries.items() if entry and entry.mode == LINK}
    files = {path: entry.content for path, entry in entries.items() if entry and entry.mode != LINK}
    executable = {path for path, entry in entries.items() if entry and entry.mode == EXECUTABLE}
    return prediction(tree, files, links, executable=executable)


def _before(path: str, start: Mapping[str, bytes], links: Mapping[str, str], executable: Collection[str]) -> Entry:
    if path in links:
        return Entry(LINK, os.fsencode(links[path]))
    return Entry(EXECUTABLE if path in executable else FILE, start[path])


def _after(tree: Tree, path: str, mode: str, most: int) -> Entry | None:
    """What is at a path; None if it is nothing that git keeps."""
    if mode == REPOSITORY:
        return Entry(mode, _COMMIT)
    try:
        if mode == LINK:
            return Entry(mode, os.fsencode(tree.link(path)))
        content, executable = tree.file(path, most)
    except TooLarge as error:
        raise Refusal("too-large", str(error)) from None
    except Unreadable:
        return None
    return Entry(EXECUTABLE if executable else FILE, content)


def _entries(tree: Tree, known: Collection[str], *, leftovers: bool = False) -> Iterator[tuple[str, str]]:
    """Paths of files, links and repositories, with what they seem to be, in no particular order.

    What tools leave behind is left out, unless it is ``known`` or ``leftovers`` are wanted.
    """
    folders = {path[:at] for path in known for at in range(len(path)) if path[at] == "/"}
    pending = [""]
    count = 0
    while pending:
        folder = pending.pop()
        found = tree.children(folder)
        if folder and folder not in folders and _is_repository(tree, folder, dict(found)):
            yield folder, REPOSITORY
            continue
        count += len(found)
        if count > len(known) + MAX_ENTRIES:
            raise Refusal("file-added", f"more than {MAX_ENTRIES} entries that were not there")
        for name, kind in found:
            path = f"{folder}/{name}" if folder else name
            left_behind = name == ".git" or (is_leftover(path) and not leftovers)
            if left_behind and path not in known and path not in folders:
                continue
            if kind == "folder":
                pending.append(path)
            elif kind in ("file", "link"):
                yield path, FILE if kind == "file" else LINK


def _is_repository(tree: Tree, folder: str, found: Mapping[str, str]) -> bool:
    """Whether git would see another repository in a folder, and nothing of what else is in it."""
    kind, path = found.get(".git"), f"{folder}/.git"
    if kind == "folder":
        return {"HEAD", "objects", "refs"} <= {name for name, _ in tree.children(path)}
    try:
        return kind == "link" or (kind == "file" and tree.file(path, MAX_FILE)[0].startswith(b"gitdir: "))
    except Unreadable:
        return False
