"""What calls and operators give."""

from hgen.resolve.inference import decorators, members
from hgen.resolve.inference.construction import instantiated, makes_instances
from hgen.resolve.inference.returns import result_of_function
from hgen.resolve.objects import Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    CALLABLE,
    CLASS,
    DECLARED,
    DEFINITION,
    FUNCTION,
    INNER,
    INSTANCE,
    LAMBDA,
    METHOD,
    NONE,
    NOTHING,
    SELF,
    SELF_CLASS,
    SUPER,
    SURENESS,
    TAG,
    TYPE_OF,
    UNKNOWN,
    VARIABLE,
    Arguments,
    Atom,
    Keywords,
    Type,
    class_of,
    close,
    only,
    union,
)
from hgen.syntax.ir import CONSTANT, E_CONSTANT, E_UNKNOWN, KIND, Expr

_OPERATORS = {
    "+": "__add__", "-": "__sub__", "*": "__mul__", "@": "__matmul__", "/": "__truediv__", "//": "__floordiv__",
    "%": "__mod__", "**": "__pow__", "<<": "__lshift__", ">>": "__rshift__", "&": "__and__", "|": "__or__",
    "^": "__xor__",
}  # fmt: skip


def call(program: Program, frame: Frame, expression: Expr) -> Type:
    """What a call expression gives."""
    _, called, positionals, named = expression
    function = program.evaluate(frame, called)
    if not function or function == UNKNOWN:
        return UNKNOWN
    _, class_name = standard = _standard_class(function)
    if standard == ("builtins", "super"):
        return _super(program, frame, positionals)
    positional = tuple([program.evaluate(frame, argument) for argument in positionals])
    keywords = tuple([(name, program.evaluate(frame, argument)) for name, argument in named])
    if standard == ("functools", "partial") and positional:
        # What it calls in the end is the function, which is likely, but not surely, what a reader says that it calls.
        return union(UNKNOWN, positional[0])
    if class_name == "TypeVar":
        return _type_variable(program, frame, positionals, named)
    if standard == ("builtins", "type") and len(positional) == 1:
        return _type(positional[0])
    return union(NOTHING, *[result_of(program, atom, positional, keywords) for atom in function])


def result_of(program: Program, atom: Atom, positional: Arguments, keywords: Keywords) -> Type:  # noqa: PLR0911
    """What calling one atom gives."""
    tag = atom[TAG]
    if tag == FUNCTION:
        _, function, known = atom
        result = result_of_function(program, function, None, positional, keywords)
        return result if known else union(result, UNKNOWN)
    if tag == METHOD:
        _, function, known, receiver = atom
        result = result_of_function(program, function, receiver, positional, keywords)
        sure = known and not _may_return_else(program, function, receiver)
        return result if sure else union(result, UNKNOWN)
    if tag == CLASS:
        return instantiated(program, atom, positional, keywords)
    if tag == SELF_CLASS:
        return ((SELF, atom[DEFINITION]),) if makes_instances(program, atom[DEFINITION]) else UNKNOWN
    if tag in (INSTANCE, SELF):
        found = members.member(program, atom, "__call__")
        if not found or any(one[TAG] not in (METHOD, FUNCTION) for one in found):
            return UNKNOWN
        return union(NOTHING, *[result_of(program, one, positional, keywords) for one in found])
    if tag == LAMBDA:
        _, frame, body = atom
        return program.evaluate(frame, body)
    if tag == CALLABLE:
        return close(atom[INNER])
    if tag == TYPE_OF:
        inner: Type = atom[INNER]
        return inner
    return NOTHING if atom == NONE else UNKNOWN


def _may_return_else(program: Program, method: Function, receiver: Atom) -> bool:
    """Whether a subclass may have a method in this one's place that returns something else."""
    if receiver[TAG] in (INSTANCE, CLASS) and receiver[SURENESS] != DECLARED:
        return False
    if method.module.outside or (method.scope.returns is not None and not method.memo.get("inferred")):
        return False
    return receiver[TAG] in (SELF, SELF_CLASS, INSTANCE, CLASS) and program.overriding(
        receiver[DEFINITION], method.scope.name
    )


def operate(program: Program, operator: str, left: Type, right: Type) -> Type:
    """What a binary operator gives."""
    if (
        operator == "|"
        and any(atom[TAG] in (CLASS, NONE) for atom in left)
        and all(a[TAG] == CLASS or a == NONE for a in right)
    ):
        return union(left, right)
    name = _OPERATORS.get(operator)
    parts: list[Type] = [NOTHING]
    for atom in left:
        found = members.member(program, atom, name) if name and atom[TAG] in (INSTANCE, SELF) else None
        if found and all(one[TAG] == METHOD for one in found):
            parts.extend([result_of(program, one, (right,), ()) for one in found])
        else:
            parts.append(UNKNOWN)
    return union(*parts)


def _standard_class(function: Type) -> tuple[str, str]:
    """The module and the name of the class of the standard library that a type is, two empty strings if it is none."""
    atom = only(function)
    if atom[TAG] != CLASS or not atom[DEFINITION].module.outside:
        return "", ""
    return atom[DEFINITION].module.name, atom[DEFINITION].name


def _super(program: Program, frame: Frame, arguments: tuple[Expr, ...]) -> Type:
    if len(arguments) == 2:
        starts, receivers = [program.evaluate(frame, argument) for argument in arguments]
        if len(starts) == len(receivers) == 1:
            (start,), (receiver,) = starts, receivers
            if start[TAG] in (CLASS, SELF_CLASS) and receiver[TAG] in (SELF, SELF_CLASS, INSTANCE, CLASS):
                return ((SUPER, start[DEFINITION], receiver),)
        return UNKNOWN
    index = frame.scope.index
    while index > 0:
        found = program.object(frame.module, index)
        if isinstance(found, Function) and found.owner is not None:
            kind = {"class": SELF_CLASS, "plain": SELF}.get(decorators.flavor(program, found))
            return ((SUPER, found.owner, (kind, found.owner)),) if kind else UNKNOWN
        index = frame.module.scopes[index].parent
    return UNKNOWN


def _type_variable(
    program: Program, frame: Frame, positionals: tuple[Expr, ...], named: tuple[tuple[str, Expr], ...]
) -> Type:
    written, *constraints = positionals or ((E_UNKNOWN,),)
    if written[KIND] != E_CONSTANT or not written[CONSTANT]:
        return UNKNOWN
    bounds = [*constraints, *[bound for keyword, bound in named if keyword == "bound"]]
    types = [program.annotated(frame, bound, None) for bound in bounds]
    return ((VARIABLE, written[CONSTANT], union(NOTHING, *types)),)


def _type(argument: Type) -> Type:
    return union(NOTHING, *[(found,) if (found := class_of(atom)) else UNKNOWN for atom in argument])
