"""How a call reaches a definition: what its receiver is, and what a reader must follow to find it."""

from collections.abc import Iterator

from hgen.resolve.inference import inheritance
from hgen.resolve.objects import Class, Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    CLASS,
    DEFINITION,
    INSTANCE,
    PROPERTY,
    SELF,
    SELF_CLASS,
    SUPER,
    TAG,
    TUPLE,
    Atom,
    Type,
)
from hgen.syntax.ir import (
    CALLED,
    E_ATTRIBUTE,
    E_AWAIT,
    E_CALL,
    E_NAME,
    E_VALUE,
    KIND,
    NUMBER,
    OBJECT,
    V_ANNOTATED,
    V_EXPR,
    V_GLOBAL,
    V_NARROWED,
    V_OUTER,
    V_PARAMETER,
    Expr,
    Site,
    Value,
    written,
)

WAYS = {
    "alias": "it is called by another name than it is defined by",
    "inheritance": "a base of the receiver's class defines it",
    "value": "the class of a value must be found out",
    "annotation": "that class is written in an annotation",
    "property": "that value is read from a property",
    "chain": "that value is what another call returns",
}
"""What following a call can need beyond looking for its name."""
_MAX_STEPS = 20


def ways(program: Program, frame: Frame, site: Site, callee: int) -> Iterator[str]:
    """The ``WAYS`` that lead from a call or raise to the one definition that it means."""
    expression = written(site)
    definition = program.definition(callee)
    if _name(frame, expression) not in ("", definition.scope.name) and not _is_first_parameter(frame, expression):
        yield "alias"
    if expression[KIND] != E_ATTRIBUTE:
        return
    receiver: Type = program.solver.ask(program.evaluate, frame, expression[OBJECT]) or ()
    owner = definition.owner if isinstance(definition, Function) else None
    if owner is not None and any(_class(atom) not in (owner, None) for atom in receiver):
        yield "inheritance"
    if not any(atom[TAG] in (INSTANCE, TUPLE) for atom in receiver):
        return
    yield "value"
    origin = _origin(frame, expression[OBJECT])
    if isinstance(origin, str):
        yield origin
    elif origin[KIND] == E_ATTRIBUTE:
        holders: Type = program.solver.ask(program.evaluate, frame, origin[OBJECT]) or ()
        _, _, attribute = origin
        if any(is_read_from_property(program, atom, attribute) for atom in holders):
            yield "property"


def stands_for_own_class(program: Program, frame: Frame, expression: Expr, atom: Atom) -> bool:
    """Whether an expression is written as a method's ``self``, ``cls`` or ``super()``.

    They stand for the class that the method is defined in, whatever its subclasses have: that is the rule of
    docs/design.md, and a reader of the code can follow it.
    """
    if expression[KIND] == E_CALL:
        _, called, positionals, _ = expression
        if positionals or called[KIND] != E_VALUE or frame.body.values[called[NUMBER]] != (V_OUTER, "super"):
            return False
    elif not _is_first_parameter(frame, expression):
        return False
    function = program.object(frame.module, frame.scope.index)
    if atom[TAG] not in (SELF, SELF_CLASS, SUPER) or not isinstance(function, Function):
        return False
    return atom[DEFINITION] is function.owner


def is_read_from_property(program: Program, atom: Atom, name: str) -> bool:
    """Whether an attribute of an atom is what a property of the repository returns."""
    if atom[TAG] not in (INSTANCE, SELF):
        return False
    owner = inheritance.owner_of(program, atom[DEFINITION], name)
    if owner is None or owner.module.outside:
        return False
    return any(one[TAG] == PROPERTY for one in inheritance.own_attribute(program, owner, name))


def _is_first_parameter(frame: Frame, expression: Expr) -> bool:
    return expression[KIND] == E_VALUE and frame.body.values[expression[NUMBER]] == (V_PARAMETER, 0)


def _name(frame: Frame, expression: Expr) -> str:
    """The last component of a called or raised expression, "" if it is no name."""
    if expression[KIND] == E_CALL:
        expression = expression[CALLED]
    if expression[KIND] in (E_ATTRIBUTE, E_NAME):
        *_, name = expression
        return str(name)
    if expression[KIND] != E_VALUE:
        return ""
    described = frame.body.values[expression[NUMBER]]
    if described[KIND] in (V_OUTER, V_GLOBAL):
        _, name = described
        return str(name)
    return frame.name_of(expression[NUMBER])


def _class(atom: Atom) -> Class | None:
    """The class in which the search for an attribute of an atom begins; None for what has none of the repository."""
    if atom[TAG] == SUPER:
        _, _, atom = atom
    if atom[TAG] not in (INSTANCE, SELF, CLASS, SELF_CLASS):
        return None
    found: Class = atom[DEFINITION]
    return found


def _origin(frame: Frame, expression: Expr) -> Expr | str:
    """Where a receiver comes from: the attribute that it is read from, or a way."""
    for _ in range(_MAX_STEPS):
        if expression[KIND] == E_CALL:
            return "chain"
        if expression[KIND] == E_AWAIT:
            _, expression = expression
        elif expression[KIND] == E_VALUE:
            described: Value = frame.body.values[expression[NUMBER]]
            if described[KIND] in (V_PARAMETER, V_ANNOTATED):
                return "annotation"
            if described[KIND] == V_NARROWED:
                expression = (E_VALUE, described[NUMBER])
            elif described[KIND] == V_EXPR:
                _, expression = described
                if expression[KIND] == E_CALL:
                    return "value"
            else:
                break
        elif expression[KIND] == E_ATTRIBUTE:
            return expression
        else:
            break
    return "value"
