"""The reader of one scope's statements: its state, and what dispatches on the type of a statement."""

from collections.abc import Callable
from typing import TypeAlias

from tree_sitter import Node

from hgen.syntax.decode import Broken
from hgen.syntax.flow import Flow
from hgen.syntax.ir import V_DEFINITION, Body, Expr
from hgen.syntax.reader import Reader, Tables, Texts

_MAX_BLOCKS = 100
"""Nested blocks; CPython's own limit of indentation."""

Define: TypeAlias = Callable[["ScopeReader", Node, Node], int]
"""Called with a definition and its outermost node (with decorators); returns the number of its new scope."""
Statement: TypeAlias = Callable[["ScopeReader", Node], None]
StatementTables: TypeAlias = tuple[list[Statement | None], list[Statement]]
"""By ``Node.kind_id``: how to read a statement, None if it says nothing; how to read a bare expression's parts."""


class ScopeReader(Reader):
    """Reads the statements of one scope."""

    def __init__(
        self, source: bytes, texts: Texts, tables: Tables, statements: StatementTables, define: Define
    ) -> None:
        super().__init__(source, texts, Flow(), tables)
        self.returns: list[Expr] = []
        self.stars: list[tuple[int, str, int]] = []
        self._define = define
        self._statements, self.simple = statements
        self._blocks = 0

    def block(self, node: Node) -> None:
        """Read the statements of a block or module."""
        self._blocks += 1
        if self._blocks > _MAX_BLOCKS:
            raise Broken("too-deep")
        for child in node.named_children:
            self.statement(child)
        self._blocks -= 1

    def statement(self, node: Node) -> None:
        """Read one statement."""
        if handler := self._statements[node.kind_id]:
            handler(self, node)

    def define(self, node: Node, outermost: Node) -> None:
        """Bind the name of a function or class."""
        scope = self._define(self, node, outermost)
        name = node.child_by_field_name("name")
        assert name is not None
        self.flow.bind(self.text(name), self.flow.new((V_DEFINITION, scope)))

    def body(self, *, is_function: bool) -> Body:
        """What was read; nobody asks what names are at the end of a function."""
        flow = self.flow
        bound = {name: tuple(values) for name, values in flow.bound.items()}
        final = {}
        if not is_function:
            final = {name: value for name, value in flow.env.items() if name in bound and "." not in name}
        returns, yields = tuple(self.returns), tuple(self.yields)
        return Body(flow.values, final, bound, tuple(self.sites), returns, yields, not flow.dead)
