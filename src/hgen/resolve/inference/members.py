"""Attributes of values: found in their class, bound to the value, with its type arguments filled in."""

from hgen.resolve.inference import decorators, inheritance, names
from hgen.resolve.instances import as_tuple, builtin_instance
from hgen.resolve.objects import Class, Function
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ANY,
    ARGUMENTS,
    CLASS,
    COROUTINE,
    DECLARED,
    DEFINITION,
    FOLDER,
    FUNCTION,
    INSTANCE,
    KNOWN,
    LAMBDA,
    METHOD,
    MODULE,
    NONE,
    NOTHING,
    OUTSIDE,
    OUTSIDE_INSTANCE,
    PROPERTY,
    RECEIVER,
    SELF,
    SELF_CLASS,
    SUPER,
    SURENESS,
    TAG,
    TUPLE,
    UNKNOWN,
    Atom,
    Type,
    class_of,
    close,
    instance_of,
    only,
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
    tag = atom[TAG]
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
    if atom[TAG] == TUPLE:
        atom = as_tuple(program, atom)
    if target not in inheritance.order(program, atom[DEFINITION]):
        return None
    cls: Class = atom[DEFINITION]
    arguments: tuple[Type, ...] = atom[ARGUMENTS] if atom[TAG] == INSTANCE else ()
    for _ in range(50):
        if cls is target:
            wanted = len(inheritance.parameters(program, cls))
            return (arguments + (UNKNOWN,) * wanted)[: max(wanted, 1)]
        mapping = dict(zip(inheritance.parameters(program, cls), arguments, strict=False))
        for base in inheritance.bases(program, cls):
            if base[TAG] == CLASS and target in inheritance.order(program, base[DEFINITION]):
                cls = base[DEFINITION]
                arguments = tuple([substitute(one, mapping, (atom,)) for one in base[ARGUMENTS]])
                break
        else:
            return None
    return None


def always_true(program: Program, atom: Atom) -> bool:
    """Whether a value is certainly true in a test."""
    tag = atom[TAG]
    if tag in (FUNCTION, METHOD, MODULE, CLASS):
        return True
    if tag not in (INSTANCE, SELF):
        return False
    cls: Class = atom[DEFINITION]
    if not inheritance.knows_bases(program, cls) or cls.symbol < 0:
        return False
    return all(inheritance.owner_of(program, cls, name) is None for name in ("__bool__", "__len__"))


def _of_instance(program: Program, atom: Atom, name: str) -> Type | None:
    cls: Class = atom[DEFINITION]
    owner, certain = inheritance.find_owner(program, cls, name)
    if owner is None:
        if not certain:
            return (OUTSIDE,) if only_outside(program, cls) else UNKNOWN
        if name == "__class__":
            found = class_of(atom)
            return (found,) if found else UNKNOWN
        if inheritance.owner_of(program, cls, "__getattr__") is not None:
            return UNKNOWN
        return None
    if name == "__class__" and owner.module.outside:
        found = class_of(atom)
        return (found,) if found else UNKNOWN
    result = _bound(program, owner, name, atom)
    return result if certain else union(result, UNKNOWN)


def only_outside(program: Program, cls: Class) -> bool:
    """Whether everything unknown among the bases is something outside the repository."""
    order = inheritance.order(program, cls)
    short = len(order) <= inheritance.MAX_ORDER
    return short and all(one is None or ANY not in inheritance.bases(program, one) for one in order)


def _of_class(program: Program, atom: Atom, name: str) -> Type | None:
    cls: Class = atom[DEFINITION]
    owner, certain = inheritance.find_owner(program, cls, name)
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
    if inheritance.is_enum(program, cls) and not owner.module.outside:
        raw = inheritance.own_attribute(program, owner, name)
        if not any(one[TAG] in (FUNCTION, PROPERTY, METHOD) for one in raw):
            found_instance = instance_of(atom)
            return (found_instance,) if found_instance else UNKNOWN
    result = _bound(program, owner, name, atom)
    return result if certain else union(result, UNKNOWN)


def metaclass(program: Program, cls: Class) -> Class | None:
    """The metaclass, ``type`` unless the classes of the resolution order name another one."""
    if "metaclass" not in cls.memo:
        found = program.stub_class("builtins", "type")
        for one in inheritance.order(program, cls):
            if one is not None:
                for keyword, expression in one.scope.keywords:
                    if keyword == "metaclass":
                        around = program.frame(one.module, one.scope.parent)
                        given = only(program.evaluate(around, expression))
                        found = given[DEFINITION] if given[TAG] == CLASS else None
                        break
                else:
                    continue
                break
        cls.memo["metaclass"] = found
    kept: Class | None = cls.memo["metaclass"]
    return kept


def _of_super(program: Program, atom: Atom, name: str) -> Type | None:
    _, start, receiver = atom
    owner, certain = inheritance.find_owner(program, receiver[DEFINITION], name, after=start)
    if owner is None:
        if not certain:
            return (OUTSIDE,) if only_outside(program, receiver[DEFINITION]) else UNKNOWN
        return None
    result = _bound(program, owner, name, receiver)
    return result if certain else union(result, UNKNOWN)


def _of_function(program: Program, atom: Atom, name: str) -> Type | None:
    if name == "__self__" and atom[TAG] == METHOD:
        return (atom[RECEIVER],)
    function: Function | None = None if atom[TAG] == LAMBDA else atom[DEFINITION]
    if name in program.patched or (function and not function.module.outside and function.scope.decorators):
        return UNKNOWN
    return member(program, only(builtin_instance(program, "function")), name) or (OUTSIDE,)


def _bound(program: Program, owner: Class, name: str, receiver: Atom) -> Type:
    """An attribute of a class as it is when read from a receiver."""
    raw = inheritance.own_attribute(program, owner, name)
    parts: list[Type] = [NOTHING]
    if any(atom[TAG] not in (FUNCTION, PROPERTY) for atom in raw) and _may_be_replaced(program, receiver, name):
        parts.append(UNKNOWN)
    for atom in raw:
        if atom[TAG] == FUNCTION and atom[DEFINITION].owner is not None:
            parts.append(_bind_function(program, atom, receiver))
        elif atom[TAG] == PROPERTY:
            parts.append(_read_property(program, atom, receiver))
        elif (
            atom[TAG] == INSTANCE and not atom[DEFINITION].module.outside and _is_descriptor(program, atom[DEFINITION])
        ):
            parts.append(UNKNOWN)
        else:
            parts.append(_specialized(program, owner, (atom,), receiver))
    return union(*parts)


def _may_be_replaced(program: Program, receiver: Atom, name: str) -> bool:
    """Whether a subclass may have something else in an attribute's place."""
    if receiver[TAG] in (INSTANCE, CLASS) and receiver[SURENESS] != DECLARED:
        return False
    return receiver[TAG] in (SELF, SELF_CLASS, INSTANCE, CLASS) and program.overriding(receiver[DEFINITION], name)


def _is_descriptor(program: Program, cls: Class) -> bool:
    return inheritance.owner_of(program, cls, "__get__") is not None


def _bind_function(program: Program, atom: Atom, receiver: Atom) -> Type:
    flavor = decorators.flavor(program, atom[DEFINITION])
    if flavor == "static" or atom[DEFINITION].scope.name == "__new__":
        return (atom,)
    if flavor == "class":
        cls = class_of(receiver)
        return ((METHOD, atom[DEFINITION], atom[KNOWN], cls),) if cls else UNKNOWN
    if receiver[TAG] in (CLASS, SELF_CLASS):
        return (atom,)
    return ((METHOD, atom[DEFINITION], atom[KNOWN], receiver),)


def _read_property(program: Program, atom: Atom, receiver: Atom) -> Type:
    if receiver[TAG] in (CLASS, SELF_CLASS):
        # A subclass may have a value where this class has a property.
        return UNKNOWN if _may_be_replaced(program, receiver, atom[DEFINITION].scope.name) else (OUTSIDE,)
    return program.result_of((METHOD, atom[DEFINITION], True, receiver), (), ())


def _specialized(program: Program, owner: Class, some: Type, receiver: Atom) -> Type:
    """A type written in a class as it is for a receiver: type parameters and ``self`` filled in."""
    view = instance_of(receiver)
    variables: dict[str, Type] = {}
    if view is not None and inheritance.parameters(program, owner):
        arguments = seen_as(program, view, owner) or ()
        variables = dict(zip(inheritance.parameters(program, owner), arguments, strict=False))
    return close(substitute(some, variables, (receiver,)))
