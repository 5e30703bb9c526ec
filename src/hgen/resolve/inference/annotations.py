"""Annotations as types, and what subscripts give."""

from hgen.resolve.inference import inheritance, protocols
from hgen.resolve.instances import builtin_instance
from hgen.resolve.objects import Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ALIAS,
    ANY,
    ARGUMENTS,
    CALLABLE,
    CLASS,
    DECLARED,
    DEFINITION,
    EXACT,
    FOREIGN,
    FUNCTION,
    INNER,
    INSTANCE,
    ITEMS,
    NAME,
    NONE,
    NOTHING,
    OUTSIDE,
    OUTSIDE_INSTANCE,
    SELF,
    SELF_CLASS,
    SPECIAL,
    TAG,
    TUPLE,
    TYPE_OF,
    UNKNOWN,
    VARIABLE,
    Atom,
    Type,
    as_declared,
    class_of,
    only,
    shallow,
    union,
)
from hgen.syntax import ir
from hgen.syntax.annotations import parse_annotation

_FIRST = frozenset(["Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly"])
_BOOLEAN = ("TypeGuard", "TypeIs")
_SLICE: ir.Expr = (ir.E_CONSTANT, "slice", None)


def annotated(program: Program, frame: Frame, expression: ir.Expr, function: Function | None) -> Type:
    """What a value with an annotation can be; ``function`` is the one whose header holds it."""
    if function is not None and function.scope.type_parameters:
        own = function.scope.type_parameters
        if expression[ir.KIND] == ir.E_NAME:
            _, name = expression
            if name in own:
                return ((VARIABLE, name, NOTHING),)
    return shallow(_instances(program, frame, expression))


def type_arguments(program: Program, frame: Frame, expression: ir.Expr) -> tuple[Type, ...]:
    """The types between the brackets of a generic class."""
    return tuple([_instances(program, frame, item) for item in _listed(expression)])


def subscripted(program: Program, frame: Frame, head: Type, index: ir.Expr) -> Type:
    """What ``value[index]`` can be."""
    parts: list[Type] = [NOTHING]
    for atom in head:
        tag = atom[TAG]
        if tag == CLASS:
            parts.append(_subscripted_class(program, frame, atom, index))
        elif tag == SPECIAL:
            parts.append(((ALIAS, _special(program, frame, atom[NAME], index)),))
        elif tag == TUPLE:
            parts.append(_indexed_tuple(atom, index))
        elif tag in (INSTANCE, SELF):
            parts.append(_indexed(program, frame, atom, index))
        elif atom != NONE:
            parts.append(UNKNOWN)
    return union(*parts)


def assigned(program: Program, declared: Type, value: Type) -> Type:
    """The type of a declared name right after an assignment: the value's, where that is a known part of it."""
    if not value or ANY in value or any(atom[TAG] not in (INSTANCE, SELF, NONE) for atom in value):
        return declared
    wanted = [atom[DEFINITION] for atom in declared if atom[TAG] in (INSTANCE, SELF)]
    for atom in value:
        if atom == NONE:
            if NONE not in declared:
                return declared
        elif not any(inheritance.inherits(program, atom[DEFINITION], cls) for cls in wanted) or (
            atom[TAG] == INSTANCE and atom[ARGUMENTS]
        ):
            return declared
    return value


def _listed(expression: ir.Expr) -> tuple[ir.Expr, ...]:
    """The parts of what stands between brackets."""
    return expression[ir.ITEMS] if expression[ir.KIND] == ir.E_TUPLE else (expression,)


def _instances(program: Program, frame: Frame, expression: ir.Expr) -> Type:  # noqa: PLR0911
    kind = expression[ir.KIND]
    if kind == ir.E_CONSTANT:
        _, class_name, constant = expression
        if class_name == "NoneType":
            return (NONE,)
        if class_name == "str" and constant:
            return _instances(program, frame, parse_annotation(constant))
        return UNKNOWN
    if kind == ir.E_BINARY:
        _, _, left, right = expression
        return union(_instances(program, frame, left), _instances(program, frame, right))
    if kind == ir.E_SUBSCRIPT:
        _, generic, index = expression
        head = only(program.evaluate(frame, generic))
        if head[TAG] == SPECIAL:
            return _special(program, frame, head[NAME], index)
        if head[TAG] == CLASS:
            return as_instances(program, frame, _subscripted_class(program, frame, head, index), "")
        return (OUTSIDE_INSTANCE,) if head == OUTSIDE else UNKNOWN
    if kind in (ir.E_NAME, ir.E_ATTRIBUTE):
        *_, name = expression
        return as_instances(program, frame, program.evaluate(frame, expression), name)
    if kind == ir.E_VALUE:
        return as_instances(program, frame, program.evaluate(frame, expression), "")
    return UNKNOWN


def as_instances(program: Program, frame: Frame, some: Type, name: str) -> Type:
    """The values of some classes; ``name`` is how they were written, for type variables."""
    parts: list[Type] = [NOTHING]
    for atom in some:
        tag = atom[TAG]
        if tag == CLASS:
            parts.append(_instance(frame, atom))
        elif tag == SELF_CLASS:
            parts.append(((SELF, atom[DEFINITION]),))
        elif tag == ALIAS:
            parts.append(atom[INNER])
        elif atom == OUTSIDE:
            parts.append((OUTSIDE_INSTANCE,))
        elif tag == VARIABLE or atom == NONE:
            parts.append((atom,))
        elif tag == SPECIAL:
            parts.append(_bare_special(program, frame, atom[NAME]))
        elif (
            tag == INSTANCE
            and atom[DEFINITION].name in ("TypeVar", "TypeVarTuple", "ParamSpec")
            and atom[DEFINITION].module.outside
        ):
            parts.append(((VARIABLE, name, NOTHING),) if atom[DEFINITION].name == "TypeVar" else UNKNOWN)
        elif tag == FUNCTION and atom[DEFINITION].module.outside:
            parts.append((OUTSIDE_INSTANCE,))
        else:
            parts.append(UNKNOWN)
    return union(*parts)


def _instance(frame: Frame, atom: Atom) -> Type:
    _, cls, arguments, _ = atom
    if cls.module.outside and cls.module.name == "builtins" and cls.name == "type":
        return ((TYPE_OF, arguments[0]),) if arguments else UNKNOWN
    return ((INSTANCE, cls, arguments, FOREIGN if frame.module.outside else DECLARED),)


def _subscripted_class(program: Program, frame: Frame, atom: Atom, index: ir.Expr) -> Type:
    cls = atom[DEFINITION]
    if cls.module.outside and cls.module.name == "builtins":
        if cls.name == "tuple":
            return ((ALIAS, _tuple(program, frame, index)),)
        if cls.name == "type":
            return ((ALIAS, _classes(_instances(program, frame, index))),)
    if inheritance.is_enum(program, cls):
        return ((INSTANCE, cls, (), EXACT),)
    return ((CLASS, cls, type_arguments(program, frame, index), EXACT),)


def _special(program: Program, frame: Frame, name: str, index: ir.Expr) -> Type:  # noqa: PLR0911
    items = _listed(index)
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
    if item[ir.KIND] != ir.E_CONSTANT:
        return UNKNOWN
    _, class_name, _ = item
    return (NONE,) if class_name == "NoneType" else builtin_instance(program, class_name)


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
    items = _listed(index)
    if len(items) == 2 and items[1] in ((ir.E_CONSTANT, "ellipsis", None), (ir.E_UNKNOWN,)):
        return builtin_instance(program, "tuple", _instances(program, frame, items[0]))
    return ((TUPLE, tuple([_instances(program, frame, item) for item in items])),)


def _classes(instances: Type) -> Type:
    parts: list[Type] = [NOTHING]
    for atom in instances:
        found = class_of(atom)
        if found is not None:
            parts.append((as_declared(found),))
        elif atom[TAG] == VARIABLE:
            parts.append(((TYPE_OF, (atom,)),))
        else:
            parts.append((OUTSIDE,) if atom == OUTSIDE_INSTANCE else UNKNOWN)
    return union(*parts)


def _indexed_tuple(atom: Atom, index: ir.Expr) -> Type:
    items: tuple[Type, ...] = atom[ITEMS]
    if index[ir.KIND] == ir.E_CONSTANT:
        _, class_name, place = index
        if class_name == "int" and place is not None and place < len(items):
            return items[place]
        if class_name == "slice":
            return UNKNOWN
    return union(NOTHING, *items)


def _indexed(program: Program, frame: Frame, atom: Atom, index: ir.Expr) -> Type:
    if index == _SLICE and atom[TAG] == INSTANCE and atom[DEFINITION].module.outside:
        return (atom,)
    return protocols.call_member(program, atom, "__getitem__", program.evaluate(frame, index))
