"""The types of expressions and values of one scope."""

from collections.abc import Callable

from hgen.resolve.inference import annotations, calls, decorators, members, names, protocols
from hgen.resolve.inference.narrow import narrowed
from hgen.resolve.instances import builtin_instance, stub_instance
from hgen.resolve.objects import Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ANY,
    CLASS,
    COROUTINE,
    DECLARED,
    INSTANCE,
    LAMBDA,
    NONE,
    NOTHING,
    OUTSIDE,
    OUTSIDE_INSTANCE,
    SELF,
    SELF_CLASS,
    TUPLE,
    UNKNOWN,
    Type,
    close,
    shallow,
    union,
    without,
)
from hgen.syntax.ir import E_CALL, E_VALUE, KEYWORDS, VARARGS, Expr, Value


def evaluate(program: Program, frame: Frame, expression: Expr) -> Type:
    """What an expression can be."""
    kind: int = expression[0]
    if kind == E_VALUE:
        known = frame.memo.get(expression[1])
        return known if type(known) is tuple else value(program, frame, expression[1])
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
    return _VALUES[described[0]](program, frame, described)


def _unknown(program: Program, frame: Frame, described: Expr) -> Type:
    return UNKNOWN


def _name(program: Program, frame: Frame, described: Expr) -> Type:
    found = names.final_name(program, frame, described[1])
    return UNKNOWN if found is None else found


def _attribute(program: Program, frame: Frame, described: Expr) -> Type:
    return members.attribute(program, evaluate(program, frame, described[1]), described[2])


def _subscript(program: Program, frame: Frame, described: Expr) -> Type:
    return annotations.subscripted(program, frame, evaluate(program, frame, described[1]), described[2])


def _constant(program: Program, frame: Frame, described: Expr) -> Type:
    name = described[1]
    return (NONE,) if name == "NoneType" else builtin_instance(program, name)


def _tuple(program: Program, frame: Frame, described: Expr) -> Type:
    items = tuple([evaluate(program, frame, item) for item in described[1]])
    return shallow(((TUPLE, items),))


def _items(name: str) -> Callable[[Program, Frame, Expr], Type]:
    def of(program: Program, frame: Frame, described: Expr) -> Type:
        inner = union(NOTHING, *[evaluate(program, frame, item) for item in described[1]])
        return builtin_instance(program, name, inner or UNKNOWN)

    return of


def _dictionary(program: Program, frame: Frame, described: Expr) -> Type:
    keys = union(NOTHING, *[evaluate(program, frame, item) for item in described[1]])
    values = union(NOTHING, *[evaluate(program, frame, item) for item in described[2]])
    return builtin_instance(program, "dict", keys or UNKNOWN, values or UNKNOWN)


def _comprehension(program: Program, frame: Frame, described: Expr) -> Type:
    name = described[1]
    item = evaluate(program, frame, described[2])
    if name == "Generator":
        return stub_instance(program, "typing", "Generator", item, (NONE,), (NONE,))
    if described[3] is not None:
        return builtin_instance(program, name, item, evaluate(program, frame, described[3]))
    return builtin_instance(program, name, item)


def _binary(program: Program, frame: Frame, described: Expr) -> Type:
    left, right = evaluate(program, frame, described[2]), evaluate(program, frame, described[3])
    return calls.operate(program, described[1], left, right)


def _or(program: Program, frame: Frame, described: Expr) -> Type:
    left = evaluate(program, frame, described[1])
    return union(without(left, NONE), evaluate(program, frame, described[2]))


def _and(program: Program, frame: Frame, described: Expr) -> Type:
    left = evaluate(program, frame, described[1])
    falsy = tuple([atom for atom in left if not members.always_true(program, atom)])
    return union(falsy, evaluate(program, frame, described[2]))


def _conditional(program: Program, frame: Frame, described: Expr) -> Type:
    return union(evaluate(program, frame, described[1]), evaluate(program, frame, described[2]))


def _lambda(program: Program, frame: Frame, described: Expr) -> Type:
    return ((LAMBDA, frame, described[1]),)


def _await(program: Program, frame: Frame, described: Expr) -> Type:
    return awaited(program, evaluate(program, frame, described[1]))


def awaited(program: Program, some: Type) -> Type:
    """What ``await`` gives."""
    parts: list[Type] = [NOTHING]
    for atom in some:
        if atom[0] == COROUTINE:
            parts.append(atom[1])
        elif atom[0] == INSTANCE and (inner := members.arguments_as(program, atom, "typing", "Awaitable")):
            parts.append(inner[0])
        else:
            parts.append(UNKNOWN)
    return union(*parts)


def _star(program: Program, frame: Frame, described: Expr) -> Type:
    return protocols.iterated(program, evaluate(program, frame, described[1]))


def _unary(program: Program, frame: Frame, described: Expr) -> Type:
    operand = evaluate(program, frame, described[2])
    return operand if all(atom[0] == INSTANCE and atom[1].symbol < 0 for atom in operand) else UNKNOWN


def _expression_value(program: Program, frame: Frame, described: Value) -> Type:
    return evaluate(program, frame, described[1])


def _phi(program: Program, frame: Frame, described: Value) -> Type:
    if described[2]:
        found = value(program, frame, described[1][0])
        if found and not any(atom in (ANY, OUTSIDE) for atom in found):
            return found
    return union(NOTHING, *[value(program, frame, way) for way in described[1]])


def _parameter(program: Program, frame: Frame, described: Value) -> Type:
    position = described[1]
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
    return protocols.iterated(program, evaluate(program, frame, described[1]), is_async=described[2])


def _enter(program: Program, frame: Frame, described: Value) -> Type:
    return protocols.entered(program, evaluate(program, frame, described[1]), is_async=described[2])


def _unpack(program: Program, frame: Frame, described: Value) -> Type:
    whole = value(program, frame, described[1])
    if described[2] is None:
        return builtin_instance(program, "list", protocols.iterated(program, whole))
    parts: list[Type] = [NOTHING]
    for atom in whole:
        if atom[0] == TUPLE:
            items = atom[1]
            inside = -len(items) <= described[2] < len(items)
            parts.append(items[described[2]] if inside else UNKNOWN)
        else:
            parts.append(protocols.iterated(program, (atom,)))
    return union(*parts)


def _definition(program: Program, frame: Frame, described: Value) -> Type:
    return decorators.defined(program, frame, described[1])


def _import(program: Program, frame: Frame, described: Value) -> Type:
    return names.imported(program, frame, described[1], described[2], described[3])


def _exception(program: Program, frame: Frame, described: Value) -> Type:
    classes = evaluate(program, frame, described[1])
    if described[2]:
        return UNKNOWN
    parts: list[Type] = [NOTHING]
    for atom in classes:
        for one in [inner for item in atom[1] for inner in item] if atom[0] == TUPLE else [atom]:
            if one[0] == CLASS:
                parts.append(((INSTANCE, one[1], one[2], DECLARED),))
            else:
                parts.append((OUTSIDE_INSTANCE,) if one == OUTSIDE else UNKNOWN)
    return union(*parts)


def _narrowed(program: Program, frame: Frame, described: Value) -> Type:
    _, number, kind, test, held = described
    before = value(program, frame, number)
    tested = evaluate(program, frame, test) if test else NOTHING
    return narrowed(program, before, kind, tested, held=held)


def _annotated(program: Program, frame: Frame, described: Value) -> Type:
    declared = program.annotated(frame, described[1], None)
    if described[2] >= 0 and (not declared or ANY in declared):
        return union(declared, value(program, frame, described[2])) if declared else value(program, frame, described[2])
    if described[2] >= 0:
        assigned = value(program, frame, described[2])
        return annotations.assigned(program, declared, assigned)
    return declared


def _nothing(program: Program, frame: Frame, described: Value) -> Type:
    return NOTHING


def _outer(program: Program, frame: Frame, described: Value) -> Type:
    found = names.outer_name(program, frame, described[1])
    return NOTHING if found is None else found


def _global(program: Program, frame: Frame, described: Value) -> Type:
    found = names.global_name(program, frame.module, described[1])
    if found is None:
        found = names.builtin(program, described[1])
    return UNKNOWN if found is None else found


_EXPRESSIONS: list[Callable[[Program, Frame, Expr], Type]] = [
    _unknown, _unknown, _name, _attribute, _unknown, _subscript, _constant, _tuple, _items("list"), _items("set"),
    _dictionary, _comprehension, _binary, _or, _and, _conditional, _lambda, _await, _star, _unknown, _unary,
]  # fmt: skip
_VALUES: list[Callable[[Program, Frame, Value], Type]] = [
    _expression_value, _phi, _parameter, _item, _enter, _unpack, _definition, _import, _exception, _narrowed,
    _annotated, _unknown, _nothing, _outer, _global,
]  # fmt: skip
