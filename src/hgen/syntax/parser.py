"""One source file, parsed: a module of scopes, symbols and calls, with no syntax tree left."""

from collections import deque

from tree_sitter import Node

from hgen.syntax.decode import Broken, to_utf8
from hgen.syntax.definitions import Header, read_header
from hgen.syntax.imports import conditional_imports
from hgen.syntax.ir import (
    CLASS_SCOPE,
    FUNCTION_SCOPE,
    MODULE_SCOPE,
    V_PARAMETER,
    V_UNKNOWN,
    Definition,
    Module,
    Scope,
)
from hgen.syntax.judged import misread, read_tree
from hgen.syntax.readable import require_readable, require_short_names
from hgen.syntax.reader import Texts
from hgen.syntax.scope import ScopeReader
from hgen.syntax.statements import scope_reader

MAX_BYTES = 2_000_000


def parse_module(path: str, source: bytes, *, max_bytes: int = MAX_BYTES) -> Module:
    """Parse a file of a repository.

    Raises ``Broken`` with one of the reasons of ``to_utf8`` and ``require_readable``, ``syntax-error``, ``python-2``,
    ``too-deep`` or ``too-complex``. Takes time linear in the length of ``source`` and keeps no reference to the tree.
    """
    utf8 = to_utf8(source, max_bytes=max_bytes)
    require_short_names(utf8)
    tree = read_tree(utf8)
    if tree.root.has_error:
        raise Broken("syntax-error", "Python reads it" if tree.judged else "")
    module = _ModuleReader(path, utf8, tree.starts).read(tree.root)
    require_readable(utf8)
    if tree.judged and (what := misread(module, tree.judged)):
        raise Broken("syntax-error", f"Python reads other {what}")
    return module


class _ModuleReader:
    """Reads the scopes of a file one after the other, outer ones first."""

    def __init__(self, path: str, utf8: bytes, starts: list[int] | None) -> None:
        self._path = path
        self._utf8 = utf8
        self._texts = Texts()
        self._texts.starts = starts
        self._scopes: list[Scope] = [Scope(0, MODULE_SCOPE, "", -1, -1)]
        self._symbols: list[Definition] = []
        self._pending: deque[tuple[Header, str]] = deque()
        self._stored: set[str] = set()
        self._patched: set[str] = set()
        self._called: dict[str, list[int]] = {}
        self._nonlocals: dict[int, set[str]] = {}

    def read(self, root: Node) -> Module:
        """Read the module and then everything defined in it."""
        reader = self._scope(self._scopes[0], root, "")
        while self._pending:
            header, prefix = self._pending.popleft()
            self._scope(header.scope, header.block, prefix)
        self._forget_nonlocals()
        order = sorted(range(len(self._symbols)), key=lambda k: (self._symbols[k].def_line, self._symbols[k].column))
        for place, old in enumerate(order):
            self._scopes[old + 1].symbol = place
        symbols = [self._symbols[old] for old in order]
        stored, patched = frozenset(self._stored), frozenset(self._patched)
        stars, conditional = tuple(reader.stars), conditional_imports(reader, root)
        called = {name: tuple(scopes) for name, scopes in self._called.items()}
        return Module(self._path, self._scopes, symbols, stars, stored, patched, called, conditional, self._utf8)

    def _scope(self, scope: Scope, block: Node, prefix: str) -> ScopeReader:
        def define(reader: ScopeReader, node: Node, outermost: Node) -> int:
            index = len(self._scopes)
            header = read_header(reader, node, outermost, outer=scope, prefix=prefix, index=index, stub=False)
            self._scopes.append(header.scope)
            self._symbols.append(header.definition)
            inner = f"{header.definition.qualname}.{'<locals>.' if header.scope.kind == FUNCTION_SCOPE else ''}"
            self._pending.append((header, inner))
            return index

        reader = scope_reader(self._utf8, self._texts, define)
        for position, parameter in enumerate(scope.parameters):
            reader.flow.bind(parameter.name, reader.flow.new((V_PARAMETER, position)))
        reader.block(block)
        self._finish(scope, reader)
        return reader

    def _finish(self, scope: Scope, reader: ScopeReader) -> None:
        flow, body = reader.flow, reader.body(is_function=scope.kind == FUNCTION_SCOPE)
        if scope.kind == FUNCTION_SCOPE:
            flow.forget_outer()
            scope.is_generator = reader.generator
        first = scope.parameters[0].name if scope.parameters else ""
        is_method = scope.kind == FUNCTION_SCOPE and bool(first) and self._scopes[scope.parent].kind == CLASS_SCOPE
        for name, values in body.bound.items():
            if "." in name:
                owner, _, attribute = name.rpartition(".")
                if is_method and owner == first:
                    scope.self_stores[attribute] = values
                else:
                    self._patched.add(attribute)
        scope.outer_stores = tuple(flow.outer_stores)
        for name in reader.called:
            self._called.setdefault(name, []).append(scope.index)
        self._stored |= reader.stored
        self._patched |= reader.other_stores
        if flow.nonlocal_names:
            self._nonlocals.setdefault(scope.parent, set()).update(flow.nonlocal_names)
        try:
            scope.pack(body)
        except ValueError:
            raise Broken("too-deep") from None

    def _forget_nonlocals(self) -> None:
        """What inner functions assign to an outer function's name is unknown in that function."""
        assigned: dict[int, set[str]] = {}
        for inner, names in self._nonlocals.items():
            index = inner
            while self._scopes[index].kind == FUNCTION_SCOPE:
                assigned.setdefault(index, set()).update(names)
                index = self._scopes[index].parent
        for index, names in assigned.items():
            scope = self._scopes[index]
            body = scope.body()
            for name in sorted(names):
                for value in body.bound.get(name, ()):
                    body.values[value] = (V_UNKNOWN,)
            scope.pack(body)
