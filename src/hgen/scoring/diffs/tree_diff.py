"""The diff between two trees as git writes it, modes, links and binary files included."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from hgen.scoring.diffs.paths import quote
from hgen.scoring.diffs.renderer import hunks, side_names
from hgen.scoring.modes import is_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TELLS_BINARY = 8000
"""Git takes for binary what holds a zero in so many bytes at its beginning."""


class Entry(NamedTuple):
    """What a tree holds at a path: a file, or a link, whose content is its target."""

    mode: str
    content: bytes


def render_trees(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> str:
    """As ``git diff --no-renames`` says it, in the order of the paths; paths that differ in nothing may be left out."""
    return "".join(
        text for path in sorted({*before, *after}) for text in _changes(path, before.get(path), after.get(path))
    )


def _changes(path: str, old: Entry | None, new: Entry | None) -> Iterator[str]:
    if old == new:
        return
    if old and new and old.mode != new.mode and not (is_file(old.mode) and is_file(new.mode)):
        yield _change(path, old, None)
        yield _change(path, None, new)
    else:
        yield _change(path, old, new)


def _change(path: str, old: Entry | None, new: Entry | None) -> str:
    lines = [f"diff --git {quote(path, 'a/')} {quote(path, 'b/')}"]
    if old is None and new is not None:
        lines.append(f"new file mode {new.mode}")
    elif new is None and old is not None:
        lines.append(f"deleted file mode {old.mode}")
    elif old and new and old.mode != new.mode:
        lines += [f"old mode {old.mode}", f"new mode {new.mode}"]
    contents = (old.content if old else b"", new.content if new else b"")
    names = side_names(path, old=old is not None, new=new is not None)
    if contents[0] != contents[1]:
        mode = f" {old.mode}" if old and new and old.mode == new.mode else ""
        lines.append(f"index {_blob(old)}..{_blob(new)}{mode}")
        if any(b"\0" in content[:_TELLS_BINARY] for content in contents):
            lines.append("Binary files {} and {} differ".format(*(name.rstrip("\t") for name in names)))
        else:
            lines += [f"--- {names[0]}", f"+++ {names[1]}"]
            return "\n".join(lines) + "\n" + hunks(*contents)
    return "\n".join(lines) + "\n"


def _blob(entry: Entry | None) -> str:
    if entry is None:
        return "0" * 7
    header = b"blob %d\0" % len(entry.content)
    return hashlib.sha1(header + entry.content, usedforsecurity=False).hexdigest()[:7]
