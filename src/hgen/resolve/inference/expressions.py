"""The types of expressions and values of one scope."""

from collections.abc import Callable

from hgen.resolve.inference import annotations, calls, decorators, members, names, protocols
from hgen.resolve.inference.narrow import narrowed
from hgen.resolve.instances import builtin_instance, stub_instance
from hgen.resolve.objects import Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ANY,
    ARGUMENTS,
    CLASS,
    COROUTINE,
    DECLARED,
    DEFINITION,
    INNER,
    INSTANCE,
    ITEMS,
    LAMBDA,
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
    shallow,
    union,
    without,
)
from hgen.syntax import ir
from hgen.syntax.ir import E_CALL, E_VALUE, KEYWORDS, KIND, NUMBER, VARARGS, Expr, Value


def evaluate(program: Program, frame: Frame, expression: Expr) -> Type:
    """What an expression can be."""
    kind: int = expression[KIND]
    if kind == E_VALUE:
        number: int = expression[NUMBER]
        known = frame.memo.get(number)
        return known if type(known) is tuple else value(program, frame, number)
    if kind == E_CALL:
        known = frame.memo.get(-id(expression))
        if type(known) is tuple:
            return known
        return program.solver.solve(frame.memo, -id(expression), calls.call, program, frame, expression)
    return _EXPRESSIONS[kind](program, frame, expression)


def value(program: Program, frame: Frame, number: int) -> Type:
    """What a numbered value can be."""
    return program.solver.solve(frame.memo, number, _compute, program, frame, number)


def _compute(program: Program, frame: Frame, number: int) -> Type:
    described = frame.body.values[number]
    return _VALUES[described[KIND]](program, frame, described)


def _unknown(program: Program, frame: Frame, described: Expr) -> Type:
    return UNKNOWN


def _name(program: Program, frame: Frame, described: Expr) -> Type:
    _, name = described
    found = names.final_name(program, frame, name)
    return UNKNOWN if found is None else found


def _attribute(program: Program, frame: Frame, described: Expr) -> Type:
    _, owner, name = described
    return members.attribute(program, evaluate(program, frame, owner), name)


def _subscript(program: Program, frame: Frame, described: Expr) -> Type:
    _, subscripted, index = described
    return annotations.subscripted(program, frame, evaluate(program, frame, subscripted), index)


def _constant(program: Program, frame: Frame, described: Expr) -> Type:
    _, name, _ = described
    return (NONE,) if name == "NoneType" else builtin_instance(program, name)


def _tuple(program: Program, frame: Frame, described: Expr) -> Type:
    _, items = described
    return shallow(((TUPLE, tuple([evaluate(program, frame, item) for item in items])),))


def _items(name: str) -> Callable[[Program, Frame, Expr], Type]:
    def of(program: Program, frame: Frame, described: Expr) -> Type:
        _, items = described
        inner = union(NOTHING, *[evaluate(program, frame, item) for item in items])
        return builtin_instance(program, name, inner or UNKNOWN)

    return of


def _dictionary(program: Program, frame: Frame, described: Expr) -> Type:
    _, keys, values = described
    key = union(NOTHING, *[evaluate(program, frame, item) for item in keys])
    item = union(NOTHING, *[evaluate(program, frame, item) for item in values])
    return builtin_instance(program, "dict", key or UNKNOWN, item or UNKNOWN)


def _comprehension(program: Program, frame: Frame, described: Expr) -> Type:
    _, name, body, value_of_key = described
    item = evaluate(program, frame, body)
    if name == "Generator":
        return stub_instance(program, "typing", "Generator", item, (NONE,), (NONE,))
    if value_of_key is not None:
        return builtin_instance(program, name, item, evaluate(program, frame, value_of_key))
    return builtin_instance(program, name, item)


def _binary(program: Program, frame: Frame, described: Expr) -> Type:
    _, operator, left, right = described
    return calls.operate(program, operator, evaluate(program, frame, left), evaluate(program, frame, right))


def _or(program: Program, frame: Frame, described: Expr) -> Type:
    _, left, right = described
    return union(without(evaluate(program, frame, left), NONE), evaluate(program, frame, right))


def _and(program: Program, frame: Frame, described: Expr) -> Type:
    _, left, right = described
    falsy = tuple([atom for atom in evaluate(program, frame, left) if not members.always_true(program, atom)])
    return union(falsy, evaluate(program, frame, right))


def _conditional(program: Program, frame: Frame, described: Expr) -> Type:
    _, if_true, if_false = described
    return union(evaluate(program, frame, if_true), evaluate(program, frame, if_false))


def _lambda(program: Program, frame: Frame, described: Expr) -> Type:
    _, body = described
    return ((LAMBDA, frame, body),)


def _await(program: Program, frame: Frame, described: Expr) -> Type:
    _, awaitable = described
    return awaited(program, evaluate(program, frame, awaitable))


def awaited(program: Program, some: Type) -> Type:
    """What ``await`` gives."""
    parts: list[Type] = [NOTHING]
    for atom in some:
        if atom[TAG] == COROUTINE:
            parts.append(atom[INNER])
        elif atom[TAG] == INSTANCE and (inner := members.arguments_as(program, atom, "typing", "Awaitable")):
            parts.append(inner[0])
        else:
            parts.append(UNKNOWN)
    return union(*parts)


def _star(program: Program, frame: Frame, described: Expr) -> Type:
    _, unpacked = described
    return protocols.iterated(program, evaluate(program, frame, unpacked))


def _unary(program: Program, frame: Frame, described: Expr) -> Type:
    _, _, operand = described
    some = evaluate(program, frame, operand)
    return some if all(atom[TAG] == INSTANCE and atom[DEFINITION].symbol < 0 for atom in some) else UNKNOWN


def _expression_value(program: Program, frame: Frame, described: Value) -> Type:
    _, expression = described
    return evaluate(program, frame, expression)


def _phi(program: Program, frame: Frame, described: Value) -> Type:
    _, ways, preferred = described
    if preferred:
        found = value(program, frame, ways[0])
        if found and not any(atom in (ANY, OUTSIDE) for atom in found):
            return found
    return union(NOTHING, *[value(program, frame, way) for way in ways])


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
        inner: Type = union(UNKNOWN, without(evaluate(program, around, default), NONE)) if default else UNKNOWN
    else:
        inner = close(program.annotated(around, declared, function))
    if kind == VARARGS:
        return builtin_instance(program, "tuple", inner)
    if kind == KEYWORDS:
        return builtin_instance(program, "dict", builtin_instance(program, "str"), inner)
    return inner


def _item(program: Program, frame: Frame, described: Value) -> Type:
    _, iterated, is_async = described
    return protocols.iterated(program, evaluate(program, frame, iterated), is_async=is_async)


def _enter(program: Program, frame: Frame, described: Value) -> Type:
    _, manager, is_async = described
    return protocols.entered(program, evaluate(program, frame, manager), is_async=is_async)


def _unpack(program: Program, frame: Frame, described: Value) -> Type:
    _, number, position = described
    whole = value(program, frame, number)
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
    some = evaluate(program, frame, classes)
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
    before = value(program, frame, number)
    tested = evaluate(program, frame, test) if test else NOTHING
    return narrowed(program, before, kind, tested, held=held)


def _annotated(program: Program, frame: Frame, described: Value) -> Type:
    _, annotation, number = described
    declared = program.annotated(frame, annotation, None)
    if number < 0:
        return declared
    assigned = value(program, frame, number)
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


_EXPRESSIONS: dict[int, Callable[[Program, Frame, Expr], Type]] = {
    ir.E_UNKNOWN: _unknown,
    ir.E_NAME: _name,
    ir.E_ATTRIBUTE: _attribute,
    ir.E_SUBSCRIPT: _subscript,
    ir.E_CONSTANT: _constant,
    ir.E_TUPLE: _tuple,
    ir.E_LIST: _items("list"),
    ir.E_SET: _items("set"),
    ir.E_DICT: _dictionary,
    ir.E_COMPREHENSION: _comprehension,
    ir.E_BINARY: _binary,
    ir.E_OR: _or,
    ir.E_AND: _and,
    ir.E_CONDITIONAL: _conditional,
    ir.E_LAMBDA: _lambda,
    ir.E_AWAIT: _await,
    ir.E_STAR: _star,
    ir.E_YIELD: _unknown,
    ir.E_UNARY: _unary,
}
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
