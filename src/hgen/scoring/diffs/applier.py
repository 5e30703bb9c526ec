"""Diffs applied to file contents with the verdicts of ``git apply``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hgen.scoring.diffs.parser import parse
from hgen.scoring.diffs.values import DiffError, FilePatch, Hunk, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_TRIES = 500_000
"""Places looked at closely for the hunks of a diff that are not where they say; bounds the time that a hostile one
takes ..."""
MAX_LINES = 100_000_000
"""... together with the lines among which these places are found."""
_SPACE = b" \t\n\r"
"""What git takes for white space: no form feeds."""
_TYPE, _REGULAR = 0o170000, 0o100000


def apply(patch: str, files: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """The contents after the patch of every path that it touches; ``None`` for a path that is gone.

    ``files`` holds the contents before it, at least of the paths that the patch touches: a path not in it does not
    exist; all of them are regular files. As with git, a hunk may be found at another line than it says, if its lines
    are all there; unlike git, the hunks of a file are first tried in the order of their lines, and only then as they
    come. Raises ``DiffError`` if anything does not apply.
    """
    return apply_patches(parse(patch), files)


def apply_patches(
    patches: Iterable[FilePatch], files: Mapping[str, bytes], *, unidiff_zero: bool = False
) -> dict[str, bytes | None]:
    """As ``apply``, for a parsed diff; with git's option of that name, for one without context (``-U0``)."""
    patches = tuple(patches)
    # Renames in circles: a path that will go may be taken by another file, whatever their order.
    leaving = {patch.old_path for patch in patches if patch.change in ("delete", "rename")}
    result: dict[str, bytes | None] = {}
    patience = _Patience()
    for patch in patches:
        before = _before(patch, files, result)
        _check_free(patch, files, result, leaving)
        after = _patched(patch, before, patience, unidiff_zero=unidiff_zero)
        if patch.change in ("delete", "rename") and (patch.old_path not in result or patch.change == "delete"):
            result[patch.old_path] = None
        if patch.change != "delete":
            result[patch.new_path] = after
    return result


def _before(patch: FilePatch, files: Mapping[str, bytes], result: Mapping[str, bytes | None]) -> bytes:
    if patch.change == "add":
        return b""
    # Renames and copies read the file as it was before the whole diff; other changes build on earlier ones.
    earlier = patch.change not in ("rename", "copy") and patch.old_path in result
    before = result[patch.old_path] if earlier else files.get(patch.old_path)
    if before is None:
        raise DiffError(f"{patch.old_path}: no such file")
    modes = (patch.old_mode, None if patch.change in ("copy", "delete") else patch.new_mode)
    if any(mode is not None and int(mode, 8) & _TYPE != _REGULAR for mode in modes):
        raise DiffError(f"{patch.old_path}: a regular file, not what its mode in the diff says")
    return before


def _check_free(
    patch: FilePatch, files: Mapping[str, bytes], result: Mapping[str, bytes | None], leaving: set[str]
) -> None:
    path = patch.new_path
    if patch.change not in ("add", "rename", "copy"):
        return
    if result.get(path) is not None or (path in files and path not in leaving):
        raise DiffError(f"{path}: already exists")
    if _file_in_the_way(path, files, result, leaving):
        raise DiffError(f"{path}: a file stands where its folder should be")


def _file_in_the_way(
    path: str, files: Mapping[str, bytes], result: Mapping[str, bytes | None], leaving: set[str]
) -> bool:
    parts = path.split("/")
    parents = ["/".join(parts[:count]) for count in range(1, len(parts))]
    return any(result.get(parent) is not None or (parent in files and parent not in leaving) for parent in parents)


def _patched(patch: FilePatch, before: bytes, patience: _Patience, *, unidiff_zero: bool) -> bytes:
    if patch.binary:
        raise DiffError(f"{patch.new_path}: binary patches are not supported")
    if not patch.hunks:
        if patch.change == "delete" and before:
            raise DiffError(f"{patch.old_path}: deletion leaves contents")
        return before
    in_order = sorted(patch.hunks, key=lambda hunk: hunk.old_start)
    try:
        after = _with_hunks(patch.old_path, before, in_order, patience, unidiff_zero=unidiff_zero)
    except DiffError:
        if in_order == list(patch.hunks):
            raise
        after = _with_hunks(patch.old_path, before, patch.hunks, patience, unidiff_zero=unidiff_zero)
    if patch.change == "delete" and after:
        raise DiffError(f"{patch.old_path}: deletion leaves contents")
    return after


def _with_hunks(path: str, before: bytes, hunks: Iterable[Hunk], patience: _Patience, *, unidiff_zero: bool) -> bytes:
    image = _Image(split_lines(before), patience, unidiff_zero=unidiff_zero)
    for hunk in hunks:
        if not image.apply(hunk):
            raise DiffError(f"{path}: hunk at line {hunk.old_start} does not apply")
    return b"".join(image.lines)


class _Patience:
    """What searching for the hunks of one diff may still cost."""

    def __init__(self) -> None:
        self.tries = MAX_TRIES
        self.lines = MAX_LINES

    def spend(self, hunk: Hunk, tries: int, lines: int) -> None:
        """Raise ``DiffError`` when all is spent."""
        self.tries -= tries
        self.lines -= lines
        if min(self.tries, self.lines) < 0:
            raise DiffError(f"hunks stand too far from where they say; gave up at line {hunk.old_start}")


class _Image:
    """The lines of a file between hunks, and which of them an earlier hunk has claimed."""

    def __init__(self, lines: list[bytes], patience: _Patience, *, unidiff_zero: bool) -> None:
        self.unidiff_zero = unidiff_zero
        """Whether a lack of context does not mean the file's beginning or end."""
        self.lines = lines
        self.claimed = bytearray(len(lines))
        self.patience = patience

    def apply(self, hunk: Hunk) -> bool:
        """Replace the hunk's lines at the place nearest to where it says; false if they are nowhere."""
        before, after = hunk.before, hunk.after
        place = self._find(hunk, before)
        if place is None:
            return False
        self.lines[place : place + len(before)] = after
        self.claimed[place : place + len(before)] = b"\1" * len(after)
        return True

    def _find(self, hunk: Hunk, before: list[bytes]) -> int | None:
        at_start = hunk.old_start <= (0 if self.unidiff_zero else 1)
        at_end = not (self.unidiff_zero or hunk.ends_in_context)
        last = len(self.lines) - len(before)
        if last < 0:
            return None
        if at_start or at_end:
            place = 0 if at_start else last
            return place if (not at_end or place == last) and self._matches(before, place, at_end=at_end) else None
        said = min(max(hunk.new_start - 1, 0), len(self.lines))
        if said <= last and self._matches(before, said, at_end=False):
            return said
        places = self._beginning_with(before, last)
        self.patience.spend(hunk, len(places), len(self.lines))
        # In git's order: outward, forward first.
        places.sort(key=lambda place: (abs(place - said), place < said))
        return next((place for place in places if self._matches(before, place, at_end=False)), None)

    def _beginning_with(self, before: list[bytes], last: int) -> list[int]:
        """The places up to the last one at which the first line of a hunk stands."""
        if len(before) < 2:
            return list(range(last + 1))
        places: list[int] = []
        try:
            while True:
                places.append(self.lines.index(before[0], places[-1] + 1 if places else 0, last + 1))
        except ValueError:
            return places

    def _matches(self, before: list[bytes], place: int, *, at_end: bool) -> bool:
        if not before:
            return True
        # The first line alone settles most places.
        if len(before) > 1 and self.lines[place] != before[0]:
            return False
        found = self.lines[place : place + len(before)]
        if 1 in self.claimed[place : place + len(before)]:
            return False
        if found == before:
            return True
        last = before[-1]
        if at_end or last.endswith(b"\n") or found[:-1] != before[:-1]:
            return False
        # Git compares as many bytes as the hunk has: trailing white space after an unfinished line is overlooked.
        return found[-1].startswith(last) and not found[-1][len(last) :].strip(_SPACE)
