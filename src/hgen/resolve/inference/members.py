"""Attributes of values, and what iterating, entering and indexing them gives."""

from hgen.resolve.inference import classes, decorators, names
from hgen.resolve.instances import as_tuple, builtin_instance
from hgen.resolve.objects import Class
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ANY,
    CLASS,
    COROUTINE,
    DECLARED,
    FOLDER,
    FUNCTION,
    INSTANCE,
    LAMBDA,
    METHOD,
    MODULE,
    NONE,
    NOTHING,
    OUTSIDE,
    OUTSIDE_INSTANCE,
    PROPERTY,
    SELF,
    SELF_CLASS,
    SUPER,
    TUPLE,
    UNKNOWN,
    Atom,
    Type,
    class_of,
    close,
    instance_of,
    substitute,
    union,
)


def attribute(program: Program, some: Type, name: str) -> Type:
    """What ``value.name`` can be; None has no attributes of its own."""
    parts: list[Type] = [NOTHING]
    for atom in some:
        if atom != NONE or len(some) == 1:
            found = member(program, atom, name)
            parts.append(UNKNOWN if found is None else found)
    return union(*parts)


def member(program: Program, atom: Atom, name: str) -> Type | None:  # noqa: PLR0911
    """The same for one atom; None if nothing that is known defines the attribute."""
    tag = atom[0]
    if tag in (INSTANCE, SELF):
        return _of_instance(program, atom, name)
    if tag in (CLASS, SELF_CLASS):
        return _of_class(program, atom, name)
    if tag in (MODULE, FOLDER):
        return names.module_attribute(program, atom, name)
    if tag == SUPER:
        return _of_super(program, atom, name)
    if tag == TUPLE:
        return _of_instance(program, as_tuple(program, atom), name)
    if atom == OUTSIDE:
        return (OUTSIDE,)
    if atom == OUTSIDE_INSTANCE:
        return UNKNOWN
    if tag in (FUNCTION, METHOD, LAMBDA):
        return _of_function(program, atom, name)
    if tag == PROPERTY:
        return (atom,) if name in ("setter", "getter", "deleter") else UNKNOWN
    if tag == COROUTINE:
        return (OUTSIDE,)
    return None


def arguments_as(program: Program, atom: Atom, module: str, name: str) -> tuple[Type, ...] | None:
    """The type arguments of a value seen as one of a base of its class; None if that is no base."""
    target = program.stub_class(module, name)
    return None if target is None else seen_as(program, atom, target)


def seen_as(program: Program, atom: Atom, target: Class) -> tuple[Type, ...] | None:
    """The same for any class."""
    if atom[0] == TUPLE:
        atom = as_tuple(program, atom)
    if target not in classes.order(program, atom[1]):
        return None
    cls: Class = atom[1]
    arguments: tuple[Type, ...] = atom[2] if len(atom) > 2 else ()
    for _ in range(50):
        if cls is target:
            wanted = len(classes.parameters(program, cls))
            return (arguments + (UNKNOWN,) * wanted)[: max(wanted, 1)]
        mapping = dict(zip(classes.parameters(program, cls), arguments, strict=False))
        for base in classes.bases(program, cls):
            if base[0] == CLASS and target in classes.order(program, base[1]):
                cls, arguments = base[1], tuple([substitute(one, mapping, (atom,)) for one in base[2]])
                break
        else:
            return None
    return None


def always_true(program: Program, atom: Atom) -> bool:
    """Whether a value is certainly true in a test."""
    tag = atom[0]
    if tag in (FUNCTION, METHOD, MODULE, CLASS):
        return True
    if tag not in (INSTANCE, SELF) or not classes.knows_bases(program, atom[1]) or atom[1].symbol < 0:
        return False
    return all(classes.owner_of(program, atom[1], name)[0] is None for name in ("__bool__", "__len__"))


def _of_instance(program: Program, atom: Atom, name: str) -> Type | None:
    cls: Class = atom[1]
    owner, certain = classes.owner_of(program, cls, name)
    if owner is None:
        if not certain:
            return (OUTSIDE,) if only_outside(program, cls) else UNKNOWN
        if name == "__class__":
            found = class_of(atom)
            return (found,) if found else UNKNOWN
        if classes.owner_of(program, cls, "__getattr__")[0] is not None:
            return UNKNOWN
        return None
    if name == "__class__" and owner.module.outside:
        found = class_of(atom)
        return (found,) if found else UNKNOWN
    result = _bound(program, owner, name, atom)
    return result if certain else union(result, UNKNOWN)


def only_outside(program: Program, cls: Class) -> bool:
    """Whether everything unknown among the bases is something outside the repository."""
    order = classes.order(program, cls)
    short = len(order) <= classes.MAX_ORDER
    return short and all(one is None or ANY not in classes.bases(program, one) for one in order)


def _of_class(program: Program, atom: Atom, name: str) -> Type | None:
    cls: Class = atom[1]
    owner, certain = classes.owner_of(program, cls, name)
    if owner is None or (owner.module.outside and owner.name == "object"):
        meta = metaclass(program, cls)
        if meta is not None:
            found = member(program, (INSTANCE, meta, (), DECLARED), name)
            if found is not None and (owner is None or not meta.module.outside):
                return found
        if owner is None:
            if not certain:
                return (OUTSIDE,) if only_outside(program, cls) else UNKNOWN
            return None
    if classes.is_enum(program, cls) and not owner.module.outside:
        raw = classes.own_attribute(program, owner, name)
        if not any(one[0] in (FUNCTION, PROPERTY, METHOD) for one in raw):
            found_instance = instance_of(atom)
            return (found_instance,) if found_instance else UNKNOWN
    result = _bound(program, owner, name, atom)
    return result if certain else union(result, UNKNOWN)


def metaclass(program: Program, cls: Class) -> Class | None:
    """The metaclass, ``type`` unless the classes of the resolution order name another one."""
    if "metaclass" not in cls.memo:
        found = program.stub_class("builtins", "type")
        for one in classes.order(program, cls):
            if one is not None:
                for keyword, expression in one.scope.keywords:
                    if keyword == "metaclass":
                        around = program.frame(one.module, one.scope.parent)
                        given = program.evaluate(around, expression)
                        found = given[0][1] if len(given) == 1 and given[0][0] == CLASS else None
                        break
                else:
                    continue
                break
        cls.memo["metaclass"] = (found,)
    kept: tuple[Class | None] = cls.memo["metaclass"]
    return kept[0]


def _of_super(program: Program, atom: Atom, name: str) -> Type | None:
    start, receiver = atom[1], atom[2]
    owner, certain = classes.owner_of(program, receiver[1], name, after=start)
    if owner is None:
        if not certain:
            return (OUTSIDE,) if only_outside(program, receiver[1]) else UNKNOWN
        return None
    result = _bound(program, owner, name, receiver)
    return result if certain else union(result, UNKNOWN)


def _of_function(program: Program, atom: Atom, name: str) -> Type | None:
    if name == "__self__" and atom[0] == METHOD:
        return (atom[2],)
    if name in program.patched or (atom[0] != LAMBDA and not atom[1].module.outside and atom[1].scope.decorators):
        return UNKNOWN
    return member(program, builtin_instance(program, "function")[0], name) or (OUTSIDE,)


def _bound(program: Program, owner: Class, name: str, receiver: Atom) -> Type:
    """An attribute of a class as it is when read from a receiver."""
    raw = classes.own_attribute(program, owner, name)
    parts: list[Type] = [NOTHING]
    if any(atom[0] not in (FUNCTION, PROPERTY) for atom in raw) and _may_be_replaced(program, receiver, name):
        parts.append(UNKNOWN)
    for atom in raw:
        if atom[0] == FUNCTION and atom[1].owner is not None:
            parts.append(_bind_function(program, atom, receiver))
        elif atom[0] == PROPERTY:
            parts.append(_read_property(program, atom, receiver))
        elif atom[0] == INSTANCE and not atom[1].module.outside and _is_descriptor(program, atom[1]):
            parts.append(UNKNOWN)
        else:
            parts.append(_specialized(program, owner, (atom,), receiver))
    return union(*parts)


def _may_be_replaced(program: Program, receiver: Atom, name: str) -> bool:
    """Whether a subclass may have something else in an attribute's place."""
    if receiver[0] in (INSTANCE, CLASS) and receiver[3] != DECLARED:
        return False
    return receiver[0] in (SELF, SELF_CLASS, INSTANCE, CLASS) and program.overriding(receiver[1], name)


def _is_descriptor(program: Program, cls: Class) -> bool:
    return classes.owner_of(program, cls, "__get__")[0] is not None


def _bind_function(program: Program, atom: Atom, receiver: Atom) -> Type:
    flavor = decorators.flavor(program, atom[1])
    if flavor == "static" or atom[1].scope.name == "__new__":
        return (atom,)
    if flavor == "class":
        cls = class_of(receiver)
        return ((METHOD, atom[1], cls, atom[2]),) if cls else UNKNOWN
    if receiver[0] in (CLASS, SELF_CLASS):
        return (atom,)
    return ((METHOD, atom[1], receiver, atom[2]),)


def _read_property(program: Program, atom: Atom, receiver: Atom) -> Type:
    if receiver[0] in (CLASS, SELF_CLASS):
        return (OUTSIDE,)
    return program.result_of((METHOD, atom[1], receiver, True), (), ())


def _specialized(program: Program, owner: Class, some: Type, receiver: Atom) -> Type:
    """A type written in a class as it is for a receiver: type parameters and ``self`` filled in."""
    view = instance_of(receiver)
    variables: dict[str, Type] = {}
    if view is not None and classes.parameters(program, owner):
        arguments = seen_as(program, view, owner) or ()
        variables = dict(zip(classes.parameters(program, owner), arguments, strict=False))
    return close(substitute(some, variables, (receiver,)))
