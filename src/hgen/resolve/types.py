"""Types as tuples of atoms: what a value can be. An empty type means that the place is never reached.

An atom is a tuple whose first item is one of the tags below; the comment says what follows. Code that reads an atom
unpacks it into names, or reads a place that has a name. Order is the order of appearance in the code, so that nothing
depends on hashes.
"""

from typing import Any, TypeAlias

Atom: TypeAlias = tuple[Any, ...]
Type: TypeAlias = tuple[Atom, ...]
Arguments: TypeAlias = tuple[Type, ...]
Keywords: TypeAlias = tuple[tuple[str, Type], ...]

INSTANCE = "instance"  # Class, type arguments, how sure it is to be of exactly this class
CLASS = "class"  # Class, type arguments, the same
SELF = "self"  # Class: an instance of it or of a subclass, the first argument of a method
SELF_CLASS = "self class"  # Class: it or a subclass, the first argument of a class method
FUNCTION = "function"  # Function, whether what it returns is known
METHOD = "method"  # Function, whether what it returns is known, receiver atom
PROPERTY = "property"  # Function
MODULE = "module"  # Module
TUPLE = "tuple"  # types of its items
LAMBDA = "lambda"  # Frame, expression
COROUTINE = "coroutine"  # type of the result
MANAGER = "manager"  # type that entering gives
SUPER = "super"  # Class to start after, receiver atom
VARIABLE = "variable"  # name, type of the bound
TYPE_OF = "type of"  # type whose classes it stands for
CALLABLE = "callable"  # type of the result
SPECIAL = "special"  # name of a form of the typing module
ALIAS = "alias"  # type that a subscripted special form stands for
FOLDER = "folder"  # path of a namespace package

TAG = 0
DEFINITION = 1
"""The ``Class`` or ``Function`` that an atom is about."""
ARGUMENTS = 2
"""The type arguments of an ``INSTANCE`` or ``CLASS``."""
SURENESS = 3
"""How sure an ``INSTANCE`` or ``CLASS`` is to be of exactly its class."""
KNOWN = 2
"""Whether it is known what a ``FUNCTION`` or ``METHOD`` returns."""
RECEIVER = 3
"""What a ``METHOD`` is bound to."""
LOADED = 1
"""The ``LoadedModule`` of a ``MODULE``."""
PATH = 1
"""The path of a ``FOLDER``."""
ITEMS = 1
"""The types in a ``TUPLE``."""
INNER = 1
"""The type inside a ``COROUTINE``, ``MANAGER``, ``ALIAS``, ``TYPE_OF`` or ``CALLABLE``."""
NAME = 1
"""The name of a ``VARIABLE`` or ``SPECIAL``."""

ANY: Atom = ("any",)
NONE: Atom = ("none",)
OUTSIDE: Atom = ("outside",)  # a module, class or function of a package outside the repository
OUTSIDE_INSTANCE: Atom = ("outside instance",)

UNKNOWN: Type = (ANY,)
NOTHING: Type = ()

DECLARED, FOREIGN, EXACT = 0, 1, 2
"""How sure a class is: declared by the repository (anything that fits may come), by a stub (no code of the repository
was asked for it), or made right here."""

_MAX_ATOMS = 12
_MAX_NESTING = 4
_WRAPPERS = (COROUTINE, MANAGER, ALIAS, TYPE_OF, CALLABLE)


def union(*types: Type) -> Type:
    """All atoms of some types, each once; too many are unknown."""
    first = types[0]
    for other in types:
        if other and other is not first and other != first:
            break
    else:
        return first
    if not first and len(types) == 2 and len(types[1]) == 1:
        return types[1]
    atoms = tuple(dict.fromkeys([atom for some in types for atom in some]))
    return atoms if len(atoms) <= _MAX_ATOMS else (ANY, *[atom for atom in atoms if atom != ANY][: _MAX_ATOMS - 1])


def only(some: Type) -> Atom:
    """The atom of a type that has one, else ``ANY``."""
    return some[0] if len(some) == 1 else ANY


def without(some: Type, *atoms: Atom) -> Type:
    """A type without some atoms."""
    return tuple([atom for atom in some if atom not in atoms])


def shallow(some: Type, levels: int = _MAX_NESTING) -> Type:
    """The type with everything nested too deeply in it unknown, so that types of recursive data stay finite."""
    if levels == 0:
        return UNKNOWN if some else NOTHING
    return tuple([_shallow_atom(atom, levels - 1) for atom in some])


def _shallow_atom(atom: Atom, levels: int) -> Atom:
    tag = atom[TAG]
    if tag in (INSTANCE, CLASS) and atom[ARGUMENTS]:
        _, cls, arguments, sureness = atom
        return (tag, cls, tuple([shallow(argument, levels) for argument in arguments]), sureness)
    if tag == TUPLE:
        return (tag, tuple([shallow(item, levels) for item in atom[ITEMS]]))
    if tag in _WRAPPERS:
        return (tag, shallow(atom[INNER], levels))
    if tag == METHOD and atom[RECEIVER][TAG] in (INSTANCE, CLASS):
        _, function, known, receiver = atom
        return (tag, function, known, _shallow_atom(receiver, max(levels, 1)))
    return atom


def substitute(some: Type, variables: dict[str, Type], receiver: Type) -> Type:
    """The type with type variables replaced, and ``self`` by the receiver; unknown variables stay."""
    parts: list[Type] = []
    changed = False
    for atom in some:
        replaced = _substitute_atom(atom, variables, receiver)
        changed = changed or replaced != (atom,)
        parts.append(replaced)
    return shallow(union(*parts)) if changed else some


def close(some: Type) -> Type:
    """The type with the variables that are left replaced by their bounds, or unknown."""
    parts: list[Type] = []
    changed = False
    for atom in some:
        if atom[TAG] == VARIABLE:
            _, _, bound = atom
            parts.append(bound or UNKNOWN)
            changed = True
        else:
            inner = _map(atom, close)
            changed = changed or inner is not atom
            parts.append((inner,))
    return union(*parts) if changed else some


def _substitute_atom(atom: Atom, variables: dict[str, Type], receiver: Type) -> Type:
    tag = atom[TAG]
    if tag == VARIABLE:
        return variables.get(atom[NAME], (atom,))
    if tag in (SELF, SELF_CLASS):
        return tuple([swap for swap in [as_self(tag, replacement) for replacement in receiver] if swap]) or (atom,)
    return (_map(atom, lambda inner: substitute(inner, variables, receiver)),)


def _map(atom: Atom, change: Any) -> Atom:
    """The atom with the types inside it changed; the same object if they stay."""
    tag = atom[TAG]
    if tag in (INSTANCE, CLASS):
        _, cls, before, sureness = atom
        if not before:
            return atom
        arguments = tuple([change(argument) for argument in before])
        return atom if arguments == before else (tag, cls, arguments, sureness)
    if tag == TUPLE:
        items = tuple([change(item) for item in atom[ITEMS]])
        return atom if items == atom[ITEMS] else (tag, items)
    if tag in _WRAPPERS:
        inner = change(atom[INNER])
        return atom if inner == atom[INNER] else (tag, inner)
    return atom


def as_declared(atom: Atom) -> Atom:
    """A class of which nobody knows whether it is exactly this one; every other atom as it is."""
    if atom[TAG] != CLASS:
        return atom
    _, cls, arguments, _ = atom
    return (CLASS, cls, arguments, DECLARED)


def as_self(tag: str, receiver: Atom) -> Atom | None:
    """The receiver as what its own method calls ``self`` or ``cls``."""
    return instance_of(receiver) if tag == SELF else class_of(receiver)


def class_of(atom: Atom) -> Atom | None:
    """The class of a value, or the class itself."""
    tag = atom[TAG]
    if tag == INSTANCE:
        return (CLASS, *atom[DEFINITION:])
    if tag == SELF:
        return (SELF_CLASS, atom[DEFINITION])
    if tag == SUPER:
        _, _, receiver = atom
        return class_of(receiver)
    return atom if tag in (CLASS, SELF_CLASS) else None


def instance_of(atom: Atom) -> Atom | None:
    """A value of a class, or the value itself."""
    tag = atom[TAG]
    if tag == CLASS:
        return (INSTANCE, *atom[DEFINITION:])
    if tag == SELF_CLASS:
        return (SELF, atom[DEFINITION])
    if tag == SUPER:
        _, _, receiver = atom
        return instance_of(receiver)
    return atom if tag in (INSTANCE, SELF) else None
