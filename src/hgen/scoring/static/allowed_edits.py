"""From a prediction to the files it changes, and what no answer of a static family may do to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hgen.scoring.predicted_diff import changed_by, is_left_behind, is_no_file, parsed
from hgen.scoring.python import excerpts, sources, trees
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hgen.scoring.diffs import FilePatch
    from hgen.scoring.python.values import ParsedSource

_FORBIDDEN = {"add": "file-added", "copy": "file-added", "delete": "file-deleted"}


def changed_files(patch: object, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The new contents of the files that a prediction changes; raises ``Refusal`` if it does anything else.

    Of several faults, the one of the first path is told.
    """
    patches = [file_patch for file_patch in parsed(patch) if not is_left_behind(file_patch, files)]
    if not patches:
        raise Refusal("empty-patch", "nothing but what tools leave behind")
    changes: dict[str, set[str]] = {}
    for file_patch in patches:
        changes.setdefault(file_patch.new_path, set()).add(file_patch.change)
    for file_patch in patches:
        _require_edit(file_patch, changes[file_patch.new_path])
    return changed_by(patches, files)


def compared(path: str, before: bytes, after: bytes) -> tuple[ParsedSource, ParsedSource, trees.Difference]:
    """Both versions of a changed file, or excerpts of them, and their difference.

    Raises ``Refusal`` if its code changed.
    """
    if not path.endswith((".py", ".pyi")):
        raise Refusal("not-python", path)
    try:
        start = sources.parse_start(before)
    except sources.SourceError as error:
        raise Refusal("start-state", f"{path}: {error}") from None
    lines = sources.split(after)
    encoding = sources.encoding_of(lines)
    if encoding != start.encoding:
        raise Refusal("encoding-changed", f"{path}: {start.encoding} became {encoding}")
    try:
        start, answer = excerpts.versions(start, after, lines)
    except sources.SourceError as error:
        raise Refusal("does-not-parse", f"{path}: {error}") from None
    difference = trees.compare(start, answer)
    if difference.code_line is not None:
        raise Refusal("code-changed", f"{path}: near line {difference.code_line} of the start state")
    return start, answer, difference


def compared_comments(path: str, before: bytes, after: bytes) -> tuple[ParsedSource, ParsedSource]:
    """As ``compared``, where docstrings may not differ either."""
    start, answer, difference = compared(path, before, after)
    for change in difference.docstrings:
        raise Refusal("docstring-changed", f"{path}: {change.qualname or 'the module'}")
    return start, answer


def _require_edit(patch: FilePatch, changes: set[str]) -> None:
    """Raise ``Refusal`` unless a file is edited; ``changes`` are all that happen to its path."""
    path = patch.new_path
    if {"add", "delete"} <= changes or (patch.change == "modify" and is_no_file(patch)):
        raise Refusal("not-regular", path)
    if patch.change in _FORBIDDEN:
        raise Refusal(_FORBIDDEN[patch.change], path)
    if patch.mode_changed:
        raise Refusal("mode-changed", f"{path}: {patch.old_mode} became {patch.new_mode}")
    if patch.binary:
        raise Refusal("binary-patch", path)
