"""Types for instances of builtin and other standard library classes, as ``list`` of ``str``, made by name.

They are of exactly that class, never of a subclass; ``UNKNOWN`` where the stubs have no such class.
"""

from hgen.resolve.program import Program
from hgen.resolve.types import EXACT, INSTANCE, ITEMS, NOTHING, UNKNOWN, Atom, Type, only, union


def builtin_instance(program: Program, name: str, *arguments: Type) -> Type:
    """The type of an instance of exactly a builtin class, with its type arguments."""
    return stub_instance(program, "builtins", name, *arguments)


def stub_instance(program: Program, module: str, name: str, *arguments: Type) -> Type:
    """The type of an instance of exactly a class of the standard library; ``UNKNOWN`` if no stub defines it."""
    cls = program.stub_class(module, name)
    return UNKNOWN if cls is None else ((INSTANCE, cls, arguments, EXACT),)


def as_tuple(program: Program, atom: Atom) -> Atom:
    """A tuple of known items as an instance of ``tuple``."""
    inner = union(NOTHING, *atom[ITEMS])
    return only(builtin_instance(program, "tuple", inner or UNKNOWN))
