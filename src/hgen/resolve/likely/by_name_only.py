"""Which definition does a call on an unknown value likely mean? One answer where only one is at hand, else none.

A likely answer is shown among the dependencies of a function, and never makes one complete.
"""

from collections.abc import Container, Iterable

from hgen.resolve.inference import inheritance
from hgen.resolve.likely.nameindex import ScopeAt, names_of
from hgen.resolve.objects import Class, Frame, Function, LoadedModule
from hgen.resolve.program import Program
from hgen.resolve.types import DEFINITION, OUTSIDE, OUTSIDE_INSTANCE, SELF, SELF_CLASS, TAG, UNKNOWN, Atom, Type
from hgen.scoring.roles import is_support
from hgen.syntax.ir import (
    E_ATTRIBUTE,
    E_AWAIT,
    E_CALL,
    E_SUBSCRIPT,
    E_VALUE,
    KIND,
    NUMBER,
    V_ENTER,
    V_EXPR,
    V_ITEM,
    V_NARROWED,
    V_PARAMETER,
    V_UNPACK,
    Expr,
    parameter,
)

_MAX_CLASSES = 60
"""A name that more classes define means nothing without a type."""
_MAX_LINKS = 20


def likely_method(program: Program, caller: LoadedModule, receiver: Type, name: str) -> Function | None:
    """The method that ``value.name()`` likely means where nothing is known of the value.

    It is the only one of this name, or overridden by all others; definitions in tests count for tests only.
    """
    for atom in receiver:
        if atom[TAG] in (SELF, SELF_CLASS) and (mixed := _mixed_in(program, atom, name)) is not None:
            return mixed
    in_tests = is_support(caller.path)
    key = (name, in_tests)
    likely = names_of(program).likely
    if key not in likely:
        likely[key] = _likely(program, name, in_tests=in_tests)
    return likely[key]


def implementing(program: Program, caller: LoadedModule, name: str) -> list[Function]:
    """The methods that may run where a protocol's method is called: none, the likely one, or several."""
    found = _firm(program, _places(program, name, in_tests=is_support(caller.path)))
    top = topmost(program, found)
    return found if top is None else [top]


def foreign_root(program: Program, frame: Frame, expression: Expr) -> bool:
    """Whether an expression starts with a value that is said to be no class of the repository's own."""
    for _ in range(_MAX_LINKS):
        if expression[KIND] in (E_ATTRIBUTE, E_CALL, E_SUBSCRIPT, E_AWAIT):
            _, expression, *_ = expression
            continue
        if expression[KIND] != E_VALUE:
            return False
        described = frame.body.values[expression[NUMBER]]
        if described[KIND] in (V_EXPR, V_ITEM, V_ENTER):
            _, expression, *_ = described
        elif described[KIND] in (V_NARROWED, V_UNPACK):
            expression = (E_VALUE, described[NUMBER])
        else:
            some = program.evaluate(frame, expression)
            declared = described[KIND] == V_PARAMETER and parameter(frame.scope, described).annotation is not None
            return OUTSIDE in some or OUTSIDE_INSTANCE in some or (declared and some == UNKNOWN)
    return False


def topmost(program: Program, methods: Iterable[Function]) -> Function | None:
    """The method that all the others override, if one is."""
    found = [one for one in methods if one.owner is not None]
    for one in found:
        owner = one.owner
        if owner is not None and all(
            other.owner is owner or (other.owner is not None and inheritance.inherits(program, other.owner, owner))
            for other in found
        ):
            return one
    return None


def _mixed_in(program: Program, atom: Atom, name: str) -> Function | None:
    """A method that a mix-in expects from the classes that it is mixed into, where they all agree."""
    cls: Class = atom[DEFINITION]
    owners: dict[Class | None, None] = {}
    for heir in cls.subclasses[:_MAX_CLASSES]:
        owner = inheritance.owner_of(program, heir, name)
        if owner is not None and not is_support(owner.module.path):
            owners[owner] = None
    return topmost(program, _methods(program, owners, name))


def _methods(program: Program, owners: Container[Class | None], name: str) -> list[Function]:
    return [
        one for module, index in names_of(program).methods.get(name, ())
        if isinstance(one := program.object(module, index), Function) and one.owner in owners
    ]  # fmt: skip


def _likely(program: Program, name: str, *, in_tests: bool) -> Function | None:
    if name in names_of(program).plain or name in names_of(program).foreign:
        return None
    places = _places(program, name, in_tests=in_tests)
    if not 0 < len(places) <= _MAX_CLASSES:
        return None
    every = [one for module, index in places if isinstance(one := program.object(module, index), Function)]
    return topmost(program, _firm(program, places) or every)


def _places(program: Program, name: str, *, in_tests: bool) -> list[ScopeAt]:
    return [place for place in names_of(program).methods.get(name, ()) if in_tests or not is_support(place.module.path)]


def _firm(program: Program, places: Iterable[ScopeAt]) -> list[Function]:
    """The methods at some places that are not a protocol's."""
    found = [program.object(module, index) for module, index in places]
    return [
        one for one in found
        if isinstance(one, Function) and one.owner is not None and not inheritance.is_protocol(program, one.owner)
    ]  # fmt: skip
