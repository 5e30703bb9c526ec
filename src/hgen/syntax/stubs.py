"""Stubs, read piece by piece: of a file, only the statements that bind a name that was asked for are parsed."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from tree_sitter import Node

from hgen.syntax.definitions import read_header
from hgen.syntax.grammar import kind_ids, parser
from hgen.syntax.ir import CLASS_SCOPE, MODULE_SCOPE, Body, Module, Scope, Value
from hgen.syntax.reader import Texts
from hgen.syntax.scope import ScopeReader
from hgen.syntax.statements import scope_reader

T = TypeVar("T")

_PIECE = re.compile(
    rb"^(?!else\b|elif\b|except\b|finally\b)(?:(?P<decorator>@)|(?:async[ ]+def|def|class)[ ]+(?P<defined>\w+)"
    rb"|(?P<block>(?:if|try|with|for|while)\b)|(?P<assigned>\w+)[ ]*(?::|=[^=\n]*$)|\w)",
    re.MULTILINE,
)
"""The first line of a statement of a module: what follows is indented, or closes a bracket."""
_WORD = re.compile(rb"\w+")
_FIRST_WORD = re.compile(rb"^[ ]+(?:async[ ]+def[ ]+|def[ ]+|class[ ]+)?(\w+)", re.MULTILINE)
_STAR = re.compile(rb"\bimport[ ]*\*")


def read_stub(path: str, source: bytes) -> Module:
    """A module of the standard library, of which nothing is parsed yet but its star imports.

    The stubs are valid and in UTF-8; a statement that is not valid binds nothing.
    """
    return _StubReader(path, source).module()


class Asked(dict[str, T]):
    """A mapping whose value for a name is found when the name is asked for the first time."""

    def __init__(self, find: Callable[[str], T | None]) -> None:
        super().__init__()
        self._find = find
        self._asked: set[object] = set()

    def __contains__(self, name: object) -> bool:
        self._ask(name)
        return super().__contains__(name)

    def __getitem__(self, name: str) -> T:
        self._ask(name)
        return super().__getitem__(name)

    def get(self, name: str, default: T | None = None) -> T | None:  # type: ignore[override]
        """The value of a name, or the default."""
        self._ask(name)
        return super().get(name, default)

    def _ask(self, name: object) -> None:
        if name not in self._asked:
            self._asked.add(name)
            found = self._find(str(name))
            if found is not None:
                self[str(name)] = found


class _StubReader:
    """Reads pieces of a stub; each has a flow of its own, but their values are numbered together."""

    def __init__(self, path: str, source: bytes) -> None:
        self._path = path
        self._source = source
        self._texts = Texts()
        self._values: list[Value] = []
        self._read: dict[tuple[int, int], ScopeReader] = {}
        self._pieces: dict[bytes, list[tuple[int, int]]] = {}
        for piece, names in _pieces(source):
            for name in names:
                self._pieces.setdefault(name, []).append(piece)
        body = Body(self._values, Asked(self._final), Asked(self._bound), (), (), (), falls_through=True)
        self._scopes = [Scope(0, MODULE_SCOPE, "", -1, -1, reading=lambda: body)]

    def module(self) -> Module:
        """The module, whose scopes and values grow as names are asked for."""
        stars: list[tuple[int, str, int]] = []
        if _STAR.search(self._source):
            for start, end in dict.fromkeys(piece for pieces in self._pieces.values() for piece in pieces):
                if _STAR.search(self._source, start, end):
                    stars += self._piece((start, end)).stars
        return Module(self._path, self._scopes, [], tuple(stars), frozenset(), frozenset(), {}, (), self._source)

    def _final(self, name: str) -> int | None:
        found = [reader.flow.env[name] for reader in self._binding(name) if name in reader.flow.env]
        return found[-1] if found else None

    def _bound(self, name: str) -> tuple[int, ...] | None:
        return tuple([value for reader in self._binding(name) for value in reader.flow.bound[name]]) or None

    def _binding(self, name: str) -> list[ScopeReader]:
        readers = [self._piece(piece) for piece in self._pieces.get(name.encode(), ())]
        return [reader for reader in readers if name in reader.flow.bound]

    def _piece(self, piece: tuple[int, int]) -> ScopeReader:
        reader = self._read.get(piece)
        if reader is None:
            source = self._source[slice(*piece)]
            root = parser().parse(source).root_node
            reader = self._read[piece] = self._reader(self._scopes[0], source, "")
            reader.flow.values = self._values
            if not root.has_error:
                reader.block(root)
        return reader

    def _class(self, scope: Scope, source: bytes, block: Node, prefix: str) -> Body:
        return _ClassReader(self._reader(scope, source, prefix), block).body()

    def _reader(self, scope: Scope, source: bytes, prefix: str) -> ScopeReader:
        def define(reader: ScopeReader, node: Node, outermost: Node) -> int:
            index = len(self._scopes)
            header = read_header(reader, node, outermost, outer=scope, prefix=prefix, index=index, stub=True)
            self._scopes.append(header.scope)
            if header.scope.kind == CLASS_SCOPE:
                inner = f"{header.definition.qualname}."
                header.scope.reading = partial(self._class, header.scope, source, header.block, inner)
            return index

        return scope_reader(source, self._texts, define)


class _ClassReader:
    """Reads statements of a class; one that may bind several names is read after all that stand before it."""

    def __init__(self, reader: ScopeReader, block: Node) -> None:
        self._reader = reader
        self._statements = reader.parts(block)
        self._read: set[int] = set()
        self._places: dict[str, list[tuple[int, bool]]] = {}
        for place, statement in enumerate(self._statements):
            name = _only_name(reader, statement)
            words = (
                [reader.text(name)] if name else _WORD.findall(reader.source, statement.start_byte, statement.end_byte)
            )
            for word in dict.fromkeys(word if isinstance(word, str) else word.decode() for word in words):
                self._places.setdefault(word, []).append((place, name is None))

    def body(self) -> Body:
        """The body, whose names are read when they are asked for."""
        final, bound = Asked(self._final), Asked(self._bound)
        return Body(self._reader.flow.values, final, bound, (), (), (), falls_through=True)

    def _final(self, name: str) -> int | None:
        return self._reader.flow.env.get(name) if self._bound(name) else None

    def _bound(self, name: str) -> tuple[int, ...] | None:
        for place, several in self._places.get(name, ()):
            for each in range(place + 1) if several else (place,):
                if each not in self._read:
                    self._read.add(each)
                    self._reader.statement(self._statements[each])
        found = self._reader.flow.bound.get(name)
        return tuple(found) if found else None


def _only_name(reader: ScopeReader, statement: Node) -> Node | None:
    """The name that a definition or declaration binds; None for other statements."""
    parts = reader.parts(statement)
    if statement.kind_id in kind_ids("decorated_definition"):
        return _only_name(reader, parts[-1])
    if statement.kind_id in kind_ids("function_definition", "class_definition"):
        return parts[0]
    if len(parts) == 1 and parts[0].kind_id in kind_ids("assignment"):
        target, *rest = reader.parts(parts[0])
        if target.kind_id in kind_ids("identifier") and len(rest) == 1 and rest[0].kind_id in kind_ids("type"):
            return target
    return None


def _pieces(source: bytes) -> Iterator[tuple[tuple[int, int], list[bytes]]]:
    """The statements of a module as spans of bytes, with all names that each may bind, and perhaps some more."""
    lines = list(_PIECE.finditer(source))
    ends = [line.start() for line in lines[1:]] + [len(source)]
    first: int | None = None
    head: re.Match[bytes] | None = None
    for line, end in zip(lines, ends, strict=False):
        first = line.start() if first is None else first
        head = None if head and head["decorator"] else head
        head = head or line
        if head["decorator"] or source.count(b'"""', first, end) % 2:
            continue
        if name := head["defined"] or head["assigned"]:
            names = [name]
        else:
            words = _FIRST_WORD if head["block"] and source.find(b"import", first, end) < 0 else _WORD
            names = list(dict.fromkeys(words.findall(source, first, end)))
        yield (first, end), names
        first = head = None
