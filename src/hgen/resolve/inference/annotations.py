"""Annotations as types, and generic classes."""

from hgen.resolve.inference import classes, protocols
from hgen.resolve.instances import builtin_instance
from hgen.resolve.objects import Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ALIAS,
    ANY,
    CALLABLE,
    CLASS,
    DECLARED,
    EXACT,
    FOREIGN,
    FUNCTION,
    INSTANCE,
    NONE,
    NOTHING,
    OUTSIDE,
    OUTSIDE_INSTANCE,
    SELF,
    SELF_CLASS,
    SPECIAL,
    TUPLE,
    TYPE_OF,
    UNKNOWN,
    VARIABLE,
    Atom,
    Type,
    class_of,
    shallow,
    union,
)
from hgen.syntax import ir
from hgen.syntax.annotations import parse_annotation

_FIRST = frozenset(["Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly"])
_BOOLEAN = ("TypeGuard", "TypeIs")


def annotated(program: Program, frame: Frame, expression: ir.Expr, function: Function | None) -> Type:
    """What a value with an annotation can be; ``function`` is the one whose header holds it."""
    if function is not None and function.scope.type_parameters:
        own = function.scope.type_parameters
        if expression[0] == ir.E_NAME and expression[1] in own:
            return ((VARIABLE, expression[1], NOTHING),)
    return shallow(_instances(program, frame, expression))


def type_arguments(program: Program, frame: Frame, expression: ir.Expr) -> tuple[Type, ...]:
    """The types between the brackets of a generic class."""
    items = expression[1] if expression[0] == ir.E_TUPLE else (expression,)
    return tuple([_instances(program, frame, item) for item in items])


def subscripted(program: Program, frame: Frame, head: Type, index: ir.Expr) -> Type:
    """What ``value[index]`` can be."""
    parts: list[Type] = [NOTHING]
    for atom in head:
        tag = atom[0]
        if tag == CLASS:
            parts.append(_subscripted_class(program, frame, atom, index))
        elif tag == SPECIAL:
            parts.append(((ALIAS, _special(program, frame, atom[1], index)),))
        elif tag == TUPLE:
            parts.append(_indexed_tuple(atom, index))
        elif tag in (INSTANCE, SELF):
            parts.append(_indexed(program, frame, atom, index))
        elif atom != NONE:
            parts.append(UNKNOWN)
    return union(*parts)


def assigned(program: Program, declared: Type, value: Type) -> Type:
    """The type of a declared name right after an assignment: the value's, where that is a known part of it."""
    if not value or ANY in value or any(atom[0] not in (INSTANCE, SELF, NONE) for atom in value):
        return declared
    wanted = [atom[1] for atom in declared if atom[0] in (INSTANCE, SELF)]
    for atom in value:
        if atom == NONE:
            if NONE not in declared:
                return declared
        elif not any(classes.inherits(program, atom[1], cls) for cls in wanted):
            return declared
        elif atom[2:3] == ((),) or not atom[2:3]:
            continue
        else:
            return declared
    return value


def _instances(program: Program, frame: Frame, expression: ir.Expr) -> Type:  # noqa: PLR0911
    kind = expression[0]
    if kind == ir.E_CONSTANT:
        if expression[1] == "NoneType":
            return (NONE,)
        if expression[1] == "str" and expression[2]:
            return _instances(program, frame, parse_annotation(expression[2]))
        return UNKNOWN
    if kind == ir.E_BINARY:
        return union(_instances(program, frame, expression[2]), _instances(program, frame, expression[3]))
    if kind == ir.E_SUBSCRIPT:
        head = program.evaluate(frame, expression[1])
        if len(head) == 1 and head[0][0] == SPECIAL:
            return _special(program, frame, head[0][1], expression[2])
        if len(head) == 1 and head[0][0] == CLASS:
            return as_instances(program, frame, _subscripted_class(program, frame, head[0], expression[2]), "")
        return (OUTSIDE_INSTANCE,) if head == (OUTSIDE,) else UNKNOWN
    if kind in (ir.E_NAME, ir.E_ATTRIBUTE, ir.E_VALUE):
        name = expression[1] if kind == ir.E_NAME else expression[2] if kind == ir.E_ATTRIBUTE else ""
        return as_instances(program, frame, program.evaluate(frame, expression), name)
    return UNKNOWN


def as_instances(program: Program, frame: Frame, some: Type, name: str) -> Type:
    """The values of some classes; ``name`` is how they were written, for type variables."""
    parts: list[Type] = [NOTHING]
    for atom in some:
        tag = atom[0]
        if tag == CLASS:
            parts.append(_instance(frame, atom))
        elif tag == SELF_CLASS:
            parts.append(((SELF, atom[1]),))
        elif tag == ALIAS:
            parts.append(atom[1])
        elif atom == OUTSIDE:
            parts.append((OUTSIDE_INSTANCE,))
        elif tag == VARIABLE or atom == NONE:
            parts.append((atom,))
        elif tag == SPECIAL:
            parts.append(_bare_special(program, frame, atom[1]))
        elif tag == INSTANCE and atom[1].name in ("TypeVar", "TypeVarTuple", "ParamSpec") and atom[1].module.outside:
            parts.append(((VARIABLE, name, NOTHING),) if atom[1].name == "TypeVar" else UNKNOWN)
        elif tag == FUNCTION and atom[1].module.outside:
            parts.append((OUTSIDE_INSTANCE,))
        else:
            parts.append(UNKNOWN)
    return union(*parts)


def _instance(frame: Frame, atom: Atom) -> Type:
    cls = atom[1]
    if cls.module.outside and cls.module.name == "builtins" and cls.name == "type":
        return ((TYPE_OF, atom[2][0]),) if atom[2] else UNKNOWN
    return ((INSTANCE, cls, atom[2], FOREIGN if frame.module.outside else DECLARED),)


def _subscripted_class(program: Program, frame: Frame, atom: Atom, index: ir.Expr) -> Type:
    cls = atom[1]
    if cls.module.outside and cls.module.name == "builtins":
        if cls.name == "tuple":
            return ((ALIAS, _tuple(program, frame, index)),)
        if cls.name == "type":
            return ((ALIAS, _classes(_instances(program, frame, index))),)
    if classes.is_enum(program, cls):
        return ((INSTANCE, cls, (), EXACT),)
    return ((CLASS, cls, type_arguments(program, frame, index), EXACT),)


def _special(program: Program, frame: Frame, name: str, index: ir.Expr) -> Type:  # noqa: PLR0911
    items = index[1] if index[0] == ir.E_TUPLE else (index,)
    if name == "Optional":
        return union(_instances(program, frame, index), (NONE,))
    if name == "Union":
        return union(NOTHING, *[_instances(program, frame, item) for item in items])
    if name in _FIRST and items:
        return _instances(program, frame, items[0])
    if name == "Type":
        return _classes(_instances(program, frame, index))
    if name == "Tuple":
        return _tuple(program, frame, index)
    if name in _BOOLEAN:
        return builtin_instance(program, "bool")
    if name == "Literal":
        return union(NOTHING, *[_literal(program, frame, item) for item in items])
    if name == "Callable" and items:
        return ((CALLABLE, _instances(program, frame, items[-1])),)
    return UNKNOWN


def _literal(program: Program, frame: Frame, item: ir.Expr) -> Type:
    if item[0] != ir.E_CONSTANT:
        return UNKNOWN
    return (NONE,) if item[1] == "NoneType" else builtin_instance(program, item[1])


def _bare_special(program: Program, frame: Frame, name: str) -> Type:
    if name == "Self":
        scope = frame.scope
        found = program.object(frame.module, scope.index) if scope.kind == ir.CLASS_SCOPE else None
        return ((SELF, found),) if found is not None else UNKNOWN
    if name == "LiteralString":
        return builtin_instance(program, "str")
    if name in ("NoReturn", "Never"):
        return NOTHING
    if name == "Tuple":
        return builtin_instance(program, "tuple", UNKNOWN)
    return UNKNOWN


def _tuple(program: Program, frame: Frame, index: ir.Expr) -> Type:
    items: tuple[ir.Expr, ...] = index[1] if index[0] == ir.E_TUPLE else (index,)
    if len(items) == 2 and items[1] in ((ir.E_CONSTANT, "ellipsis", None), (ir.E_UNKNOWN,)):
        return builtin_instance(program, "tuple", _instances(program, frame, items[0]))
    return ((TUPLE, tuple([_instances(program, frame, item) for item in items])),)


def _classes(instances: Type) -> Type:
    parts: list[Type] = [NOTHING]
    for atom in instances:
        found = class_of(atom)
        if found is not None:
            parts.append(((*found[:3], DECLARED),) if found[0] == CLASS else (found,))
        elif atom[0] == VARIABLE:
            parts.append(((TYPE_OF, (atom,)),))
        else:
            parts.append((OUTSIDE,) if atom == OUTSIDE_INSTANCE else UNKNOWN)
    return union(*parts)


def _indexed_tuple(atom: Atom, index: ir.Expr) -> Type:
    items = atom[1]
    if index[0] == ir.E_CONSTANT and index[1] == "int" and index[2] is not None and index[2] < len(items):
        found: Type = items[index[2]]
        return found
    if index[0] == ir.E_CONSTANT and index[1] == "slice":
        return UNKNOWN
    return union(NOTHING, *items)


def _indexed(program: Program, frame: Frame, atom: Atom, index: ir.Expr) -> Type:
    if index[0] == ir.E_CONSTANT and index[1] == "slice" and atom[0] == INSTANCE and atom[1].module.outside:
        return (atom,)
    return protocols.call_member(program, atom, "__getitem__", program.evaluate(frame, index))
