"""What calling a class makes."""

from hgen.resolve.inference import inheritance, members
from hgen.resolve.inference.bindings import fill
from hgen.resolve.inference.overloads import fits, overloads_of
from hgen.resolve.inference.returns import result_of_function
from hgen.resolve.objects import Class
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ARGUMENTS,
    DEFINITION,
    EXACT,
    FUNCTION,
    INSTANCE,
    KNOWN,
    NOTHING,
    SURENESS,
    TAG,
    UNKNOWN,
    Arguments,
    Atom,
    Keywords,
    Type,
    union,
)


def instantiated(program: Program, atom: Atom, positional: Arguments, keywords: Keywords) -> Type:
    """A value of a class, with the type arguments that the call tells."""
    cls: Class = atom[DEFINITION]
    if not makes_instances(program, cls):
        return _from_new(program, atom, positional, keywords)
    arguments: tuple[Type, ...] = atom[ARGUMENTS]
    names = inheritance.parameters(program, cls)
    if names and not arguments and cls.module.outside and inheritance.has_own(program, cls, "__new__"):
        instances = _from_new(program, atom, positional, keywords)
        if instances and all(
            one[TAG] == INSTANCE and (one[DEFINITION] is not cls or one[ARGUMENTS]) for one in instances
        ):
            return instances
    if names and not arguments:
        variables: dict[str, Type] = {}
        for special in ("__init__", "__new__"):
            owner = inheritance.owner_of(program, cls, special)
            raw = inheritance.own_attribute(program, owner, special) if owner is cls else NOTHING
            for one in raw:
                if one[TAG] == FUNCTION:
                    receiver = (INSTANCE, cls, (), EXACT)
                    for overload in overloads_of(program, one[DEFINITION]):
                        if fits(program, overload, receiver, positional, keywords):
                            fill(program, overload, receiver, positional, keywords, variables=variables)
        arguments = tuple([variables.get(name, UNKNOWN) for name in names])
    return ((INSTANCE, cls, arguments, atom[SURENESS]),)


def makes_instances(program: Program, cls: Class) -> bool:
    """Whether calling the class certainly makes an instance of it."""
    known = cls.memo.get("plain new")
    if known is None:
        owner = inheritance.owner_of(program, cls, "__new__")
        meta = members.metaclass(program, cls)
        plain_meta = meta is not None and (
            meta.module.outside
            or (owner_of_call := inheritance.owner_of(program, meta, "__call__")) is None
            or owner_of_call.module.outside
        )
        known = cls.memo["plain new"] = (owner is None or owner.module.outside) and plain_meta
    return bool(known)


def _from_new(program: Program, atom: Atom, positional: Arguments, keywords: Keywords) -> Type:
    owner, certain = inheritance.find_owner(program, atom[DEFINITION], "__new__")
    meta = members.metaclass(program, atom[DEFINITION])
    if owner is None or not certain or meta is None:
        return UNKNOWN
    if not meta.module.outside:
        called = inheritance.owner_of(program, meta, "__call__")
        if called is not None and not called.module.outside:
            return UNKNOWN
    parts: list[Type] = [NOTHING]
    for one in inheritance.own_attribute(program, owner, "__new__"):
        if one[TAG] == FUNCTION and one[KNOWN]:
            parts.append(result_of_function(program, one[DEFINITION], atom, positional, keywords))
        else:
            parts.append(UNKNOWN)
    instances = union(*parts)
    return union(instances, ((INSTANCE, *atom[DEFINITION:]),)) if instances == UNKNOWN else instances
