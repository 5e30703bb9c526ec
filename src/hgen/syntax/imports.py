"""Import statements."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from hgen.syntax.grammar import kind_ids
from hgen.syntax.ir import V_IMPORT, Import
from hgen.syntax.scope import ScopeReader

_CERTAIN = re.compile(rb"TYPE_CHECKING|__name__|MYPY")
"""In the first line of a block that is only for type checkers, or only for scripts."""


def import_modules(reader: ScopeReader, node: Node) -> None:
    """``import a.b`` binds ``a``; ``import a.b as c`` binds the submodule."""
    for part in reader.parts(node):
        if part.kind_id in kind_ids("aliased_import"):
            name, alias = reader.parts(part)
            _bind(reader, alias, (_dotted(reader, name), "", 0))
        else:
            first = reader.parts(part)[0]
            _bind(reader, first, (reader.text(first), "", 0))


def import_from(reader: ScopeReader, node: Node) -> None:
    """``from ..a import b as c`` and ``from a import *``."""
    for imported, target in _names(reader, node):
        module, name, level = imported
        if target is None:
            reader.stars.append((len(reader.flow.values), module, level))
        else:
            if reader.text(target) != name:
                reader.stored.add(reader.text(target))
            _bind(reader, target, imported)


def conditional_imports(reader: ScopeReader, root: Node) -> tuple[Import, ...]:
    """What a module imports from others inside its own ``if`` and ``try`` blocks.

    Blocks for type checkers and for scripts do not count.
    """
    found: list[Import] = []
    pending = [(root, False)]
    while pending:
        outer, conditional = pending.pop()
        for node in outer.named_children:
            kind = node.kind_id
            if conditional and kind in kind_ids("import_from_statement"):
                found.extend([imported for imported, _ in _names(reader, node)])
            elif kind in kind_ids("block", "with_statement"):
                pending.append((node, conditional))
            elif kind in kind_ids("if_statement", "elif_clause"):
                if not _CERTAIN.search(reader.source, node.start_byte, reader.source.find(b"\n", node.start_byte)):
                    pending.append((node, True))
                elif kind in kind_ids("elif_clause"):
                    break
            elif kind in kind_ids("try_statement", "except_clause", "else_clause", "finally_clause"):
                pending.append((node, True))
    return tuple(found)


def _names(reader: ScopeReader, node: Node) -> Iterator[tuple[Import, Node | None]]:
    """What a ``from`` statement imports, and the name that it binds, None for a star."""
    source, *names = reader.parts(node)
    module, level = _dotted(reader, source), 0
    if source.kind_id in kind_ids("relative_import"):
        prefix, *rest = reader.parts(source)
        level = reader.text(prefix).count(".")
        module = _dotted(reader, rest[0]) if rest else ""
    for part in names:
        if part.kind_id in kind_ids("wildcard_import"):
            yield (module, "", level), None
        elif part.kind_id in kind_ids("aliased_import"):
            name, alias = reader.parts(part)
            yield (module, _dotted(reader, name), level), alias
        else:
            name = reader.parts(part)[0]
            yield (module, reader.text(name), level), name


def _bind(reader: ScopeReader, name: Node, imported: Import) -> None:
    reader.flow.bind(reader.text(name), reader.flow.new((V_IMPORT, *imported)))


def _dotted(reader: ScopeReader, node: Node) -> str:
    return "".join(reader.text(node).split())
