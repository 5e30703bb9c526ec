"""Targets of assignments, loops and ``with`` statements."""

from tree_sitter import Node

from hgen.syntax.grammar import kind_ids
from hgen.syntax.ir import (
    E_ATTRIBUTE,
    E_VALUE,
    KIND,
    V_UNPACK,
)
from hgen.syntax.reader import Reader


def to_name(reader: Reader, target: Node, value: int, bind: bool) -> None:
    """Bind a name."""
    (reader.flow.bind if bind else reader.flow.put)(reader.text(target), value)


def to_attribute(reader: Reader, target: Node, value: int, bind: bool) -> None:
    """Bind an attribute; only chains of names are followed."""
    owner = reader.expr(target)
    chain = reader.text(target)
    name = chain.rpartition(".")[2]
    reader.stored.add(name)
    if owner[KIND] in (E_ATTRIBUTE, E_VALUE) and chain.replace(".", "").isidentifier():
        reader.flow.put_chain(chain, value, bind=bind)
    else:
        reader.other_stores.add(name)


def to_items(reader: Reader, target: Node, value: int, bind: bool) -> None:
    """Unpack into the parts of a target."""
    parts = reader.parts(target)
    star = kind_ids("list_splat_pattern", "list_splat")
    stars = [place for place, part in enumerate(parts) if part.kind_id in star]
    for place, part in enumerate(parts):
        if part.kind_id in star:
            reader.assign(reader.parts(part)[0], reader.flow.new((V_UNPACK, value, None)), bind=bind)
        else:
            position = place - len(parts) if stars and place > stars[0] else place
            reader.assign(part, reader.flow.new((V_UNPACK, value, position)), bind=bind)


def to_inner(reader: Reader, target: Node, value: int, bind: bool) -> None:
    """Assign to what is in parentheses."""
    for part in reader.parts(target):
        reader.assign(part, value, bind=bind)


def to_nothing(reader: Reader, target: Node, value: int, bind: bool) -> None:
    """Read a target that no name stands for, such as a subscript."""
    reader.expr(target)
