"""The reader of one scope's expressions: its state, and what dispatches on the type of a node."""

from collections.abc import Callable
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


class Reader:
    """Reads the expressions of one scope into its flow of values."""

    def __init__(self, source: bytes, names: dict[bytes, str], flow: Flow, tables: "Tables") -> None:
        self.source = source
        self.flow = flow
        self.sites: list[Site] = []
        self.yields: list[Expr] = []
        self.stored: set[str] = set()
        self.other_stores: set[str] = set()
        self.generator = False
        self.async_with = False
        self.nested = 0
        """Lambdas around this place, whose yields are not the scope's."""
        self.walruses: list[tuple[str, int]] = []
        self.spine, self.extras, self._table, self._targets = tables
        self._names = names
        self._depth = 0
        self._kept: list[int] = []

    def text(self, node: Node) -> str:
        """A node's source, one object for equal texts."""
        raw = self.source[node.start_byte : node.end_byte]
        text = self._names.get(raw)
        if text is None:
            text = self._names[raw] = raw.decode()
        return text

    def parts(self, node: Node) -> list[Node]:
        """The named children without comments."""
        extras = self.extras
        return [child for child in node.named_children if child.kind_id not in extras]

    def expr(self, node: Node) -> Expr:
        """An expression's tuple; raises ``Broken`` if it is nested too deeply."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Broken("too-deep")
        result = self._table[node.kind_id](self, node)
        self._depth -= 1
        return result

    def site(self, kind: int, expression: Expr, whole: Node, callee: Node) -> None:
        """Note a call or raise."""
        start, end = whole.start_point, callee.end_point
        self.sites.append((kind, expression, start.row + 1, start.column, end.row + 1, end.column))

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
