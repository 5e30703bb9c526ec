"""Which definitions a call means: what is found for one call site, and how certain that is."""

from dataclasses import dataclass, field

from hgen.resolve import classes, evaluate, members
from hgen.resolve.bearers import foreign_root, implementing, likely_method
from hgen.resolve.evidence import likely_type
from hgen.resolve.nameindex import names_of
from hgen.resolve.program import Class, Frame, Function, Program
from hgen.resolve.types import (
    ANY,
    CALLABLE,
    CLASS,
    DECLARED,
    FOLDER,
    FUNCTION,
    INSTANCE,
    METHOD,
    MODULE,
    NONE,
    OUTSIDE,
    OUTSIDE_INSTANCE,
    PROPERTY,
    SELF,
    SELF_CLASS,
    SUPER,
    TYPE_OF,
    VARIABLE,
    Atom,
    Type,
    without,
)
from hgen.scoring.roles import is_support
from hgen.syntax.ir import E_ATTRIBUTE, E_NAME, E_VALUE, RAISE, V_GLOBAL, V_OUTER, Expr, Site


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
    role: bool = False
    """Whether a callee belongs to a protocol of the repository, which classes fit without inheriting from it."""
    doubt: str = ""
    """Why a single callee is the right one by the rule of DESIGN.md and yet not offered, or ""."""


def find(program: Program, frame: Frame, site: Site) -> Found:
    """What the call or raise at a site means."""
    expression: Expr = site[1]
    found = Found()
    if site[0] == RAISE:
        _raised(program, evaluate.evaluate(program, frame, expression), found)
        return found
    called: Expr = expression[1]
    if called[0] == E_ATTRIBUTE:
        if called[2] not in program.borne and not called[2].startswith("__"):
            found.outside = True
            return found
        receiver = evaluate.evaluate(program, frame, called[1])
        for atom in receiver:
            if atom != NONE or len(receiver) == 1:
                _member(program, atom, called[2], found)
        if not receiver:
            _by_name(program, called[2], found)
        if found.role:
            _implemented(program, frame, called[2], found)
        else:
            _guess_method(program, frame, called, receiver, found)
        return found
    function, name = evaluate.evaluate(program, frame, called), written_name(called, frame)
    for atom in without(function, NONE) or function:
        _callee(program, atom, name, found)
    if found.role:
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
    if receiver and not any(atom == ANY or atom[0] in (SELF, SELF_CLASS, CALLABLE, TYPE_OF) for atom in receiver):
        return
    if called[2] not in program.members:
        return
    guess = _called_by(program, likely_type(program, frame, called), frame, called)
    if guess.role:
        _implemented(program, frame, called[2], guess)
    if guess.callees or guess.outside:
        if called[2] not in names_of(program).methods or all(
            names_of(program).definition(callee).scope.name == called[2] for callee in guess.callees
        ):
            _take(program, frame, guess, found)
    elif (
        not foreign_root(program, frame, called[1])
        and (likely := likely_method(program, frame.module, receiver, called[2])) is not None
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
    if is_support(frame.module.path) or not is_support(names_of(program).definition(callee).module.path):
        found.callees[callee] = None


def written_name(called: Expr, frame: Frame) -> str:
    """The last component of a called expression as written, "" if it has none."""
    if called[0] == E_ATTRIBUTE:
        return str(called[2])
    if called[0] == E_NAME:
        return str(called[1])
    if called[0] == E_VALUE:
        described = frame.body.values[called[1]]
        if described[0] in (V_OUTER, V_GLOBAL):
            return str(described[1])
        return frame.name_of(called[1]).rpartition(".")[2]
    return ""


def _raised(program: Program, some: Type, found: Found) -> None:
    for atom in some:
        if atom[0] in (CLASS, SELF_CLASS):
            _callee(program, atom, "", found)
        elif atom in (ANY, OUTSIDE_INSTANCE) or atom[0] in (TYPE_OF, VARIABLE):
            found.unknown = found.unknown or atom == ANY
        else:
            found.outside = True
    if not some:
        found.outside = True


def _callee(program: Program, atom: Atom, name: str, found: Found, *, by_super: bool = False) -> None:
    """Add what calling one atom means."""
    tag = atom[0]
    if tag in (FUNCTION, METHOD):
        _symbol(atom[1], found)
        if tag == METHOD and not by_super:
            _check_receiver(program, atom[2], atom[1].scope.name, found)
    elif tag == CLASS:
        _symbol(atom[1], found)
        # A class handed in as ``type[C]``: any class that fits may come, as with other parameters that are called.
        found.unknown = found.unknown or atom[3] == DECLARED
    elif tag == SELF_CLASS:
        _symbol(atom[1], found)
        if atom[1].subclasses:
            found.doubt = found.doubt or "overridden"
    elif tag in (INSTANCE, SELF):
        found.called_instance = True
        # What is written names a value; whether a reader says that its ``__call__`` is called is open.
        found.doubt = found.doubt or "called instance"
        _member(program, atom, "__call__", found)
    elif tag in (ANY[0], CALLABLE, TYPE_OF, VARIABLE, OUTSIDE_INSTANCE[0]) or tag in (PROPERTY, MODULE, FOLDER):
        found.unknown = True
    else:
        found.outside = True


def _member(program: Program, atom: Atom, name: str, found: Found) -> None:
    """Add what calling an attribute of one atom means."""
    if atom == ANY or atom[0] in (TYPE_OF, VARIABLE, CALLABLE):
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
    if name in program.patched and atom[0] != SUPER:
        _patched(program, atom, name, found)
    for one in value:
        if one == ANY:
            _by_name(program, name, found)
        elif one != NONE or len(value) == 1:
            _callee(program, one, name, found, by_super=atom[0] == SUPER)
    if atom[0] == SUPER:
        _check_super(program, atom, name, found)
    elif not any(one[0] == METHOD for one in value):
        _check_receiver(program, atom, name, found)


def _check_receiver(program: Program, receiver: Atom, name: str, found: Found) -> None:
    """A receiver that is only declared may be of another class."""
    if receiver[0] in (SELF, SELF_CLASS) or (receiver[0] in (INSTANCE, CLASS) and receiver[3] == DECLARED):
        if receiver[0] == INSTANCE and name in program.members and _is_role(program, receiver[1]):
            found.unknown = True
            found.role = found.role or not receiver[1].module.outside
        _check_overriding(program, receiver[1], name, found)


def _is_role(program: Program, cls: Class) -> bool:
    """Whether values declared with a class are often of another one: protocols, and all outside but builtins."""
    if cls.module.outside:
        return cls.module.name != "builtins" or cls.name == "object"
    return classes.is_protocol(program, cls)


def _patched(program: Program, atom: Atom, name: str, found: Found) -> None:
    """Something in the repository assigns an attribute of this name from outside."""
    if atom[0] in (MODULE, OUTSIDE[0], FOLDER):
        return
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
    if program.overriding(cls, name) or classes.is_mixed_over(program, cls, name):
        if found.callees:
            found.doubt = found.doubt or "overridden"
        else:
            found.unknown = True


def _check_super(program: Program, atom: Atom, name: str, found: Found) -> None:
    start: Class = atom[1]
    expected = classes.owner_of(program, atom[2][1], name, after=start)[0]
    for heir in start.subclasses:
        if len(heir.scope.bases) > 1 and classes.owner_of(program, heir, name, after=start)[0] is not expected:
            found.doubt = found.doubt or "overridden"
            return
