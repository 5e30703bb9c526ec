"""What calls and operators give."""

from hgen.resolve import annotations, classes, decorators, evaluate, members, protocols
from hgen.resolve.bindings import fill
from hgen.resolve.construction import instantiated, makes_instances
from hgen.resolve.objects import Class, Frame, Function
from hgen.resolve.overloads import fits, overloads_of
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ANY,
    CALLABLE,
    CLASS,
    COROUTINE,
    DECLARED,
    FUNCTION,
    INSTANCE,
    LAMBDA,
    MANAGER,
    METHOD,
    NONE,
    NOTHING,
    SELF,
    SELF_CLASS,
    SUPER,
    TYPE_OF,
    UNKNOWN,
    VARIABLE,
    Arguments,
    Atom,
    Keywords,
    Type,
    class_of,
    close,
    instance_of,
    substitute,
    union,
)
from hgen.syntax.ir import E_CONSTANT, E_VALUE, POSITIONAL, V_NARROWED, V_PARAMETER, Expr

_OPERATORS = {
    "+": "__add__", "-": "__sub__", "*": "__mul__", "@": "__matmul__", "/": "__truediv__", "//": "__floordiv__",
    "%": "__mod__", "**": "__pow__", "<<": "__lshift__", ">>": "__rshift__", "&": "__and__", "|": "__or__",
    "^": "__xor__",
}  # fmt: skip


def call(program: Program, frame: Frame, expression: Expr) -> Type:
    """What a call expression gives."""
    function = evaluate.evaluate(program, frame, expression[1])
    if not function or function == UNKNOWN:
        return UNKNOWN
    if _is_outside(function, "builtins", "super"):
        return _super(program, frame, expression)
    positional = tuple([evaluate.evaluate(program, frame, argument) for argument in expression[2]])
    keywords = tuple([(name, evaluate.evaluate(program, frame, argument)) for name, argument in expression[3]])
    if _is_outside(function, "functools", "partial") and positional:
        # What it calls in the end is the function, which is likely, but not surely, what a reader says that it calls.
        return union(UNKNOWN, positional[0])
    if _is_type_variable(function):
        return _type_variable(program, frame, expression)
    if _is_outside(function, "builtins", "type") and len(positional) == 1:
        return _type(positional[0])
    return union(NOTHING, *[result_of(program, atom, positional, keywords) for atom in function])


def result_of(program: Program, atom: Atom, positional: Arguments, keywords: Keywords) -> Type:  # noqa: PLR0911
    """What calling one atom gives."""
    tag = atom[0]
    if tag == FUNCTION:
        result = result_of_function(program, atom[1], None, positional, keywords)
        return result if atom[2] else union(result, UNKNOWN)
    if tag == METHOD:
        result = result_of_function(program, atom[1], atom[2], positional, keywords)
        sure = atom[3] and not _may_return_else(program, atom[1], atom[2])
        return result if sure else union(result, UNKNOWN)
    if tag == CLASS:
        return instantiated(program, atom, positional, keywords)
    if tag == SELF_CLASS:
        return ((SELF, atom[1]),) if makes_instances(program, atom[1]) else UNKNOWN
    if tag in (INSTANCE, SELF):
        found = members.member(program, atom, "__call__")
        if not found or any(one[0] not in (METHOD, FUNCTION) for one in found):
            return UNKNOWN
        return union(NOTHING, *[result_of(program, one, positional, keywords) for one in found])
    if tag == LAMBDA:
        return evaluate.evaluate(program, atom[1], atom[2])
    if tag == CALLABLE:
        return close(atom[1])
    if tag == TYPE_OF:
        inner: Type = atom[1]
        return inner
    return NOTHING if atom == NONE else UNKNOWN


def _may_return_else(program: Program, method: Function, receiver: Atom) -> bool:
    """Whether a subclass may have a method in this one's place that returns something else."""
    if receiver[0] in (INSTANCE, CLASS) and receiver[3] != DECLARED:
        return False
    if method.module.outside or (method.scope.returns is not None and not method.memo.get("inferred")):
        return False
    return receiver[0] in (SELF, SELF_CLASS, INSTANCE, CLASS) and program.overriding(receiver[1], method.scope.name)


def returned(program: Program, function: Function) -> Type:
    """What a function returns when called, in terms of its own type variables and ``self``."""
    return program.solver.solve(function.memo, "returned", _returned, program, function)


def operate(program: Program, operator: str, left: Type, right: Type) -> Type:
    """What a binary operator gives."""
    if (
        operator == "|"
        and any(atom[0] in (CLASS, NONE) for atom in left)
        and all(a[0] == CLASS or a == NONE for a in right)
    ):
        return union(left, right)
    name = _OPERATORS.get(operator)
    parts: list[Type] = [NOTHING]
    for atom in left:
        found = members.member(program, atom, name) if name and atom[0] in (INSTANCE, SELF) else None
        if found and all(one[0] == METHOD for one in found):
            parts.extend([result_of(program, one, (right,), ()) for one in found])
        else:
            parts.append(UNKNOWN)
    return union(*parts)


def _is_outside(function: Type, module: str, name: str) -> bool:
    """Whether a type is one class of the standard library."""
    if len(function) != 1 or function[0][0] != CLASS:
        return False
    cls: Class = function[0][1]
    return cls.module.outside and cls.name == name and cls.module.name == module


def _super(program: Program, frame: Frame, expression: Expr) -> Type:
    arguments = expression[2]
    if len(arguments) == 2:
        start = evaluate.evaluate(program, frame, arguments[0])
        receiver = evaluate.evaluate(program, frame, arguments[1])
        known = len(start) == 1 and start[0][0] in (CLASS, SELF_CLASS) and len(receiver) == 1
        if known and receiver[0][0] in (SELF, SELF_CLASS, INSTANCE, CLASS):
            return ((SUPER, start[0][1], receiver[0]),)
        return UNKNOWN
    index = frame.scope.index
    while index > 0:
        found = program.object(frame.module, index)
        if isinstance(found, Function) and found.owner is not None:
            kind = {"class": SELF_CLASS, "plain": SELF}.get(decorators.flavor(program, found))
            return ((SUPER, found.owner, (kind, found.owner)),) if kind else UNKNOWN
        index = frame.module.scopes[index].parent
    return UNKNOWN


def _is_type_variable(function: Type) -> bool:
    return (
        len(function) == 1
        and function[0][0] == CLASS
        and function[0][1].name == "TypeVar"
        and function[0][1].module.outside
    )


def _type_variable(program: Program, frame: Frame, expression: Expr) -> Type:
    names = expression[2][:1]
    if not names or names[0][0] != E_CONSTANT or not names[0][2]:
        return UNKNOWN
    bounds = [annotations.annotated(program, frame, bound, None) for bound in expression[2][1:]]
    bounds += [
        annotations.annotated(program, frame, bound, None) for keyword, bound in expression[3] if keyword == "bound"
    ]
    return ((VARIABLE, names[0][2], union(NOTHING, *bounds)),)


def _type(argument: Type) -> Type:
    return union(NOTHING, *[(found,) if (found := class_of(atom)) else UNKNOWN for atom in argument])


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


def _one_result(
    program: Program, function: Function, receiver: Atom | None, positional: Arguments, keywords: Keywords
) -> Type:
    result = returned(program, function)
    if passed := function.memo.get("passed"):
        result = union(result, *[_given(function, place, receiver, positional, keywords) for place in passed])
    if receiver is None and function.scope.name == "__new__" and positional and len(positional[0]) == 1:
        receiver, positional = positional[0][0], positional[1:]
    if all(atom[0] == INSTANCE and not atom[2] for atom in result):
        return result
    variables: dict[str, Type] = {}
    receivers: Type = () if receiver is None else (receiver,)
    if receiver is not None and function.owner is not None:
        view = instance_of(receiver)
        names = classes.parameters(program, function.owner)
        if view is not None and names:
            seen = members.seen_as(program, view, function.owner) or ()
            variables.update(zip(names, seen, strict=False))
    fill(program, function, receiver, positional, keywords, variables=variables)
    return close(substitute(result, variables, receivers))


def _returned(program: Program, function: Function) -> Type:  # noqa: PLR0911
    scope = function.scope
    frame = program.frame(function.module, scope.parent)
    if scope.returns is not None:
        result = annotations.annotated(program, frame, scope.returns, function)
        if decorators.is_manager(program, function):
            return ((MANAGER, protocols.iterated(program, result, is_async=scope.is_async)),)
        if not function.module.outside and not scope.is_generator and any(a == ANY or a[0] == CALLABLE for a in result):
            inferred = _inferred(program, function)
            if all(atom[0] in (FUNCTION, METHOD, LAMBDA, INSTANCE, SELF, CLASS) for atom in inferred):
                function.memo["inferred"] = True
                result = inferred or result
        return ((COROUTINE, result),) if scope.is_async and not _yields(scope.is_generator, result) else result
    if function.module.outside:
        return UNKNOWN
    own = program.frame(function.module, scope.index)
    body = own.body
    if scope.is_generator:
        item = union(NOTHING, *[evaluate.evaluate(program, own, one) for one in body.yields])
        if decorators.is_manager(program, function):
            return ((MANAGER, item),)
        if scope.is_async:
            return members.stub_instance(program, "typing", "AsyncGenerator", item, UNKNOWN)
        return members.stub_instance(program, "typing", "Generator", item, UNKNOWN, UNKNOWN)
    result = _inferred(program, function) or (NOTHING if function.memo.get("passed") else UNKNOWN)
    return ((COROUTINE, result),) if scope.is_async else result


def _inferred(program: Program, function: Function) -> Type:
    """What a function's return statements give, except the parameters that it hands back: those are noted."""
    own = program.frame(function.module, function.scope.index)
    passed = dict.fromkeys(_handed_back(program, own, one) for one in own.body.returns)
    function.memo["passed"] = tuple([place for place in passed if place >= 0])
    others = [one for one in own.body.returns if _handed_back(program, own, one) < 0]
    result = union(NOTHING, *[evaluate.evaluate(program, own, one) for one in others])
    return union(result, (NONE,)) if own.body.falls_through else result


def _handed_back(program: Program, own: Frame, returned_expression: Expr) -> int:
    """The position of the parameter that an expression is, if nothing is declared of it; else -1."""
    if returned_expression[0] != E_VALUE:
        return -1
    number: int = returned_expression[1]
    while (described := own.body.values[number])[0] == V_NARROWED and described[2] in ("truth", "none", "callable"):
        number = described[1]
    if described[0] != V_PARAMETER:
        return -1
    _, declared, kind, default = own.scope.parameters[described[1]]
    plain = declared is None and default is None and kind == POSITIONAL
    return described[1] if plain and evaluate.value(program, own, number) == UNKNOWN else -1


def _given(function: Function, place: int, receiver: Atom | None, positional: Arguments, keywords: Keywords) -> Type:
    """What a call gives to a parameter."""
    own_name = function.scope.parameters[place][0]
    for name, argument in keywords:
        if name == own_name:
            return argument
    index = place - (receiver is not None and function.flavor != "static")
    return positional[index] if 0 <= index < len(positional) else UNKNOWN


def _yields(is_generator: bool, result: Type) -> bool:
    """Whether an ``async def`` is a generator; in stubs and protocols only its annotation tells."""
    return is_generator or any(
        atom[0] == INSTANCE
        and atom[1].module.outside
        and atom[1].name in ("AsyncIterator", "AsyncGenerator", "AsyncIterable")
        for atom in result
    )
