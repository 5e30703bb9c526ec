"""Overloaded functions of stubs: which signature fits a call."""

from hgen.resolve.inference import classes, decorators
from hgen.resolve.objects import Class, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    INSTANCE,
    Arguments,
    Atom,
    Keywords,
    Type,
)
from hgen.syntax.ir import V_DEFINITION


def overloads_of(program: Program, function: Function) -> list[Function]:
    """All definitions of a function of a stub."""
    known = function.memo.get("overloads")
    if known is None:
        body = program.frame(function.module, function.scope.parent).body
        found = [body.values[one] for one in body.bound.get(function.scope.name, ())]
        objects = [program.object(function.module, one[1]) for one in found if one[0] == V_DEFINITION]
        known = [one for one in objects if isinstance(one, Function) and decorators.is_overload(program, one)]
        known = function.memo["overloads"] = known or [function]
    return known


def fits(
    program: Program, function: Function, receiver: Atom | None, positional: Arguments, keywords: Keywords
) -> bool:
    """Whether an overload takes this number of arguments and these keywords."""
    own = (
        function.scope.parameters[1:]
        if receiver is not None and function.flavor != "static"
        else function.scope.parameters
    )
    names = {name for name, _, kind, _ in own}
    if any(name not in names and name != "**" for name, _ in keywords) and not any(kind == 3 for _, _, kind, _ in own):
        return False
    places = [one for one in own if one[2] == 0]
    if len(positional) > len(places) and not any(kind == 1 for _, _, kind, _ in own):
        return False
    given = {name for name, _ in keywords}
    required = [name for name, _, kind, default in own if kind in (0, 2) and default is None]
    missing = [name for name in required[len(positional) :] if name not in given]
    if missing and "**" not in given:
        return False
    frame = program.frame(function.module, function.scope.parent)
    return all(
        _takes(program, program.annotated(frame, place[1], function), argument)
        for place, argument in zip(places, positional, strict=False)
        if place[1] is not None and argument
    )


def _takes(program: Program, declared: Type, argument: Type) -> bool:
    """Whether a parameter can take an argument, as far as the argument is of the standard library's plain classes."""
    if any(
        atom[0] != INSTANCE or (atom[1].name.lstrip("_").startswith("Supports") and not _is_slice(argument))
        for atom in declared
    ):
        return True
    if any(atom[0] != INSTANCE or not atom[1].module.outside for atom in argument):
        return True
    return any(
        classes.inherits(program, one[1], atom[1]) or _promoted(one[1], atom[1])
        for one in argument
        for atom in declared
    )


def _is_slice(argument: Type) -> bool:
    return any(atom[0] == INSTANCE and atom[1].name == "slice" for atom in argument)


def _promoted(given: Class, declared: Class) -> bool:
    return declared.name in ("float", "complex") and given.name in ("int", "float")
