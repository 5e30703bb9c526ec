"""A prediction as a diff, whatever it is judged by: read, with what tools left behind told from the answer."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hgen.scoring.diffs import DiffError, FilePatch, apply_patches, parse
from hgen.scoring.modes import is_file
from hgen.scoring.roles import is_leftover
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_PATCH = 2_000_000
"""Characters; a right answer has a few thousand, or as many as two copies of the files that it rewrites."""


_COLOURED = re.compile(r"^\x1b\[[0-9;]*m(?:diff --git |--- )", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[mK]")
_GIT_HEADER = "diff --git "


def parsed(patch: object, files: Mapping[str, bytes]) -> tuple[FilePatch, ...]:
    """The patches of a prediction in the order of their paths; raises ``Refusal`` if it is none.

    ``files`` is what the prediction is a diff against. A terminal's colours mean nothing, and names may lack their
    prefixes (``--no-prefix``). That a file was renamed is what git guesses of one that went and one that came; it is
    told as these two. A file that comes in one commit and goes in a later one is told not at all.
    """
    if patch is None:
        raise Refusal("no-patch", "")
    if not isinstance(patch, str):
        raise Refusal("not-a-string", type(patch).__name__)
    if not patch.strip():
        raise Refusal("empty-patch", "")
    if len(patch) > MAX_PATCH:
        raise Refusal("too-large", f"{len(patch)} characters; the limit is {MAX_PATCH}")
    if _COLOURED.search(patch):
        patch = _COLOUR.sub("", patch)
    # Many harnesses strip the patch's last newline; git itself refuses a patch without it.
    patches = _read(patch if patch.endswith("\n") else patch + "\n", files)
    told: dict[str, list[FilePatch]] = {}
    for file_patch in patches:
        for part in _without_rename(file_patch):
            told.setdefault(part.new_path, []).append(part)
    return tuple(
        part
        for path, parts in sorted(told.items())
        if path in files or (parts[0].change, parts[-1].change) != ("add", "delete")
        for part in parts
    )


def is_left_behind(patch: FilePatch, files: Mapping[str, bytes]) -> bool:
    """Whether a tool has made the file, which is as little a part of the answer in a diff as in a working tree."""
    return patch.new_path not in files and is_leftover(patch.new_path)


def is_no_file(patch: FilePatch) -> bool:
    """Whether a link or another repository is changed, as far as the diff says."""
    return any(mode is not None and not is_file(mode) for mode in (patch.old_mode, patch.new_mode))


def changed_by(patches: Iterable[FilePatch], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The new contents of the files that patches really change, those taken away left out; raises ``Refusal``."""
    patches = tuple(patches)
    bare = not any(hunk.has_context for patch in patches for hunk in patch.hunks)
    try:
        after = apply_patches(patches, files, unidiff_zero=bare)
    except DiffError as error:
        raise Refusal("does-not-apply", str(error)) from None
    return {
        path: content for path, content in sorted(after.items()) if content is not None and content != files.get(path)
    }


def _read(text: str, files: Mapping[str, bytes]) -> tuple[FilePatch, ...]:
    """A diff with its names as they are meant: with prefixes, unless they are those of files only without."""
    usual: tuple[FilePatch, ...] | DiffError | None = None
    for prefixed in (False, True) if _names_files_alike(text) else (True, False):
        read: tuple[FilePatch, ...] | DiffError
        try:
            read = parse(text, prefixed=prefixed)
        except DiffError as error:
            read = error
        else:
            if _concerns(read, files):
                return read
        usual = read if prefixed else usual
    if isinstance(usual, DiffError):
        raise Refusal("damaged-patch", str(usual))
    return usual or ()


def _concerns(patches: tuple[FilePatch, ...], files: Mapping[str, bytes]) -> bool:
    """Whether all files are there that a diff says are there, or come with it."""
    come = {patch.new_path for patch in patches if patch.change in ("add", "rename", "copy")}
    return all(patch.change == "add" or patch.old_path in come or patch.old_path in files for patch in patches)


def _names_files_alike(text: str) -> bool:
    """Whether each of git's headers has the same name twice, as it never has with prefixes."""
    headers = [line[len(_GIT_HEADER) :] for line in text.split("\n") if line.startswith(_GIT_HEADER)]
    halves = ((names[: len(names) // 2], names[len(names) // 2 + 1 :]) for names in headers)
    return bool(headers) and all(first == second for first, second in halves)


def _without_rename(patch: FilePatch) -> tuple[FilePatch, ...]:
    if patch.change != "rename":
        return (patch,)
    gone = replace(patch, change="delete", new_path=patch.old_path, new_mode=None, hunks=())
    return gone, replace(patch, change="add", old_path=patch.new_path, old_mode=None, hunks=())
