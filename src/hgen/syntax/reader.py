"""The reader of one scope's expressions: its state, and what dispatches on the type of a node."""

import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from sys import intern
from typing import TypeAlias

from tree_sitter import Node

from hgen.syntax.decode import Broken
from hgen.syntax.flow import Flow
from hgen.syntax.ir import Expr, Site

_MAX_DEPTH = 90
"""Levels of nested expressions; CPython allows 200 parentheses, real code stays below 30."""
MAX_LINKS = 100
"""Operators or attributes in a row, after which a type is no longer known."""

Read: TypeAlias = Callable[["Reader", Node], Expr]
Assign: TypeAlias = Callable[["Reader", Node, int, bool], None]
Tables: TypeAlias = tuple[list[int], frozenset[int], list[Read], list[Assign]]
"""By ``Node.kind_id``: links of chains, what is skipped, how to read an expression, how to assign to a target."""


class Texts(dict[bytes, str]):
    """The text of pieces of source, one object for equal ones, which makes look-ups by name fast.

    Names are in the form in which Python compares them, NFKC.
    """

    starts: list[int] | None = None
    """Where lines begin, if the tree was made of a text with other lines; see ``judged``."""

    def __missing__(self, raw: bytes) -> str:
        text = self[raw] = intern(raw.decode() if raw.isascii() else unicodedata.normalize("NFKC", raw.decode()))
        return text

    def place(self, byte: int, point: tuple[int, int]) -> tuple[int, int]:
        """The 1-based line and 0-based column of a byte that has a point in the tree."""
        if self.starts is None:
            row, column = point
            return row + 1, column
        line = bisect_right(self.starts, byte)
        return line, byte - self.starts[line - 1]


class Reader:
    """Reads the expressions of one scope into its flow of values."""

    def __init__(self, source: bytes, texts: Texts, flow: Flow, tables: "Tables") -> None:
        self.source = source
        self.texts = texts
        self.flow = flow
        self.sites: list[Site] = []
        self.yields: list[Expr] = []
        self.stored: set[str] = set()
        self.called: set[str] = set()
        self.other_stores: set[str] = set()
        self.generator = False
        self.async_with = False
        self.nested = 0
        """Lambdas around this place, whose yields are not the scope's."""
        self.walruses: list[tuple[str, int]] = []
        self.spine, self.extras, self._table, self._targets = tables
        self._depth = 0
        self._kept: list[int] = []

    def text(self, node: Node) -> str:
        """A node's source, one object for equal texts."""
        return self.texts[self.source[node.start_byte : node.end_byte]]

    def parts(self, node: Node) -> list[Node]:
        """The named children without comments."""
        extras = self.extras
        return [child for child in node.named_children if child.kind_id not in extras]

    def pair(self, node: Node) -> list[Node]:
        """The same for a node that has two parts, such as a call."""
        children = node.named_children
        return children if len(children) == 2 else self.parts(node)

    def expr(self, node: Node) -> Expr:
        """An expression's tuple; raises ``Broken`` if it is nested too deeply."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Broken("too-deep")
        result = self._table[node.kind_id](self, node)
        self._depth -= 1
        return result

    def start(self, node: Node) -> tuple[int, int]:
        """The 1-based line and 0-based column in bytes where a node begins."""
        return self.texts.place(node.start_byte, node.start_point)

    def end(self, node: Node) -> tuple[int, int]:
        """The same for where it ends."""
        return self.texts.place(node.end_byte, node.end_point)

    def site(self, kind: int, expression: Expr, first: Node, callee: Node) -> None:
        """Note a call or raise that begins where ``first`` does."""
        self.sites.append((kind, expression, *self.start(first), *self.end(callee)))

    def assign(self, target: Node, value: int, *, bind: bool = True) -> None:
        """Give a target of an assignment, loop or ``with`` a value."""
        self._targets[target.kind_id](self, target, value, bind)

    def enter(self) -> None:
        """Read a part of an expression under a condition, or with names of its own."""
        self.flow.push()
        self._kept.append(len(self.walruses))

    def leave(self) -> None:
        """The end of that part; only what ``:=`` assigned in it stays."""
        self.flow.pop()
        for name, value in self.walruses[self._kept.pop() :]:
            self.flow.put(name, value)
