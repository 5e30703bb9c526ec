"""Functions and classes as they are after their decorators."""

from hgen.resolve.inference import inheritance
from hgen.resolve.objects import Class, Frame, Function
from hgen.resolve.program import Program
from hgen.resolve.types import CLASS, DEFINITION, EXACT, FUNCTION, INSTANCE, METHOD, PROPERTY, TAG, Atom, Type, only
from hgen.syntax.ir import ATTRIBUTE, CALLED, E_ATTRIBUTE, E_CALL, E_VALUE, KIND, NUMBER, OBJECT, V_PARAMETER, Expr

_TRANSPARENT = frozenset(
    [
        "abstractmethod",
        "overload",
        "final",
        "override",
        "no_type_check",
        "runtime_checkable",
        "lru_cache",
        "cache",
        "wraps",
        "total_ordering",
        "dataclass",
        "deprecated",
        "unique",
        "skip",
        "skipIf",
        "skipUnless",
        "expectedFailure",
        "classmethod",
        "staticmethod",
        "dataclass_transform",
        "coroutine",
    ]
)
_PROPERTIES = frozenset(["property", "cached_property", "abstractproperty"])
_MANAGERS = frozenset(["contextmanager", "asynccontextmanager"])
_METHODS_OF_CLASS = frozenset(["__new__", "__init_subclass__", "__class_getitem__"])


def defined(program: Program, frame: Frame, index: int) -> Type:
    """What a definition binds its name to."""
    found = program.object(frame.module, index)
    if isinstance(found, Class):
        return ((CLASS, found, (), EXACT),)
    result: Atom = (FUNCTION, found, True)
    for decorator in reversed(found.scope.decorators):
        result = _decorated(program, frame, result, decorator)
    return (result,)


def flavor(program: Program, function: Function) -> str:
    """How a method takes its first argument: ``static``, ``class`` or ``plain``."""
    if function.flavor is None:
        found = "class" if function.scope.name in _METHODS_OF_CLASS else "plain"
        frame = program.frame(function.module, function.scope.parent)
        for decorator in function.scope.decorators:
            names = _outside_names(program.evaluate(frame, decorator))
            if names & {"staticmethod"}:
                found = "static"
            elif names & {"classmethod", "abstractclassmethod"}:
                found = "class"
        function.flavor = found
    return function.flavor


def is_manager(program: Program, function: Function) -> bool:
    """Whether a function is decorated with ``contextmanager``."""
    if not function.scope.decorators:
        return False
    known = function.memo.get("manager")
    if known is None:
        frame = program.frame(function.module, function.scope.parent)
        known = function.memo["manager"] = any(
            _outside_names(program.evaluate(frame, decorator)) & _MANAGERS for decorator in function.scope.decorators
        )
    return bool(known)


def is_overload(program: Program, function: Function) -> bool:
    """Whether a definition is one of several signatures of a function."""
    frame = program.frame(function.module, function.scope.parent)
    return any("overload" in _outside_names(program.evaluate(frame, one)) for one in function.scope.decorators)


def _decorated(program: Program, frame: Frame, before: Atom, decorator: Expr) -> Atom:
    if decorator[KIND] == E_ATTRIBUTE and decorator[ATTRIBUTE] in ("setter", "getter", "deleter"):
        owner = only(program.evaluate(frame, decorator[OBJECT]))
        if owner[TAG] == PROPERTY:
            return owner
    called = decorator[KIND] == E_CALL
    if before[TAG] == FUNCTION:
        own = program.evaluate(frame, decorator)
        if _makes_properties(program, own) or (not called and _is_descriptor(program, own)):
            return (PROPERTY, before[DEFINITION])
    kind = program.evaluate(frame, decorator[CALLED] if called else decorator)
    names = _outside_names(kind)
    if names & _PROPERTIES:
        return (PROPERTY, before[DEFINITION]) if before[TAG] == FUNCTION else before
    if names & (_TRANSPARENT | _MANAGERS):
        return before
    if before[TAG] == FUNCTION and not _keeps(program, program.evaluate(frame, decorator)):
        return (FUNCTION, before[DEFINITION], False)
    return before


def _is_descriptor(program: Program, decorator: Type) -> bool:
    """Whether a decorator is a class of the repository that makes properties."""
    atom = only(decorator)
    if atom[TAG] != CLASS or atom[DEFINITION].module.outside:
        return False
    cls: Class = atom[DEFINITION]
    getter = inheritance.owner_of(program, cls, "__get__")
    return getter is not None and inheritance.owner_of(program, cls, "__call__") is None


def _makes_properties(program: Program, decorator: Type) -> bool:
    """Whether a decorator is a function of the repository that returns what ``property`` makes."""
    atom = only(decorator)
    if atom[TAG] != FUNCTION or atom[DEFINITION].module.outside:
        return False
    function: Function = atom[DEFINITION]
    frame = program.frame(function.module, function.scope.index)
    given = [atom for one in frame.body.returns for atom in program.evaluate(frame, one)]
    classes_given = [atom[DEFINITION] for atom in given if atom[TAG] == INSTANCE]
    return any(cls.module.outside and cls.name in _PROPERTIES for cls in classes_given)


def _outside_names(some: Type) -> frozenset[str]:
    """The names of the standard library's functions and classes in a type."""
    found = [atom[DEFINITION] for atom in some if atom[TAG] in (FUNCTION, CLASS, METHOD)]
    return frozenset([one.scope.name for one in found if one.module.outside])


def _keeps(program: Program, decorator: Type) -> bool:
    """Whether a decorator of the repository returns the function that it is given."""
    atom = only(decorator)
    if atom[TAG] not in (FUNCTION, METHOD) or atom[DEFINITION].module.outside:
        return False
    function: Function = atom[DEFINITION]
    body = program.frame(function.module, function.scope.index).body
    given = (V_PARAMETER, 1 if atom[TAG] == METHOD else 0)
    if not body.returns or body.falls_through:
        return False
    return all(returned[KIND] == E_VALUE and body.values[returned[NUMBER]] == given for returned in body.returns)
