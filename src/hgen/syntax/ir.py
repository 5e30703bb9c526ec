"""The compact values that a source file becomes: expressions and static single assignments as plain tuples.

Tuples of numbers and strings are what ``marshal`` stores in a few bytes, so that a repository of 750,000 lines fits
into memory with all its function bodies. The first item of an expression is one of the ``E_`` numbers, that of a value
one of the ``V_`` numbers; the comment says what follows. Code that reads one unpacks it into names, or reads a place
that has a name.
"""

import marshal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

Expr: TypeAlias = tuple[Any, ...]
Value: TypeAlias = tuple[Any, ...]

KIND = 0
NUMBER = 1
"""The number of the value that an ``E_VALUE``, ``V_NARROWED`` or ``V_UNPACK`` is made of."""
OBJECT, ATTRIBUTE = 1, 2
"""What an ``E_ATTRIBUTE`` is read from, and its name."""
CALLED = 1
"""The function of an ``E_CALL``."""
HEAD = 1
"""What an ``E_SUBSCRIPT`` subscripts."""
CLASS_NAME, CONSTANT = 1, 2
"""The name of the builtin class of an ``E_CONSTANT``, and its value or None."""
ITEMS = 1
"""The items of an ``E_TUPLE``, ``E_LIST`` or ``E_SET``."""
POSITION = 1
"""The place of a ``V_PARAMETER`` among the function's parameters."""
SCOPE = 1
"""The number of the scope of a ``V_DEFINITION``."""

E_UNKNOWN = 0
E_VALUE = 1  # value: a name as it is bound at this place
E_NAME = 2  # name: looked up in the finished scope, as annotations are
E_ATTRIBUTE = 3  # object, name
E_CALL = 4  # function, positional arguments, ((keyword, argument), ...)
E_SUBSCRIPT = 5  # object, index
E_CONSTANT = 6  # name of its builtin class, value or None
E_TUPLE = 7  # items
E_LIST = 8  # items
E_SET = 9  # items
E_DICT = 10  # keys, values
E_COMPREHENSION = 11  # name of a builtin class, item, value or None
E_BINARY = 12  # operator, left, right
E_OR = 13  # left, right
E_AND = 14  # left, right
E_CONDITIONAL = 15  # value if true, value if false
E_LAMBDA = 16  # body
E_AWAIT = 17  # awaited
E_STAR = 18  # unpacked
E_YIELD = 19
E_UNARY = 20  # operator, operand

V_EXPR = 0  # expression
V_PHI = 1  # values, one for each way to get here; whether the first one wins where it is known
V_PARAMETER = 2  # position in the function's parameters
V_ITEM = 3  # iterated expression, whether asynchronous
V_ENTER = 4  # context manager expression, whether asynchronous
V_UNPACK = 5  # value, position (negative: from the end, after a star; None: what the star takes)
V_DEFINITION = 6  # scope
V_IMPORT = 7  # module or "", name or "", level
V_EXCEPTION = 8  # expression of the classes, whether a group
V_NARROWED = 9  # value, which of the ``IS_`` tests, expression of what it compares with or (), whether it held
V_ANNOTATED = 10  # annotation, value or -1
V_UNKNOWN = 11
V_UNBOUND = 12
V_OUTER = 13  # name that is not bound here, at least not yet
V_GLOBAL = 14  # name

MODULE_SCOPE, CLASS_SCOPE, FUNCTION_SCOPE = 0, 1, 2
POSITIONAL, VARARGS, KEYWORD_ONLY, KEYWORDS = 0, 1, 2, 3
CALL, RAISE = 0, 1
IS_INSTANCE, IS_SUBCLASS, IS_CLASS = "isinstance", "issubclass", "class"
IS_NONE, IS_TRUE, IS_CALLABLE = "none", "truth", "callable"


class Parameter(NamedTuple):
    """A parameter of a function; ``kind`` is one of the four above."""

    name: str
    annotation: Expr | None
    kind: int
    default: Expr | None


Site: TypeAlias = tuple[int, Expr, int, int, int, int]
"""``CALL`` or ``RAISE``, the expression, its start and its callee's end as 1-based lines and 0-based byte columns."""


def written(site: Site) -> Expr:
    """The expression that is called or raised."""
    kind, expression, _, _, _, _ = site
    return expression if kind == RAISE else expression[CALLED]


Import: TypeAlias = tuple[str, str, int]
"""Module or "", name or "" for all of it, level: the number of dots."""


@dataclass(slots=True)
class Body:
    """What a scope does when it runs."""

    values: list[Value]
    final: dict[str, int]
    """The value of each name after the last statement."""
    bound: dict[str, tuple[int, ...]]
    """Every value that a name is given; ``self.x`` counts as a name."""
    sites: tuple[Site, ...]
    returns: tuple[Expr, ...]
    yields: tuple[Expr, ...]
    falls_through: bool


@dataclass(slots=True)
class Scope:
    """A module, class or function; decorators, bases and annotations belong to the scope around it."""

    index: int
    kind: int
    name: str
    parent: int
    symbol: int
    """Position in ``Module.symbols``, -1 for the module itself."""
    parameters: tuple[Parameter, ...] = ()
    returns: Expr | None = None
    decorators: tuple[Expr, ...] = ()
    bases: tuple[Expr, ...] = ()
    keywords: tuple[tuple[str, Expr], ...] = ()
    type_parameters: tuple[str, ...] = ()
    is_async: bool = False
    is_generator: bool = False
    conditional: bool = False
    """Whether the definition stands in a branch, loop or handler of its scope."""
    self_stores: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Attributes assigned through the first parameter."""
    outer_stores: tuple[tuple[str, int], ...] = ()
    """Values given to names declared ``global``."""
    packed: bytes = b""
    reading: Callable[[], "Body"] | None = None
    """In stubs: reads the body when it is asked for."""

    def pack(self, body: Body) -> None:
        """Store the body in a few bytes; raises ``ValueError`` if an expression in it is nested too deeply."""
        self.packed = marshal.dumps(
            (body.values, body.final, body.bound, body.sites, body.returns, body.yields, body.falls_through)
        )

    def body(self) -> Body:
        """Unpack or read the body; a new one for each call."""
        if self.reading:
            return self.reading()
        if not self.packed:
            return Body([], {}, {}, (), (), (), falls_through=True)
        return Body(*marshal.loads(self.packed))  # noqa: S302 - packed by this process


def parameter(scope: Scope, described: Value) -> Parameter:
    """The parameter that a ``V_PARAMETER`` of a function's scope stands for."""
    return scope.parameters[described[POSITION]]


@dataclass(slots=True)
class Definition:
    """What a record's symbol says about itself, before anything is resolved."""

    qualname: str
    kind: str
    start_line: int
    def_line: int
    body_line: int
    end_line: int
    docstring: tuple[int, int] | None
    statements: int
    signature: str
    decorators: tuple[str, ...]
    body_bytes: tuple[int, int]
    docstring_bytes: tuple[int, int]
    scope: int
    column: int


@dataclass(slots=True)
class Module:
    """One parsed file."""

    path: str
    scopes: list[Scope]
    symbols: list[Definition]
    """Ordered by line and column."""
    stars: tuple[tuple[int, str, int], ...]
    """Star imports of the module scope: the number of values bound before it, module, level."""
    stored: frozenset[str]
    """Names that something callable may get other than by definition: assigned attributes and keywords."""
    patched: frozenset[str]
    """Attributes assigned through anything but a method's first parameter."""
    called: dict[str, tuple[int, ...]]
    """Which scopes call something of a name."""
    conditional_imports: tuple[Import, ...]
    """See ``syntax.imports``."""
    utf8: bytes
