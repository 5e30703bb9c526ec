"""Overloaded functions of stubs: which signature fits a call."""

from hgen.resolve.inference import decorators, inheritance
from hgen.resolve.objects import Class, Function
from hgen.resolve.program import Program
from hgen.resolve.types import DEFINITION, INSTANCE, TAG, Arguments, Atom, Keywords, Type
from hgen.syntax.ir import KEYWORD_ONLY, KEYWORDS, KIND, POSITIONAL, SCOPE, V_DEFINITION, VARARGS


def overloads_of(program: Program, function: Function) -> list[Function]:
    """All definitions of a function of a stub."""
    known = function.memo.get("overloads")
    if known is None:
        body = program.frame(function.module, function.scope.parent).body
        found = [body.values[one] for one in body.bound.get(function.scope.name, ())]
        objects = [program.object(function.module, one[SCOPE]) for one in found if one[KIND] == V_DEFINITION]
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
    names = {one.name for one in own}
    kinds = {one.kind for one in own}
    if any(name not in names and name != "**" for name, _ in keywords) and KEYWORDS not in kinds:
        return False
    places = [one for one in own if one.kind == POSITIONAL]
    if len(positional) > len(places) and VARARGS not in kinds:
        return False
    given = {name for name, _ in keywords}
    required = [one.name for one in own if one.kind in (POSITIONAL, KEYWORD_ONLY) and one.default is None]
    missing = [name for name in required[len(positional) :] if name not in given]
    if missing and "**" not in given:
        return False
    frame = program.frame(function.module, function.scope.parent)
    return all(
        _takes(program, program.annotated(frame, place.annotation, function), argument)
        for place, argument in zip(places, positional, strict=False)
        if place.annotation is not None and argument
    )


def _takes(program: Program, declared: Type, argument: Type) -> bool:
    """Whether a parameter can take an argument, as far as the argument is of the standard library's plain classes."""
    if any(
        atom[TAG] != INSTANCE or (atom[DEFINITION].name.lstrip("_").startswith("Supports") and not _is_slice(argument))
        for atom in declared
    ):
        return True
    if any(atom[TAG] != INSTANCE or not atom[DEFINITION].module.outside for atom in argument):
        return True
    return any(
        inheritance.inherits(program, one[DEFINITION], atom[DEFINITION]) or _promoted(one[DEFINITION], atom[DEFINITION])
        for one in argument
        for atom in declared
    )


def _is_slice(argument: Type) -> bool:
    return any(atom[TAG] == INSTANCE and atom[DEFINITION].name == "slice" for atom in argument)


def _promoted(given: Class, declared: Class) -> bool:
    return declared.name in ("float", "complex") and given.name in ("int", "float")
