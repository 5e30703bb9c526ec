"""The types of the numbered values of one scope."""

from collections.abc import Callable

from hgen.resolve.inference import annotations, decorators, names, protocols
from hgen.resolve.inference.narrow import narrowed
from hgen.resolve.instances import builtin_instance
from hgen.resolve.objects import Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ANY,
    ARGUMENTS,
    CLASS,
    DECLARED,
    DEFINITION,
    INSTANCE,
    ITEMS,
    NONE,
    NOTHING,
    OUTSIDE,
    OUTSIDE_INSTANCE,
    SELF,
    SELF_CLASS,
    TAG,
    TUPLE,
    UNKNOWN,
    Type,
    close,
    union,
    without,
)
from hgen.syntax import ir
from hgen.syntax.ir import KEYWORDS, KIND, VARARGS, Value


def value(program: Program, frame: Frame, number: int) -> Type:
    """What a numbered value can be."""
    return program.solver.solve(frame.memo, number, _compute, program, frame, number)


def _compute(program: Program, frame: Frame, number: int) -> Type:
    described = frame.body.values[number]
    return _VALUES[described[KIND]](program, frame, described)


def _unknown(program: Program, frame: Frame, described: Value) -> Type:
    return UNKNOWN


def _expression_value(program: Program, frame: Frame, described: Value) -> Type:
    _, expression = described
    return program.evaluate(frame, expression)


def _phi(program: Program, frame: Frame, described: Value) -> Type:
    _, ways, preferred = described
    if preferred:
        found = program.value(frame, ways[0])
        if found and not any(atom in (ANY, OUTSIDE) for atom in found):
            return found
    return union(NOTHING, *[program.value(frame, way) for way in ways])


def _parameter(program: Program, frame: Frame, described: Value) -> Type:
    _, position = described
    _, declared, kind, default = frame.scope.parameters[position]
    function = program.object(frame.module, frame.scope.index)
    assert isinstance(function, Function)
    around = program.frame(frame.module, frame.scope.parent)
    if position == 0 and function.owner is not None and kind not in (VARARGS, KEYWORDS):
        flavor = decorators.flavor(program, function)
        if flavor == "class":
            return ((SELF_CLASS, function.owner),)
        if flavor != "static":
            return ((SELF, function.owner),)
    if declared is None:
        # Callers give what they like, but what the author had in mind tells what to look at.
        inner: Type = union(UNKNOWN, without(program.evaluate(around, default), NONE)) if default else UNKNOWN
    else:
        inner = close(program.annotated(around, declared, function))
    if kind == VARARGS:
        return builtin_instance(program, "tuple", inner)
    if kind == KEYWORDS:
        return builtin_instance(program, "dict", builtin_instance(program, "str"), inner)
    return inner


def _item(program: Program, frame: Frame, described: Value) -> Type:
    _, iterated, is_async = described
    return protocols.iterated(program, program.evaluate(frame, iterated), is_async=is_async)


def _enter(program: Program, frame: Frame, described: Value) -> Type:
    _, manager, is_async = described
    return protocols.entered(program, program.evaluate(frame, manager), is_async=is_async)


def _unpack(program: Program, frame: Frame, described: Value) -> Type:
    _, number, position = described
    whole = program.value(frame, number)
    if position is None:
        return builtin_instance(program, "list", protocols.iterated(program, whole))
    parts: list[Type] = [NOTHING]
    for atom in whole:
        if atom[TAG] == TUPLE:
            items = atom[ITEMS]
            parts.append(items[position] if -len(items) <= position < len(items) else UNKNOWN)
        else:
            parts.append(protocols.iterated(program, (atom,)))
    return union(*parts)


def _definition(program: Program, frame: Frame, described: Value) -> Type:
    _, scope = described
    return decorators.defined(program, frame, scope)


def _import(program: Program, frame: Frame, described: Value) -> Type:
    _, module, name, level = described
    return names.imported(program, frame, module, name, level)


def _exception(program: Program, frame: Frame, described: Value) -> Type:
    _, classes, is_group = described
    some = program.evaluate(frame, classes)
    if is_group:
        return UNKNOWN
    parts: list[Type] = [NOTHING]
    for atom in some:
        for one in [inner for item in atom[ITEMS] for inner in item] if atom[TAG] == TUPLE else [atom]:
            if one[TAG] == CLASS:
                parts.append(((INSTANCE, one[DEFINITION], one[ARGUMENTS], DECLARED),))
            else:
                parts.append((OUTSIDE_INSTANCE,) if one == OUTSIDE else UNKNOWN)
    return union(*parts)


def _narrowed(program: Program, frame: Frame, described: Value) -> Type:
    _, number, kind, test, held = described
    before = program.value(frame, number)
    tested = program.evaluate(frame, test) if test else NOTHING
    return narrowed(program, before, kind, tested, held=held)


def _annotated(program: Program, frame: Frame, described: Value) -> Type:
    _, annotation, number = described
    declared = program.annotated(frame, annotation, None)
    if number < 0:
        return declared
    assigned = program.value(frame, number)
    if not declared or ANY in declared:
        return union(declared, assigned) if declared else assigned
    return annotations.assigned(program, declared, assigned)


def _nothing(program: Program, frame: Frame, described: Value) -> Type:
    return NOTHING


def _outer(program: Program, frame: Frame, described: Value) -> Type:
    _, name = described
    found = names.outer_name(program, frame, name)
    return NOTHING if found is None else found


def _global(program: Program, frame: Frame, described: Value) -> Type:
    _, name = described
    found = names.global_name(program, frame.module, name)
    if found is None:
        found = names.builtin(program, name)
    return UNKNOWN if found is None else found


_VALUES: dict[int, Callable[[Program, Frame, Value], Type]] = {
    ir.V_EXPR: _expression_value,
    ir.V_PHI: _phi,
    ir.V_PARAMETER: _parameter,
    ir.V_ITEM: _item,
    ir.V_ENTER: _enter,
    ir.V_UNPACK: _unpack,
    ir.V_DEFINITION: _definition,
    ir.V_IMPORT: _import,
    ir.V_EXCEPTION: _exception,
    ir.V_NARROWED: _narrowed,
    ir.V_ANNOTATED: _annotated,
    ir.V_UNKNOWN: _unknown,
    ir.V_UNBOUND: _nothing,
    ir.V_OUTER: _outer,
    ir.V_GLOBAL: _global,
}
