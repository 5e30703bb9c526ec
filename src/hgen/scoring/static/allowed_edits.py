"""From a prediction to the files it changes, and what no answer of a static family may do to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hgen.scoring.predicted_diff import changed_by, is_left_behind, is_no_file, parsed
from hgen.scoring.python import directives, excerpts, sources, trees
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
    patches = [file_patch for file_patch in parsed(patch, files) if not is_left_behind(file_patch, files)]
    if not patches:
        raise Refusal("empty-patch", "nothing but what tools leave behind")
    changes: dict[str, list[FilePatch]] = {}
    for file_patch in patches:
        changes.setdefault(file_patch.new_path, []).append(file_patch)
    for path, parts in changes.items():
        _require_edit(path, parts, files)
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
        # The targets' files parse; that the answer touches another one must not leave it without a verdict.
        raise Refusal("not-python", f"{path}, as it was before: {error}") from None
    lines = sources.split(after)
    encoding = sources.encoding_of(lines)
    if encoding != start.encoding:
        raise Refusal("encoding-changed", f"{path}: {start.encoding} became {encoding}")
    obeyed = directives.changed(before, after)
    if obeyed:
        raise Refusal("directive-changed", f"{path}: {obeyed}")
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


def _require_edit(path: str, parts: list[FilePatch], files: Mapping[str, bytes]) -> None:
    """Raise ``Refusal`` unless a regular file is edited, by all that happens to its path together."""
    changes = {part.change for part in parts}
    if {"add", "delete"} <= changes:
        if any(map(is_no_file, parts)):
            raise Refusal("not-regular", path)
        if path not in files or parts[-1].change == "delete":
            raise Refusal("file-deleted" if parts[-1].change == "delete" else "file-added", path)
    else:
        for part in parts:
            if part.change == "modify" and is_no_file(part):
                raise Refusal("not-regular", path)
            if part.change in _FORBIDDEN:
                raise Refusal(_FORBIDDEN[part.change], path)
    old = [part.old_mode for part in parts if part.old_mode is not None]
    new = [part.new_mode for part in parts if part.new_mode is not None]
    if new and old[:1] != new[-1:]:
        raise Refusal("mode-changed", f"{path}: {old[0] if old else None} became {new[-1]}")
    if any(part.binary for part in parts):
        raise Refusal("binary-patch", path)
