"""Which definitions a call means: what is found for one call site, and how certain that is."""

from dataclasses import dataclass, field

from hgen.resolve.inference import inheritance, members
from hgen.resolve.likely.by_name_only import foreign_root, implementing, likely_method
from hgen.resolve.likely.evidence import likely_type
from hgen.resolve.likely.nameindex import names_of
from hgen.resolve.objects import Class, Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.reach import is_read_from_property, stands_for_own_class
from hgen.resolve.types import (
    ANY,
    CALLABLE,
    CLASS,
    DECLARED,
    DEFINITION,
    FOLDER,
    FUNCTION,
    INSTANCE,
    METHOD,
    MODULE,
    NONE,
    OUTSIDE,
    OUTSIDE_INSTANCE,
    PROPERTY,
    RECEIVER,
    SELF,
    SELF_CLASS,
    SUPER,
    SURENESS,
    TAG,
    TYPE_OF,
    VARIABLE,
    Atom,
    Type,
    without,
)
from hgen.scoring.roles import is_support
from hgen.syntax.ir import CALLED, E_ATTRIBUTE, E_NAME, E_VALUE, KIND, NUMBER, RAISE, V_GLOBAL, V_OUTER, Expr, Site


@dataclass(slots=True)
class Found:
    """What a call can mean."""

    callees: dict[int, None] = field(default_factory=dict)
    """Positions of definitions of the repository, in the order they were found."""
    outside: bool = False
    """Whether it can be something outside the repository."""
    unknown: bool = False
    """Whether it can be anything."""
    called_instance: bool = False
    """Whether a callee is the ``__call__`` of an instance."""
    through_protocol: bool = False
    """Whether a callee belongs to a protocol of the repository, which classes fit without inheriting from it."""
    doubt: str = ""
    """Why a single callee is the right one by the rule of docs/design.md and yet not offered, or ""."""


def find(program: Program, frame: Frame, site: Site) -> Found:
    """What the call or raise at a site means."""
    kind, expression, _, _, _, _ = site
    found = Found()
    if kind == RAISE:
        _raised(program, program.evaluate(frame, expression), found)
        return found
    called: Expr = expression[CALLED]
    if called[KIND] == E_ATTRIBUTE:
        _, value, attribute = called
        if attribute not in program.borne and not attribute.startswith("__"):
            found.outside = True
            return found
        receiver = program.evaluate(frame, value)
        for atom in receiver:
            if atom != NONE or len(receiver) == 1:
                _member(program, atom, attribute, found, by_rule=stands_for_own_class(program, frame, value, atom))
        if not receiver:
            _by_name(program, attribute, found)
        if found.through_protocol:
            _implemented(program, frame, attribute, found)
        else:
            _guess_method(program, frame, called, receiver, found)
        return found
    function, name = program.evaluate(frame, called), written_name(called, frame)
    for atom in without(function, NONE) or function:
        _callee(program, atom, name, found, certain=stands_for_own_class(program, frame, called, atom))
    if found.through_protocol:
        found.callees.clear()
    if not function:
        _by_name(program, name, found)
    if found.unknown and not found.callees and not found.outside:
        _take(program, frame, _called_by(program, likely_type(program, frame, called), frame, called), found)
    return found


def _implemented(program: Program, frame: Frame, name: str, found: Found) -> None:
    """Replace a protocol's method by the one that implements it, if any does."""
    methods = implementing(program, frame.module, name) if name != "__call__" else []
    if methods or name == "__call__":
        found.callees.clear()
    if len(methods) == 1:
        _symbol(methods[0], found)


def _guess_method(program: Program, frame: Frame, called: Expr, receiver: Type, found: Found) -> None:
    """Add the one method that is likely meant, if the call can be anything."""
    if not found.unknown or found.callees or found.outside or OUTSIDE_INSTANCE in receiver:
        return
    if receiver and not any(atom == ANY or atom[TAG] in (SELF, SELF_CLASS, CALLABLE, TYPE_OF) for atom in receiver):
        return
    _, value, name = called
    if name not in program.members:
        return
    guess = _called_by(program, likely_type(program, frame, called), frame, called)
    if guess.through_protocol:
        _implemented(program, frame, name, guess)
    if guess.callees or guess.outside:
        if name not in names_of(program).methods or all(
            program.definition(callee).scope.name == name for callee in guess.callees
        ):
            _take(program, frame, guess, found)
    elif (
        not foreign_root(program, frame, value)
        and (likely := likely_method(program, frame.module, receiver, name)) is not None
    ):
        _symbol(likely, found)


def _called_by(program: Program, some: Type, frame: Frame, called: Expr) -> Found:
    guess = Found()
    for atom in some:
        _callee(program, atom, written_name(called, frame), guess)
    return guess


def _take(program: Program, frame: Frame, guess: Found, found: Found) -> None:
    """Accept a guess that has one answer; what tests define is none for a library's own calls."""
    if len(guess.callees) != 1 or guess.outside or guess.called_instance:
        return
    (callee,) = guess.callees
    if is_support(frame.module.path) or not is_support(program.definition(callee).module.path):
        found.callees[callee] = None


def written_name(called: Expr, frame: Frame) -> str:
    """The last component of a called expression as written, "" if it has none."""
    if called[KIND] in (E_ATTRIBUTE, E_NAME):
        *_, name = called
        return str(name)
    if called[KIND] == E_VALUE:
        described = frame.body.values[called[NUMBER]]
        if described[KIND] in (V_OUTER, V_GLOBAL):
            _, name = described
            return str(name)
        *_, name = frame.name_of(called[NUMBER]).rpartition(".")
        return name
    return ""


def _raised(program: Program, some: Type, found: Found) -> None:
    for atom in some:
        if atom[TAG] in (CLASS, SELF_CLASS):
            _callee(program, atom, "", found)
        elif atom in (ANY, OUTSIDE_INSTANCE) or atom[TAG] in (TYPE_OF, VARIABLE):
            found.unknown = found.unknown or atom == ANY
        else:
            found.outside = True
    if not some:
        found.outside = True


def _callee(program: Program, atom: Atom, name: str, found: Found, *, certain: bool = False) -> None:
    """Add what calling one atom means; ``certain`` is that no subclass can come in its place."""
    tag = atom[TAG]
    if tag in (FUNCTION, METHOD):
        _symbol(atom[DEFINITION], found)
        if tag == METHOD and not certain:
            _check_receiver(program, atom[RECEIVER], atom[DEFINITION].scope.name, found)
    elif tag == CLASS:
        _symbol(atom[DEFINITION], found)
        # A class handed in as ``type[C]``: any class that fits may come, as with other parameters that are called.
        found.unknown = found.unknown or atom[SURENESS] == DECLARED
    elif tag == SELF_CLASS:
        _symbol(atom[DEFINITION], found)
        if atom[DEFINITION].subclasses and not certain:
            found.doubt = found.doubt or "overridden"
    elif tag in (INSTANCE, SELF):
        found.called_instance = True
        # What is written names a value; whether a reader says that its ``__call__`` is called is open.
        found.doubt = found.doubt or "called instance"
        _member(program, atom, "__call__", found)
    elif atom in (ANY, OUTSIDE_INSTANCE) or tag in (CALLABLE, TYPE_OF, VARIABLE, PROPERTY, MODULE, FOLDER):
        found.unknown = True
    else:
        found.outside = True


def _member(program: Program, atom: Atom, name: str, found: Found, *, by_rule: bool = False) -> None:
    """Add what calling an attribute of one atom means; ``by_rule``: see ``stands_for_own_class``."""
    if atom == ANY or atom[TAG] in (TYPE_OF, VARIABLE, CALLABLE):
        _by_name(program, name, found)
        return
    if atom == OUTSIDE_INSTANCE:
        if name in program.members:
            found.unknown = True
        else:
            found.outside = True
        return
    value = members.member(program, atom, name)
    if value is None or not value:
        _by_name(program, name, found)
        return
    if name in program.patched and atom[TAG] != SUPER:
        _patched(atom, found)
    if is_read_from_property(program, atom, name):
        found.doubt = found.doubt or "called property"
    sure = by_rule and all(one[TAG] in (METHOD, FUNCTION) and one[DEFINITION].scope.name == name for one in value)
    for one in value:
        if one == ANY:
            _by_name(program, name, found)
        elif one != NONE or len(value) == 1:
            _callee(program, one, name, found, certain=sure or atom[TAG] == SUPER)
    if not sure:
        _check_others(program, atom, name, value, found)


def _check_others(program: Program, atom: Atom, name: str, value: Type, found: Found) -> None:
    """An object of another class may stand in an atom's place, and have another member of this name."""
    if atom[TAG] == SUPER:
        _check_super(program, atom, name, found)
    elif not any(one[TAG] == METHOD for one in value):
        _check_receiver(program, atom, name, found)


def _check_receiver(program: Program, receiver: Atom, name: str, found: Found) -> None:
    """A receiver that is only declared may be of another class."""
    if receiver[TAG] in (SELF, SELF_CLASS) or (receiver[TAG] in (INSTANCE, CLASS) and receiver[SURENESS] == DECLARED):
        if receiver[TAG] == INSTANCE and name in program.members and _is_interface(program, receiver[DEFINITION]):
            found.unknown = True
            found.through_protocol = found.through_protocol or not receiver[DEFINITION].module.outside
        _check_overriding(program, receiver[DEFINITION], name, found)


def _is_interface(program: Program, cls: Class) -> bool:
    """Whether values declared with a class are often of another one: protocols, and all outside but builtins."""
    if cls.module.outside:
        return cls.module.name != "builtins" or cls.name == "object"
    return inheritance.is_protocol(program, cls)


def _patched(atom: Atom, found: Found) -> None:
    """Something in the repository assigns the attribute from outside of its class."""
    if atom != OUTSIDE and atom[TAG] not in (MODULE, FOLDER):
        found.doubt = found.doubt or "patched"


def _by_name(program: Program, name: str, found: Found) -> None:
    """An attribute of an unknown value: nothing of ours if no definition in the repository bears the name."""
    if name in program.borne:
        found.unknown = True
    else:
        found.outside = True


def _symbol(definition: Function | Class, found: Found) -> None:
    if definition.symbol >= 0:
        found.callees[definition.symbol] = None
    else:
        found.outside = True


def _check_overriding(program: Program, cls: Class, name: str, found: Found) -> None:
    """A subclass may have another method of this name."""
    if not cls.subclasses:
        return
    if program.overriding(cls, name) or inheritance.is_mixed_over(program, cls, name):
        if found.callees:
            found.doubt = found.doubt or "overridden"
        else:
            found.unknown = True


def _check_super(program: Program, atom: Atom, name: str, found: Found) -> None:
    start: Class
    _, start, receiver = atom
    expected = inheritance.owner_of(program, receiver[DEFINITION], name, after=start)
    for heir in start.subclasses:
        if len(heir.scope.bases) > 1 and inheritance.owner_of(program, heir, name, after=start) is not expected:
            found.doubt = found.doubt or "overridden"
            return
