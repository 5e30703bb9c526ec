"""Type variables: what the arguments of a call say about them."""

from hgen.resolve.inference import members, protocols
from hgen.resolve.objects import Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ANY,
    ARGUMENTS,
    CALLABLE,
    CLASS,
    FUNCTION,
    INNER,
    INSTANCE,
    ITEMS,
    LAMBDA,
    METHOD,
    NAME,
    NONE,
    NOTHING,
    SELF,
    TAG,
    TUPLE,
    TYPE_OF,
    VARIABLE,
    Atom,
    Type,
    as_declared,
    instance_of,
    union,
)
from hgen.syntax.ir import KEYWORD_ONLY, POSITIONAL, VARARGS

_SINGLE_METHODS = {
    "SupportsNext": "__next__",
    "SupportsIter": "__iter__",
    "_SupportsReversed": "__reversed__",
    "SupportsAnext": "__anext__",
}
"""Protocols of typeshed whose parameter is what their only method returns."""

Variables = dict[str, Type]


def fill(
    program: Program,
    function: Function,
    receiver: Atom | None,
    positional: tuple[Type, ...],
    keywords: tuple[tuple[str, Type], ...],
    *,
    variables: Variables,
) -> None:
    """Find type variables of a function's annotations in the arguments of a call."""
    parameters = list(function.scope.parameters)
    frame = program.frame(function.module, function.scope.parent)
    given: list[tuple[int, Type]] = []
    if receiver is not None and parameters and function.flavor != "static":
        if parameters[0].annotation is not None:
            given.append((0, (receiver,)))
        offset = 1
    else:
        offset = 0
    places = [place for place, one in enumerate(parameters) if one.kind == POSITIONAL and place >= offset]
    rest = [place for place, one in enumerate(parameters) if one.kind == VARARGS]
    for count, argument in enumerate(positional):
        fitting = places[count : count + 1] or rest
        if fitting:
            given.append((fitting[0], argument))
    named = {one.name: place for place, one in enumerate(parameters) if one.kind in (POSITIONAL, KEYWORD_ONLY)}
    given.extend((named[name], argument) for name, argument in keywords if name in named)
    for place, argument in given:
        declared = parameters[place].annotation
        if declared is not None and argument:
            _match(program, program.annotated(frame, declared, function), argument, variables, 4)


def _match(program: Program, pattern: Type, argument: Type, variables: Variables, levels: int) -> None:
    """Compare a parameter's type with an argument's, and note what its variables are."""
    left = tuple([atom for atom in argument if atom not in pattern]) if len(pattern) > 1 else argument
    if NONE in pattern:
        left = tuple([atom for atom in left if atom != NONE])
    if not left or levels == 0:
        return
    for part in pattern:
        tag = part[TAG]
        if tag == VARIABLE:
            variables[part[NAME]] = union(variables.get(part[NAME], NOTHING), left)
        elif tag == TYPE_OF:
            # Of ``cast(A, x)`` it is only said, not made, that it is an A.
            found = tuple(
                [one for one in [instance_of(as_declared(atom)) for atom in left if atom[TAG] == CLASS] if one]
            )
            if found:
                _match(program, part[INNER], found, variables, levels - 1)
        elif tag == CALLABLE:
            _match_callable(program, part[INNER], left, variables, levels - 1)
        elif tag == INSTANCE and part[ARGUMENTS]:
            _match_instance(program, part, left, variables, levels)
        elif tag == TUPLE:
            for atom in left:
                if atom[TAG] == TUPLE and len(atom[ITEMS]) == len(part[ITEMS]):
                    for one, other in zip(part[ITEMS], atom[ITEMS], strict=True):
                        _match(program, one, other, variables, levels - 1)


def _match_callable(program: Program, result: Type, argument: Type, variables: Variables, levels: int) -> None:
    for atom in argument:
        if atom[TAG] in (FUNCTION, METHOD, CLASS, LAMBDA, CALLABLE):
            _match(program, result, program.result_of(atom, (), ()), variables, levels)
        elif atom == ANY:
            _match(program, result, (ANY,), variables, levels)


def _match_instance(program: Program, part: Atom, argument: Type, variables: Variables, levels: int) -> None:
    _, cls, arguments, _ = part
    for atom in argument:
        if atom[TAG] in (INSTANCE, SELF, TUPLE):
            seen = members.seen_as(program, atom, cls)
            if seen is None and cls.name in ("Iterable", "Iterator") and atom[TAG] != TUPLE:
                seen = (protocols.iterated(program, (atom,)),)
            if seen is None and cls.name in _SINGLE_METHODS and atom[TAG] != TUPLE:
                seen = (protocols.call_member(program, atom, _SINGLE_METHODS[cls.name]),)
            for one, other in zip(arguments, seen or (), strict=False):
                _match(program, one, other, variables, levels - 1)
        elif atom == ANY:
            for one in arguments:
                _match(program, one, (ANY,), variables, levels - 1)
