"""Diffs taken back, as ``git apply -R`` does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hgen.scoring.diffs.applier import apply_patches
from hgen.scoring.diffs.parser import parse
from hgen.scoring.diffs.values import DiffError, FilePatch, Hunk

if TYPE_CHECKING:
    from collections.abc import Mapping

_BACKWARDS = {"modify": "modify", "add": "delete", "delete": "add", "rename": "rename"}
_SIGNS = {b" ": b" ", b"-": b"+", b"+": b"-"}


def take_back(patch: str, files: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """What every path that a diff touched held before it, given what it left; ``None`` for a path that was not there.

    Raises ``DiffError`` for a diff that is damaged, copies, or did not lead to these files.
    """
    return apply_patches([_backwards(each) for each in reversed(parse(patch))], files) if patch else {}


def _backwards(patch: FilePatch) -> FilePatch:
    if patch.change not in _BACKWARDS:
        raise DiffError(f"{patch.new_path}: a copy cannot be taken back")
    return replace(
        patch,
        change=_BACKWARDS[patch.change],
        old_path=patch.new_path,
        new_path=patch.old_path,
        old_mode=patch.new_mode,
        new_mode=patch.old_mode,
        hunks=tuple(Hunk(hunk.new_start, hunk.old_start, _lines(hunk)) for hunk in patch.hunks),
    )


def _lines(hunk: Hunk) -> tuple[bytes, ...]:
    """Signs turned round; removed lines come first, as a last line without newline must not precede others."""
    lines: list[bytes] = []
    removed: list[bytes] = []
    added: list[bytes] = []
    for line in hunk.lines:
        sign, turned = line[:1], _SIGNS[line[:1]] + line[1:]
        if sign == b" ":
            lines += [*removed, *added, turned]
            removed, added = [], []
        else:
            (removed if sign == b"+" else added).append(turned)
    return (*lines, *removed, *added)
