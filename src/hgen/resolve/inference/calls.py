"""What calls and operators give."""

from hgen.resolve.inference import decorators, members
from hgen.resolve.inference.construction import instantiated, makes_instances
from hgen.resolve.inference.returns import result_of_function
from hgen.resolve.objects import Class, Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    CALLABLE,
    CLASS,
    DECLARED,
    FUNCTION,
    INSTANCE,
    LAMBDA,
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
    union,
)
from hgen.syntax.ir import E_CONSTANT, Expr

_OPERATORS = {
    "+": "__add__", "-": "__sub__", "*": "__mul__", "@": "__matmul__", "/": "__truediv__", "//": "__floordiv__",
    "%": "__mod__", "**": "__pow__", "<<": "__lshift__", ">>": "__rshift__", "&": "__and__", "|": "__or__",
    "^": "__xor__",
}  # fmt: skip


def call(program: Program, frame: Frame, expression: Expr) -> Type:
    """What a call expression gives."""
    function = program.evaluate(frame, expression[1])
    if not function or function == UNKNOWN:
        return UNKNOWN
    if _is_outside(function, "builtins", "super"):
        return _super(program, frame, expression)
    positional = tuple([program.evaluate(frame, argument) for argument in expression[2]])
    keywords = tuple([(name, program.evaluate(frame, argument)) for name, argument in expression[3]])
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
        return program.evaluate(atom[1], atom[2])
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
        start = program.evaluate(frame, arguments[0])
        receiver = program.evaluate(frame, arguments[1])
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
    bounds = [program.annotated(frame, bound, None) for bound in expression[2][1:]]
    bounds += [program.annotated(frame, bound, None) for keyword, bound in expression[3] if keyword == "bound"]
    return ((VARIABLE, names[0][2], union(NOTHING, *bounds)),)


def _type(argument: Type) -> Type:
    return union(NOTHING, *[(found,) if (found := class_of(atom)) else UNKNOWN for atom in argument])
