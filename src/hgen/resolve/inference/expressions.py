"""The types of expressions."""

from collections.abc import Callable

from hgen.resolve.inference import annotations, calls, members, names, protocols
from hgen.resolve.instances import builtin_instance, stub_instance
from hgen.resolve.objects import Frame
from hgen.resolve.program import Program
from hgen.resolve.types import (
    COROUTINE,
    DEFINITION,
    INNER,
    INSTANCE,
    LAMBDA,
    NONE,
    NOTHING,
    TAG,
    TUPLE,
    UNKNOWN,
    Type,
    shallow,
    union,
    without,
)
from hgen.syntax import ir
from hgen.syntax.ir import E_CALL, E_VALUE, KIND, NUMBER, Expr


def evaluate(program: Program, frame: Frame, expression: Expr) -> Type:
    """What an expression can be."""
    kind: int = expression[KIND]
    if kind == E_VALUE:
        number: int = expression[NUMBER]
        known = frame.memo.get(number)
        return known if type(known) is tuple else program.value(frame, number)
    if kind == E_CALL:
        known = frame.memo.get(-id(expression))
        if type(known) is tuple:
            return known
        return program.solver.solve(frame.memo, -id(expression), calls.call, program, frame, expression)
    return _EXPRESSIONS[kind](program, frame, expression)


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
