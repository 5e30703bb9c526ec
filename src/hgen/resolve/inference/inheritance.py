"""Classes: bases, type parameters, the method resolution order, and what a class has of its own."""

from typing import Any

from hgen.resolve.objects import Class, Frame
from hgen.resolve.program import Program
from hgen.resolve.types import (
    ALIAS,
    ANY,
    ARGUMENTS,
    CLASS,
    DEFINITION,
    EXACT,
    INSTANCE,
    NAME,
    NOTHING,
    OUTSIDE,
    SPECIAL,
    TAG,
    UNKNOWN,
    VARIABLE,
    Atom,
    Type,
    only,
    union,
)
from hgen.syntax.ir import E_SUBSCRIPT, HEAD, KIND, V_ANNOTATED, V_UNBOUND, Expr

Order = tuple[Class | None, ...]
"""A method resolution order; None stands for bases that are not known."""

MAX_ORDER = 100
"""Longer orders end unknown."""


def bases(program: Program, cls: Class) -> Type:
    """The atoms of a class's bases in order; ``ANY`` or ``OUTSIDE`` for one that is not known."""
    return program.solver.solve(cls.memo, "bases", _bases, program, cls)


def order(program: Program, cls: Class) -> Order:
    """The method resolution order, ``object`` last."""
    found: Any = program.solver.solve(cls.memo, "order", _order, program, cls)
    if ANY in found:
        # The solver calls what it gives up unknown, as if it were a type.
        return (cls, None, *[one for one in found if one != ANY and one is not cls])
    return found or (cls, None)


def knows_bases(program: Program, cls: Class) -> bool:
    """Whether nothing in the method resolution order is unknown."""
    return None not in order(program, cls)


def inherits(program: Program, cls: Class, other: Class) -> bool:
    """Whether a class is the other one or certainly inherits from it."""
    return other in order(program, cls)


def parameters(program: Program, cls: Class) -> tuple[str, ...]:
    """The names of a class's type parameters in order."""
    known = cls.memo.get("parameters")
    if known is None:
        known = cls.memo["parameters"] = _parameters(program, cls)
    return known


def has_own(program: Program, cls: Class, name: str) -> bool:
    """Whether a class itself, its body or its methods, defines an attribute."""
    return name in program.frame(cls.module, cls.scope.index).body.final or name in cls.stores


def own_attribute(program: Program, cls: Class, name: str) -> Type:
    """The type of an attribute that a class itself defines, before binding."""
    return program.solver.solve(cls.attributes, name, _own, program, cls, name)


def owner_of(program: Program, cls: Class, name: str, *, after: Class | None = None) -> Class | None:
    """The first class in the resolution order (behind another one of it) that defines an attribute."""
    owner, _ = find_owner(program, cls, name, after=after)
    return owner


def find_owner(program: Program, cls: Class, name: str, *, after: Class | None = None) -> tuple[Class | None, bool]:
    """The same, and whether all classes before it are known."""
    if after is not None:
        following = order(program, cls)
        start = following.index(after) + 1 if after in following else len(following)
        return _first_owner(program, following[start:], name)
    known = cls.owners.get(name)
    if known is None:
        known = _first_owner(program, order(program, cls), name)
        if type(cls.memo.get("order")) is tuple:
            cls.owners[name] = known
    return known


def _first_owner(program: Program, some: Order, name: str) -> tuple[Class | None, bool]:
    certain = True
    for one in some:
        if one is None:
            certain = False
        elif has_own(program, one, name):
            return one, certain
    return None, certain


def note_subclasses(program: Program) -> None:
    """Tell every class of the repository's subclasses; afterwards ``Class.subclasses`` is right."""
    for module in program.modules.values():
        for scope in module.scopes:
            found = program.object(module, scope.index) if scope.symbol >= 0 else None
            if isinstance(found, Class):
                for one in program.solver.ask(order, program, found) or ():
                    if one is not None and one is not found:
                        one.subclasses.append(found)


def is_mixed_over(program: Program, cls: Class, name: str) -> bool:
    """Whether a subclass in the repository takes an attribute from a mix-in that comes before this class."""
    key = ("mixed over", name)
    if key not in cls.memo:
        own = owner_of(program, cls, name)
        mixed = [heir for heir in cls.subclasses if len(heir.scope.bases) > 1]
        cls.memo[key] = any(owner_of(program, heir, name) not in (own, None) for heir in mixed)
    return bool(cls.memo[key])


def is_enum(program: Program, cls: Class) -> bool:
    """Whether the class's attributes are its instances."""
    if "enum" not in cls.memo:
        enum = program.stub_class("enum", "Enum")
        cls.memo["enum"] = enum is not None and enum in order(program, cls)
    return bool(cls.memo["enum"])


def is_protocol(program: Program, cls: Class) -> bool:
    """Whether the class says what others have, without being their base."""
    if "protocol" not in cls.memo:
        around = program.frame(cls.module, cls.scope.parent)
        heads = [base[HEAD] if base[KIND] == E_SUBSCRIPT else base for base in cls.scope.bases]
        cls.memo["protocol"] = any(program.evaluate(around, head) == ((SPECIAL, "Protocol"),) for head in heads)
    return bool(cls.memo["protocol"])


def _bases(program: Program, cls: Class) -> Type:
    around = program.frame(cls.module, cls.scope.parent)
    found: list[Atom] = []
    for expression in cls.scope.bases:
        base = _base(program, around, expression)
        known = [atom for atom in base if atom[TAG] == CLASS]
        if only(base)[TAG] == CLASS:
            found.append(only(base))
        elif only(base)[TAG] in (SPECIAL, ALIAS):
            continue
        elif base and all(atom == OUTSIDE for atom in base):
            found.append(OUTSIDE)
        else:
            found.extend([*known[:1], ANY] if len(known) == 1 else [ANY])
    return tuple(found)


def _base(program: Program, around: Frame, expression: Expr) -> Type:
    if expression[KIND] == E_SUBSCRIPT:
        # Arguments of generic bases are types, which may be written as strings.
        _, generic, index = expression
        head = program.evaluate(around, generic)
        if only(head)[TAG] == CLASS:
            return ((CLASS, only(head)[DEFINITION], program.type_arguments(around, index), EXACT),)
        return head
    return program.evaluate(around, expression)


def _order(program: Program, cls: Class) -> Any:
    sequences: list[list[Class | None]] = []
    direct: list[Class | None] = []
    for atom in bases(program, cls):
        if atom[TAG] == CLASS and atom[DEFINITION] is not cls:
            base: Class = atom[DEFINITION]
            sequences.append(list(order(program, base)))
            direct.append(base)
        else:
            sequences.append([None])
    merged = _merge([*sequences, [one for one in direct if one is not None]])
    top = program.stub_class("builtins", "object")
    merged = [cls, *[one for one in merged if one is not cls and one is not top][:MAX_ORDER]]
    if len(merged) > MAX_ORDER:
        merged.append(None)
    return tuple([*merged, top] if top is not None and top is not cls else merged)


def _merge(sequences: list[list[Class | None]]) -> list[Class | None]:
    """The C3 linearization; unknown bases stay where they are, and an inconsistent order ends unknown."""
    merged: list[Class | None] = []
    heads = [0] * len(sequences)
    later: dict[Class | None, int] = {}
    for sequence in sequences:
        for one in sequence[1:]:
            later[one] = later.get(one, 0) + 1
    while True:
        left = [k for k, sequence in enumerate(sequences) if heads[k] < len(sequence)]
        if not left:
            return merged
        chosen = next((k for k in left if (one := sequences[k][heads[k]]) is None or not later.get(one)), None)
        if chosen is None:
            rest = [one for k in left for one in sequences[k][heads[k] :] if one is not None]
            return [*merged, None, *dict.fromkeys(rest)]
        one = sequences[chosen][heads[chosen]]
        if one is not None or None not in merged:
            merged.append(one)
        for k in left if one is not None else [chosen]:
            if sequences[k][heads[k]] is one:
                heads[k] += 1
                if heads[k] < len(sequences[k]):
                    following = sequences[k][heads[k]]
                    later[following] = later.get(following, 1) - 1


def _parameters(program: Program, cls: Class) -> tuple[str, ...]:
    if cls.scope.type_parameters:
        return cls.scope.type_parameters
    around = program.frame(cls.module, cls.scope.parent)
    found: dict[str, None] = {}
    for expression in cls.scope.bases:
        if expression[KIND] != E_SUBSCRIPT:
            continue
        _, generic, index = expression
        head = program.evaluate(around, generic)
        arguments = program.type_arguments(around, index)
        variables = [atom[NAME] for argument in arguments for atom in _variables(argument)]
        if head in (((SPECIAL, "Generic"),), ((SPECIAL, "Protocol"),)):
            return tuple(dict.fromkeys(variables))
        found.update(dict.fromkeys(variables))
    return tuple(found)


def _variables(some: Type) -> list[Atom]:
    result: list[Atom] = []
    for atom in some:
        if atom[TAG] == VARIABLE:
            result.append(atom)
        elif atom[TAG] in (INSTANCE, CLASS):
            result.extend([inner for argument in atom[ARGUMENTS] for inner in _variables(argument)])
    return result


def _own(program: Program, cls: Class, name: str) -> Type:
    frame = program.frame(cls.module, cls.scope.index)
    number = frame.body.final.get(name)
    parts: list[Type] = [NOTHING]
    if number is not None:
        described = frame.body.values[number]
        if described[KIND] == V_ANNOTATED:
            _, annotation, _ = described
            declared_here = program.annotated(frame, annotation, None)
            return declared_here if declared_here != UNKNOWN else program.value(frame, number)
        if described[KIND] != V_UNBOUND:
            parts.append(program.value(frame, number))
    declared: list[Type] = []
    for index, values in cls.stores.get(name, ()):
        method = program.frame(cls.module, index)
        for stored in values:
            described = method.body.values[stored]
            if described[KIND] == V_ANNOTATED:
                _, annotation, _ = described
                stored_type = program.annotated(method, annotation, None)
                if stored_type != UNKNOWN:
                    declared.append(stored_type)
            parts.append(program.value(method, stored))
    if declared:
        return union(*declared)
    return union(*parts)
