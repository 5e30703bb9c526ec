"""Unified diffs as values: parse them, apply them, write them.

The one diff parser and applier of the project. Everything here splits lines at newlines only.
"""

from hgen.scoring.diffs.applier import apply, apply_patches
from hgen.scoring.diffs.parser import parse
from hgen.scoring.diffs.patched import Patched, TakenBack
from hgen.scoring.diffs.renderer import edit, edited, render
from hgen.scoring.diffs.tree_diff import render_trees
from hgen.scoring.diffs.values import DiffError, Edit, FilePatch, Hunk, split_lines

__all__ = [
    "DiffError",
    "Edit",
    "FilePatch",
    "Hunk",
    "Patched",
    "TakenBack",
    "apply",
    "apply_patches",
    "edit",
    "edited",
    "parse",
    "render",
    "render_trees",
    "split_lines",
]
