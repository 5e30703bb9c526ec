"""What iterating, entering and calling special methods gives."""

from hgen.resolve.inference import inheritance, members
from hgen.resolve.program import Program
from hgen.resolve.types import (
    CLASS,
    COROUTINE,
    DEFINITION,
    EXACT,
    INNER,
    INSTANCE,
    ITEMS,
    MANAGER,
    NONE,
    NOTHING,
    SELF,
    TAG,
    TUPLE,
    UNKNOWN,
    Atom,
    Type,
    union,
)


def iterated(program: Program, some: Type, *, is_async: bool = False) -> Type:
    """What a loop over a value gives."""
    parts: list[Type] = [NOTHING]
    for atom in some:
        if atom[TAG] == TUPLE:
            parts.extend(atom[ITEMS])
        elif atom == NONE:
            continue
        elif atom[TAG] in (INSTANCE, SELF):
            inner = members.arguments_as(program, atom, "typing", "AsyncIterable" if is_async else "Iterable")
            parts.append(inner[0] if inner else _by_protocol(program, atom, is_async=is_async))
        elif atom[TAG] == CLASS and inheritance.is_enum(program, atom[DEFINITION]):
            parts.append(((INSTANCE, atom[DEFINITION], (), EXACT),))
        else:
            parts.append(UNKNOWN)
    return union(*parts)


def entered(program: Program, some: Type, *, is_async: bool = False) -> Type:
    """What ``with value as x`` gives ``x``."""
    parts: list[Type] = [NOTHING]
    for atom in some:
        if atom[TAG] == MANAGER:
            parts.append(atom[INNER])
        elif atom[TAG] in (INSTANCE, SELF):
            given = call_member(program, atom, "__aenter__" if is_async else "__enter__")
            parts.append(_awaited(given) if is_async else given)
        elif atom != NONE:
            parts.append(UNKNOWN)
    return union(*parts)


def call_member(program: Program, atom: Atom, name: str, *arguments: Type) -> Type:
    """What calling a special method gives."""
    found = members.member(program, atom, name)
    if not found:
        return UNKNOWN
    return union(NOTHING, *[program.result_of(one, arguments, ()) for one in found])


def _by_protocol(program: Program, atom: Atom, *, is_async: bool) -> Type:
    iterator = call_member(program, atom, "__aiter__" if is_async else "__iter__")
    parts: list[Type] = [NOTHING]
    for one in iterator:
        if one[TAG] in (INSTANCE, SELF):
            inner = members.arguments_as(program, one, "typing", "AsyncIterator" if is_async else "Iterator")
            given = inner[0] if inner else call_member(program, one, "__anext__" if is_async else "__next__")
            parts.append(_awaited(given) if is_async and not inner else given)
        else:
            parts.append(UNKNOWN)
    return union(*parts)


def _awaited(some: Type) -> Type:
    return union(NOTHING, *[atom[INNER] if atom[TAG] == COROUTINE else UNKNOWN for atom in some])
