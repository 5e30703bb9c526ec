"""What functions return."""

from hgen.resolve.inference import decorators, inheritance, members, protocols
from hgen.resolve.inference.bindings import fill
from hgen.resolve.inference.overloads import fits, overloads_of
from hgen.resolve.instances import stub_instance
from hgen.resolve.objects import Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ANY,
    ARGUMENTS,
    CALLABLE,
    CLASS,
    COROUTINE,
    DEFINITION,
    FUNCTION,
    INSTANCE,
    LAMBDA,
    MANAGER,
    METHOD,
    NONE,
    NOTHING,
    SELF,
    TAG,
    UNKNOWN,
    Arguments,
    Atom,
    Keywords,
    Type,
    close,
    instance_of,
    substitute,
    union,
)
from hgen.syntax.ir import (
    E_VALUE,
    IS_CALLABLE,
    IS_NONE,
    IS_TRUE,
    KIND,
    NUMBER,
    POSITION,
    POSITIONAL,
    V_NARROWED,
    V_PARAMETER,
    Expr,
)


def result_of_function(
    program: Program, function: Function, receiver: Atom | None, positional: Arguments, keywords: Keywords
) -> Type:
    """What calling a function of the repository or a stub gives; ``receiver`` is what a method is bound to."""
    if function.module.outside:
        overloads = overloads_of(program, function)
        if len(overloads) > 1:
            fitting = [one for one in overloads if fits(program, one, receiver, positional, keywords)]
            if fitting and all(argument and ANY not in argument for argument in positional):
                return _one_result(program, fitting[0], receiver, positional, keywords)
            results = [_one_result(program, one, receiver, positional, keywords) for one in fitting or overloads]
            return union(NOTHING, *results)
    return _one_result(program, function, receiver, positional, keywords)


def returned(program: Program, function: Function) -> Type:
    """What a function returns when called, in terms of its own type variables and ``self``."""
    return program.solver.solve(function.memo, "returned", _returned, program, function)


def _one_result(
    program: Program, function: Function, receiver: Atom | None, positional: Arguments, keywords: Keywords
) -> Type:
    result = returned(program, function)
    if passed := function.memo.get("passed"):
        result = union(result, *[_given(function, place, receiver, positional, keywords) for place in passed])
    if receiver is None and function.scope.name == "__new__" and positional and len(positional[0]) == 1:
        ((receiver,), *rest) = positional
        positional = tuple(rest)
    if all(atom[TAG] == INSTANCE and not atom[ARGUMENTS] for atom in result):
        return result
    variables: dict[str, Type] = {}
    receivers: Type = () if receiver is None else (receiver,)
    if receiver is not None and function.owner is not None:
        view = instance_of(receiver)
        names = inheritance.parameters(program, function.owner)
        if view is not None and names:
            seen = members.seen_as(program, view, function.owner) or ()
            variables.update(zip(names, seen, strict=False))
    fill(program, function, receiver, positional, keywords, variables=variables)
    return close(substitute(result, variables, receivers))


def _returned(program: Program, function: Function) -> Type:  # noqa: PLR0911
    scope = function.scope
    frame = program.frame(function.module, scope.parent)
    if scope.returns is not None:
        result = program.annotated(frame, scope.returns, function)
        if decorators.is_manager(program, function):
            return ((MANAGER, protocols.iterated(program, result, is_async=scope.is_async)),)
        if (
            not function.module.outside
            and not scope.is_generator
            and any(a == ANY or a[TAG] == CALLABLE for a in result)
        ):
            inferred = _inferred(program, function)
            if all(atom[TAG] in (FUNCTION, METHOD, LAMBDA, INSTANCE, SELF, CLASS) for atom in inferred):
                function.memo["inferred"] = True
                result = inferred or result
        return ((COROUTINE, result),) if scope.is_async and not _yields(scope.is_generator, result) else result
    if function.module.outside:
        return UNKNOWN
    own = program.frame(function.module, scope.index)
    body = own.body
    if scope.is_generator:
        item = union(NOTHING, *[program.evaluate(own, one) for one in body.yields])
        if decorators.is_manager(program, function):
            return ((MANAGER, item),)
        if scope.is_async:
            return stub_instance(program, "typing", "AsyncGenerator", item, UNKNOWN)
        return stub_instance(program, "typing", "Generator", item, UNKNOWN, UNKNOWN)
    result = _inferred(program, function) or (NOTHING if function.memo.get("passed") else UNKNOWN)
    return ((COROUTINE, result),) if scope.is_async else result


def _inferred(program: Program, function: Function) -> Type:
    """What a function's return statements give, except the parameters that it hands back: those are noted."""
    own = program.frame(function.module, function.scope.index)
    passed = dict.fromkeys(_handed_back(program, own, one) for one in own.body.returns)
    function.memo["passed"] = tuple([place for place in passed if place >= 0])
    others = [one for one in own.body.returns if _handed_back(program, own, one) < 0]
    result = union(NOTHING, *[program.evaluate(own, one) for one in others])
    return union(result, (NONE,)) if own.body.falls_through else result


def _handed_back(program: Program, own: Frame, returned_expression: Expr) -> int:
    """The position of the parameter that an expression is, if nothing is declared of it; else -1."""
    if returned_expression[KIND] != E_VALUE:
        return -1
    number: int = returned_expression[NUMBER]
    while (described := own.body.values[number])[KIND] == V_NARROWED:
        _, before, test, _, _ = described
        if test not in (IS_TRUE, IS_NONE, IS_CALLABLE):
            return -1
        number = before
    if described[KIND] != V_PARAMETER:
        return -1
    position: int = described[POSITION]
    _, declared, kind, default = own.scope.parameters[position]
    plain = declared is None and default is None and kind == POSITIONAL
    return position if plain and program.value(own, number) == UNKNOWN else -1


def _given(function: Function, place: int, receiver: Atom | None, positional: Arguments, keywords: Keywords) -> Type:
    """What a call gives to a parameter."""
    own_name = function.scope.parameters[place].name
    for name, argument in keywords:
        if name == own_name:
            return argument
    index = place - (receiver is not None and function.flavor != "static")
    return positional[index] if 0 <= index < len(positional) else UNKNOWN


def _yields(is_generator: bool, result: Type) -> bool:
    """Whether an ``async def`` is a generator; in stubs and protocols only its annotation tells."""
    return is_generator or any(
        atom[TAG] == INSTANCE
        and atom[DEFINITION].module.outside
        and atom[DEFINITION].name in ("AsyncIterator", "AsyncGenerator", "AsyncIterable")
        for atom in result
    )
