"""What is left of a type after a test."""

from hgen.resolve.inference import inheritance
from hgen.resolve.objects import Class
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ALIAS,
    ANY,
    CLASS,
    DECLARED,
    DEFINITION,
    EXACT,
    INNER,
    INSTANCE,
    ITEMS,
    NONE,
    NOTHING,
    OUTSIDE_INSTANCE,
    SELF,
    SELF_CLASS,
    TAG,
    TUPLE,
    UNKNOWN,
    Atom,
    Type,
    union,
    without,
)
from hgen.syntax.ir import IS_CALLABLE, IS_CLASS, IS_INSTANCE, IS_NONE, IS_SUBCLASS, IS_TRUE


def narrowed(program: Program, before: Type, kind: str, tested: Type, *, held: bool) -> Type:
    """The type of a value after a test of one of the kinds."""
    if kind == IS_NONE:
        return tuple([atom for atom in before if atom in (NONE, ANY)]) and (NONE,) if held else without(before, NONE)
    if kind in (IS_TRUE, IS_CALLABLE):
        return without(before, NONE) if held else before
    wanted = _classes(tested)
    if kind == IS_INSTANCE:
        return _of(program, before, wanted) if held else _not_of(program, before, wanted)
    if kind == IS_CLASS and held and wanted is not None:
        return tuple([(INSTANCE, cls, (), EXACT) for cls in wanted])
    if kind == IS_SUBCLASS and held and wanted is not None:
        return tuple([(CLASS, cls, (), DECLARED) for cls in wanted])
    return before


def _classes(tested: Type) -> list[Class] | None:
    """The classes in the second argument of ``isinstance``; None if not all are known."""
    found: list[Class] = []
    pending = list(reversed(tested))
    while pending:
        atom = pending.pop()
        if atom[TAG] in (CLASS, SELF_CLASS):
            found.append(atom[DEFINITION])
        elif atom[TAG] == TUPLE:
            pending.extend([inner for item in reversed(atom[ITEMS]) for inner in item])
        elif atom[TAG] == ALIAS:
            pending.extend([(CLASS, inner[DEFINITION]) for inner in atom[INNER] if inner[TAG] == INSTANCE])
        elif atom != NONE:
            return None
    return found


def _of(program: Program, before: Type, wanted: list[Class] | None) -> Type:
    if wanted is None:
        return (
            union(tuple([atom for atom in before if atom != NONE]), (OUTSIDE_INSTANCE,))
            if ANY not in before
            else UNKNOWN
        )
    kept: list[Atom] = []
    for cls in wanted:
        inside = [atom for atom in before if _is(program, atom, cls)]
        if inside:
            kept.extend(inside)
        elif ANY in before or any(_may_be(program, atom, cls) for atom in before):
            kept.append((INSTANCE, cls, (), DECLARED))
    if not kept:
        kept = [(INSTANCE, cls, (), DECLARED) for cls in wanted]
    return union(tuple(kept), NOTHING)


def _not_of(program: Program, before: Type, wanted: list[Class] | None) -> Type:
    if wanted is None:
        return before
    return tuple([atom for atom in before if not any(_is(program, atom, cls) for cls in wanted)])


def _is(program: Program, atom: Atom, cls: Class) -> bool:
    if atom[TAG] == TUPLE:
        return cls.module.outside and cls.name in ("tuple", "object", "Sequence", "Iterable", "Collection")
    return atom[TAG] in (INSTANCE, SELF) and inheritance.inherits(program, atom[DEFINITION], cls)


def _may_be(program: Program, atom: Atom, cls: Class) -> bool:
    """Whether some value can be of both; two unrelated classes rarely have a common heir."""
    if atom[TAG] not in (INSTANCE, SELF):
        return atom != NONE
    return inheritance.inherits(program, cls, atom[DEFINITION]) or not inheritance.knows_bases(program, cls)
