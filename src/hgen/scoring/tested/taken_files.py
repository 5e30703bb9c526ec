"""From a prediction for an executable family to the files that are graded: everything else is as it was.

Tests, their configuration and whatever else runs before the library are never taken from an answer.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from hgen.scoring.predicted_diff import changed_by, is_left_behind, is_no_file, parsed
from hgen.scoring.roles import is_library, is_written_test
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from hgen.scoring.diffs import FilePatch, Patched


def library_changes(patch: object, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What a prediction makes of existing library modules; all else that it changes is ignored.

    Raises ``Refusal`` if it is none, does not apply, or takes a library module away.
    """
    return _changes(patch, files, _concerns_library)


def test_changes(patch: object, files: Mapping[str, bytes], made: Collection[str]) -> dict[str, bytes]:
    """The test files that a prediction adds or changes; raises ``Refusal`` if it touches anything else.

    ``made`` are files that building the repository makes, which are there without the answer.
    """
    changes = _changes(patch, files, partial(_concerns_tests, made=made))
    if not changes:
        raise Refusal("empty-patch", "nothing but what tools leave behind")
    return changes


def library_changes_from_either_base(
    patch: object, candidate: Mapping[str, bytes], commit: Mapping[str, bytes]
) -> dict[str, bytes]:
    """As ``library_changes``, for a diff against the start state with an uncommitted change, or without it.

    An agent's own ``git diff`` holds that change, too. An empty diff leaves it as it is.
    """
    if isinstance(patch, str) and not patch.strip():
        return {}
    try:
        return library_changes(patch, candidate)
    except Refusal as refusal:
        if refusal.reason.code != "does-not-apply":
            raise
        try:
            changes = library_changes(patch, commit)
        except Refusal:
            raise refusal from None
        return {path: content for path, content in changes.items() if content != candidate[path]}


def touched(after: Patched) -> dict[str, bytes]:
    """The library modules that a diff of ours changed, as it left them."""
    return {path: after[path] for path in sorted(after.changed) if path in after and is_library(path)}


def _changes(
    patch: object, files: Mapping[str, bytes], concerned: Callable[[FilePatch, Mapping[str, bytes]], bool]
) -> dict[str, bytes]:
    patches = [file_patch for file_patch in parsed(patch, files) if concerned(file_patch, files)]
    for file_patch in patches:
        if file_patch.binary:
            raise Refusal("binary-patch", file_patch.new_path)
    return changed_by(patches, files)


def _concerns_library(patch: FilePatch, files: Mapping[str, bytes]) -> bool:
    path = patch.old_path
    if not (path.endswith(".py") and is_library(path)) or patch.change in ("add", "copy"):
        return False
    if patch.change != "modify":
        raise Refusal("file-deleted", path)
    if is_no_file(patch):
        return False
    if path not in files:
        raise Refusal("does-not-apply", f"{path}: no such file")
    return True


def _concerns_tests(patch: FilePatch, files: Mapping[str, bytes], made: Collection[str]) -> bool:
    if is_left_behind(patch, files) or (patch.new_path in made and patch.new_path not in files):
        return False
    if patch.change not in ("add", "modify") or not is_written_test(patch.new_path):
        raise Refusal("not-a-test", patch.new_path)
    mode = patch.new_mode or "100644"
    if mode not in ("100644", "100755") or (patch.change == "modify" and patch.mode_changed):
        raise Refusal("mode-changed", f"{patch.new_path}: {mode}")
    return True
