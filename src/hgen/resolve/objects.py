"""What a program consists of while it is being resolved: modules, classes, functions and the frames of their scopes."""

from typing import TypeAlias

from hgen.resolve.solver import Memo
from hgen.resolve.types import Atom, Type
from hgen.syntax.ir import FUNCTION_SCOPE, MODULE_SCOPE, Body, Module, Scope

Answer: TypeAlias = tuple[str, tuple[int, ...], str]
"""The status, callees and doubt of a call."""
Answers: TypeAlias = dict[tuple[int, str], Answer]
"""By ``CALL`` or ``RAISE`` and the name that is called or raised."""


class Frame:
    """A scope's unpacked body and what was found out about its values."""

    __slots__ = ("_names", "body", "memo", "module", "scope")

    def __init__(self, module: "LoadedModule", scope: Scope) -> None:
        self.module = module
        self.scope = scope
        self.body: Body = scope.body()
        self.memo: Memo = {}
        self._names: dict[int, str] | None = None

    def name_of(self, number: int) -> str:
        """The name that a value was given first, "" if none."""
        if self._names is None:
            self._names = {}
            for name, values in self.body.bound.items():
                for value in values:
                    self._names.setdefault(value, name)
        return self._names.get(number, "")


class Function:
    """A function or method; ``symbol`` is its position among the repository's symbols, -1 outside."""

    __slots__ = ("flavor", "memo", "module", "owner", "scope", "symbol")

    def __init__(self, module: "LoadedModule", scope: Scope, owner: "Class | None") -> None:
        self.module = module
        self.scope = scope
        self.owner = owner
        self.symbol = module.first_symbol + scope.symbol if module.first_symbol >= 0 else -1
        self.memo: Memo = {}
        self.flavor: str | None = None
        """``static``, ``class`` or ``plain``, once known."""


class Class:
    """A class of the repository or of a stub."""

    __slots__ = ("attributes", "memo", "module", "owners", "scope", "stores", "subclasses", "symbol")

    def __init__(self, module: "LoadedModule", scope: Scope) -> None:
        self.module = module
        self.scope = scope
        self.symbol = module.first_symbol + scope.symbol if module.first_symbol >= 0 else -1
        self.memo: Memo = {}
        self.attributes: Memo = {}
        self.owners: dict[str, tuple[Class | None, bool]] = {}
        """The first class in the resolution order that defines an attribute, and whether all before it are known."""
        self.stores = module.children.get(scope.index, {})
        """Where the methods store attributes: scope and values."""
        self.subclasses: list[Class] = []
        """Classes of the repository that inherit from this one, directly or not."""

    @property
    def name(self) -> str:
        """The bare name."""
        return self.scope.name


class LoadedModule:
    """A parsed module with the objects that stand for its scopes."""

    __slots__ = (
        "answers",
        "children",
        "first_symbol",
        "frames",
        "globals",
        "memo",
        "module",
        "name",
        "objects",
        "outer_stores",
        "path",
        "scopes",
        "star_sources",
        "starred",
    )

    def __init__(self, module: Module, name: str, first_symbol: int) -> None:
        self.module = module
        self.path = module.path
        self.name = name
        """The dotted name for stubs, "" for files of the repository."""
        self.first_symbol = first_symbol
        self.scopes = module.scopes
        self.frames: dict[int, Frame] = {}
        self.memo: Memo = {}
        self.starred: dict[tuple[str, int], Type | None] = {}
        self.star_sources: list[tuple[int, Atom]] | None = None
        self.objects: dict[int, Function | Class] = {}
        self.globals: Memo = {}
        self.answers: Answers = {}
        """What calls of global names mean."""
        self.outer_stores: dict[str, list[tuple[int, int]]] = {}
        self.children: dict[int, dict[str, list[tuple[int, tuple[int, ...]]]]] = {}
        for scope in module.scopes:
            for stored, value in scope.outer_stores:
                self.outer_stores.setdefault(stored, []).append((scope.index, value))
            for attribute, values in scope.self_stores.items():
                stores = self.children.setdefault(scope.parent, {})
                stores.setdefault(attribute, []).append((scope.index, values))

    def sees_globals(self, scope: Scope) -> bool:
        """Whether what a scope does not bind is a global name or a builtin, the same in the whole module."""
        while scope.kind != MODULE_SCOPE and not scope.type_parameters:
            scope = self.scopes[scope.parent]
            if scope.kind == FUNCTION_SCOPE:
                return False
        return scope.kind == MODULE_SCOPE

    @property
    def outside(self) -> bool:
        """Whether this is a stub."""
        return self.first_symbol < 0
