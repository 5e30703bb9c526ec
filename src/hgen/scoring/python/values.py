"""A parsed Python file and the definitions in it, as values."""

from __future__ import annotations

import ast
from typing import NamedTuple, Union

Definition = Union[ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef]


class Place(NamedTuple):
    """A definition and where it stands in its file's tree."""

    qualname: str
    node: Definition
    path: tuple[int, ...]
    """Positions in successive ``children``: the same in two files that differ only in comments."""


class ParsedSource(NamedTuple):
    """A parsed file, or an excerpt of one: outside of an excerpt, start state and answer are the same text."""

    lines: list[bytes]
    """All lines of the file without their ends. Python also ends lines at a lone carriage return, so its line numbers
    index this list."""
    encoding: str
    """The one that a comment in the first two lines declares, by the name that all its spellings share."""
    body: list[ast.stmt]
    """The statements."""
    first: int
    last: int
    """The lines that the statements cover, with the comments around them."""
    outer: tuple[Place, ...]
    """The classes around an excerpt, outermost first."""
    offset: int
    """How many statements of the file, or of the innermost class around, precede an excerpt."""

    @property
    def whole(self) -> bool:
        """Whether the statements are those of a module from its beginning on."""
        return not self.outer and not self.offset

    def span(self, first: int, last: int) -> list[bytes]:
        """The lines from ``first`` to ``last``, 1-based and inclusive."""
        return self.lines[first - 1 : last]
