"""Import statements."""

from typing import TYPE_CHECKING

from tree_sitter import Node

from hgen.syntax.grammar import kind_ids
from hgen.syntax.ir import V_IMPORT

if TYPE_CHECKING:
    from hgen.syntax.statements import ScopeReader


def import_modules(reader: "ScopeReader", node: Node) -> None:
    """``import a.b`` binds ``a``; ``import a.b as c`` binds the submodule."""
    for part in reader.parts(node):
        if part.kind_id in kind_ids("aliased_import"):
            name, alias = reader.parts(part)
            _bind(reader, alias, (V_IMPORT, _dotted(reader, name), "", 0))
        else:
            first = reader.parts(part)[0]
            _bind(reader, first, (V_IMPORT, reader.text(first), "", 0))


def import_from(reader: "ScopeReader", node: Node) -> None:
    """``from ..a import b as c`` and ``from a import *``."""
    source, *names = reader.parts(node)
    module, level = _dotted(reader, source), 0
    if source.kind_id in kind_ids("relative_import"):
        prefix, *rest = reader.parts(source)
        level = reader.text(prefix).count(".")
        module = _dotted(reader, rest[0]) if rest else ""
    for part in names:
        if part.kind_id in kind_ids("wildcard_import"):
            reader.stars.append((len(reader.flow.values), module, level))
        elif part.kind_id in kind_ids("aliased_import"):
            name, alias = reader.parts(part)
            reader.stored.add(reader.text(alias))
            _bind(reader, alias, (V_IMPORT, module, _dotted(reader, name), level))
        else:
            name = reader.parts(part)[0]
            _bind(reader, name, (V_IMPORT, module, reader.text(name), level))


def _bind(reader: "ScopeReader", name: Node, value: tuple[int, str, str, int]) -> None:
    reader.flow.bind(reader.text(name), reader.flow.new(value))


def _dotted(reader: "ScopeReader", node: Node) -> str:
    return "".join(reader.text(node).split())
