"""A prediction as a diff, whatever it is judged by: read, with what tools left behind told from the answer."""

from __future__ import annotations

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


def parsed(patch: object) -> tuple[FilePatch, ...]:
    """The patches of a prediction in the order of their paths; raises ``Refusal`` if it is none.

    That a file was renamed is what git guesses of one that went and one that came; it is told as these two.
    """
    if patch is None:
        raise Refusal("no-patch", "")
    if not isinstance(patch, str):
        raise Refusal("not-a-string", type(patch).__name__)
    if not patch.strip():
        raise Refusal("empty-patch", "")
    if len(patch) > MAX_PATCH:
        raise Refusal("too-large", f"{len(patch)} characters; the limit is {MAX_PATCH}")
    try:
        # Many harnesses strip the patch's last newline; git itself refuses a patch without it.
        patches = parse(patch if patch.endswith("\n") else patch + "\n")
    except DiffError as error:
        raise Refusal("damaged-patch", str(error)) from None
    told = [part for file_patch in patches for part in _without_rename(file_patch)]
    return tuple(sorted(told, key=lambda file_patch: file_patch.new_path))


def is_left_behind(patch: FilePatch, files: Mapping[str, bytes]) -> bool:
    """Whether a tool has made the file, which is as little a part of the answer in a diff as in a working tree."""
    return patch.change == "add" and patch.new_path not in files and is_leftover(patch.new_path)


def is_no_file(patch: FilePatch) -> bool:
    """Whether a link or another repository is changed, as far as the diff says."""
    return any(mode is not None and not is_file(mode) for mode in (patch.old_mode, patch.new_mode))


def changed_by(patches: Iterable[FilePatch], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The new contents of the files that patches really change, those taken away left out; raises ``Refusal``."""
    try:
        after = apply_patches(patches, files)
    except DiffError as error:
        raise Refusal("does-not-apply", str(error)) from None
    return {
        path: content for path, content in sorted(after.items()) if content is not None and content != files.get(path)
    }


def _without_rename(patch: FilePatch) -> tuple[FilePatch, ...]:
    if patch.change != "rename":
        return (patch,)
    gone = replace(patch, change="delete", new_path=patch.old_path, new_mode=None, hunks=())
    return gone, replace(patch, change="add", old_path=patch.new_path, old_mode=None, hunks=())
