"""Who calls a function of the repository, and with what."""

from collections.abc import Iterator

from hgen.resolve.inference import decorators, inheritance
from hgen.resolve.likely.nameindex import names_of
from hgen.resolve.objects import Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import CLASS, DEFINITION, FUNCTION, METHOD, TAG
from hgen.syntax import ir
from hgen.syntax.ir import Expr

_MAX_CALLS = 12
"""Calls of one function whose arguments are looked at."""
_MAX_HEIRS = 12


def calls_of(program: Program, function: Function) -> Iterator[tuple[Frame, ir.Site, int]]:
    """The calls of a function, each with the number of parameters that are bound before."""
    counted = 0
    for caller, site in _sites(program, _written_names(function)):
        offset = _offset(program, caller, ir.written(site), function)
        if offset is not None:
            yield caller, site, offset
            counted += 1
            if counted >= _MAX_CALLS:
                return


def _sites(program: Program, names: tuple[str, ...]) -> Iterator[tuple[Frame, ir.Site]]:
    tried = 0
    for name in names:
        for module, index in names_of(program).calling(name):
            frame = program.frame(module, index)
            for site in frame.body.sites:
                if site[ir.KIND] == ir.CALL and _is_written(ir.written(site), frame, name):
                    yield frame, site
                    tried += 1
                    if tried >= 4 * _MAX_CALLS:
                        return


def _offset(program: Program, caller: Frame, called: Expr, function: Function) -> int | None:
    for atom in program.evaluate(caller, called):
        if atom[TAG] == FUNCTION and atom[DEFINITION] is function:
            return 0
        if atom[TAG] == METHOD and atom[DEFINITION] is function:
            return 0 if decorators.flavor(program, function) == "static" else 1
        if atom[TAG] == CLASS and function.scope.name == "__init__":
            owner = inheritance.owner_of(program, atom[DEFINITION], "__init__")
            if owner is function.owner:
                return 1
    return None


def _written_names(function: Function) -> tuple[str, ...]:
    """How calls of a function may be written: a constructor by its class, or by one that inherits it."""
    if function.owner is None or function.scope.name != "__init__":
        return (function.scope.name,)
    heirs = [heir.name for heir in function.owner.subclasses[:_MAX_HEIRS]]
    return tuple(dict.fromkeys([function.owner.name, *heirs, "__init__"]))


def _is_written(called: Expr, frame: Frame, name: str) -> bool:
    if called[ir.KIND] == ir.E_ATTRIBUTE:
        return bool(called[ir.ATTRIBUTE] == name)
    if called[ir.KIND] != ir.E_VALUE:
        return False
    described = frame.body.values[called[ir.NUMBER]]
    if described[ir.KIND] in (ir.V_OUTER, ir.V_GLOBAL):
        _, own_name = described
        return bool(own_name == name)
    return described[ir.KIND] in (ir.V_DEFINITION, ir.V_IMPORT, ir.V_PHI)


def argument(call: Expr, name: str, position: int, *, positional: bool) -> Expr | None:
    """The expression that a call gives to a parameter."""
    arguments: tuple[Expr, ...]
    keywords: tuple[tuple[str, Expr], ...]
    _, _, arguments, keywords = call
    for keyword, found in keywords:
        if keyword == name:
            return found
    unpacked = any(given[ir.KIND] == ir.E_STAR for given in arguments[: position + 1])
    if not positional or unpacked or not 0 <= position < len(arguments):
        return None
    return arguments[position]
