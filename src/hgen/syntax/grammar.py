"""The tree-sitter grammar of Python: one parser, and tables from node types to what reads them."""

from collections.abc import Mapping
from functools import cache
from typing import TypeVar

import tree_sitter_python
from tree_sitter import Language, Parser

T = TypeVar("T")


@cache
def language() -> Language:
    """The grammar; one for each process, because it cannot be pickled."""
    return Language(tree_sitter_python.language())


@cache
def parser() -> Parser:
    """The parser of this process."""
    return Parser(language())


def by_kind(table: Mapping[str, T], default: T) -> list[T]:
    """A table by node type as a list by ``Node.kind_id``; fails for a type that the grammar does not have."""
    grammar = language()
    kinds = [grammar.node_kind_for_id(kind) or "" for kind in range(grammar.node_kind_count)]
    if unknown := set(table) - set(kinds):
        raise KeyError(f"no such node types in the grammar: {sorted(unknown)}")
    return [table.get(kind, default) for kind in kinds]


@cache
def kind_ids(*types: str) -> frozenset[int]:
    """The ``Node.kind_id`` of node types."""
    return frozenset(number for number, hit in enumerate(by_kind(dict.fromkeys(types, True), False)) if hit)
