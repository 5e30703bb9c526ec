"""All modules of a repository and those of the standard library that it uses, and the objects that they define."""

import re
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from hgen.resolve.finder import UNCLEAR, Finder, absolute
from hgen.resolve.solver import Memo, Solver
from hgen.resolve.stubs import stub_source
from hgen.resolve.types import ANY, FOLDER, OUTSIDE, Atom, Type
from hgen.resolve.types import MODULE as MODULE_TAG
from hgen.syntax.ir import CLASS, FUNCTION, MODULE, V_DEFINITION, Body, Module, Scope
from hgen.syntax.stubs import read_stub

if TYPE_CHECKING:
    from hgen.resolve.nameindex import NameIndex

_DEFINED = re.compile(rb"\b(?:def|class)[ \t]+(\w+)")
_KEPT_FRAMES = 2_000
"""Function bodies that stay unpacked between two questions."""


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
        """``static``, ``class``, ``property`` or ``plain``, once known."""


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
        "listed",
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
        self.listed: tuple[frozenset[str] | None, ...] = ()
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
        while scope.kind != MODULE and not scope.type_parameters:
            scope = self.scopes[scope.parent]
            if scope.kind == FUNCTION:
                return False
        return scope.kind == MODULE

    @property
    def outside(self) -> bool:
        """Whether this is a stub."""
        return self.first_symbol < 0


class Program:
    """The repository as it is being resolved."""

    def __init__(self, modules: Mapping[str, Module], broken: Mapping[str, bytes]) -> None:
        """``broken`` are files that could not be parsed: what they define is only known by name."""
        self.solver = Solver()
        self.modules: dict[str, LoadedModule] = {}
        self.borne: set[str] = set()
        """Names that may stand for something callable of the repository."""
        self.members: set[str] = set()
        """Names of attributes of the repository's classes and their instances."""
        self.patched: set[str] = set()
        """Attributes that are assigned from outside of their class or module."""
        self.named: NameIndex | None = None
        """See ``nameindex``; made when it is needed first."""
        self.finder = Finder([*modules, *broken])
        for source in broken.values():
            self.borne.update(name.decode("utf-8", "replace") for name in _DEFINED.findall(source))
        self._stubs: dict[str, LoadedModule | None] = {}
        self._stub_classes: dict[tuple[str, str], Class | None] = {}
        self._recent: deque[tuple[LoadedModule, int]] = deque()
        first = 0
        for path in sorted(modules):
            module = modules[path]
            loaded = LoadedModule(module, "", first)
            self.modules[path] = loaded
            first += len(module.symbols)
            self.borne |= module.stored | module.patched
            self.patched |= module.patched
            for scope in module.scopes:
                self.borne.add(scope.name)
                self.members.update(scope.self_stores)
                if scope.kind != FUNCTION:
                    bound = self.frame(loaded, scope.index).body.bound
                    (self.members if scope.kind == CLASS else self.borne).update(bound)
        self.members |= self.patched
        self.borne |= self.members

    def frame(self, module: LoadedModule, index: int) -> Frame:
        """A scope's frame; see ``forget``."""
        kept = module.frames.get(index)
        if kept is None:
            kept = module.frames[index] = Frame(module, module.scopes[index])
            if kept.scope.kind == FUNCTION:
                self._recent.append((module, index))
        return kept

    def forget(self) -> None:
        """Drop the oldest frames of functions; only while no question is open, which has to find its own again."""
        while len(self._recent) > _KEPT_FRAMES:
            module, index = self._recent.popleft()
            del module.frames[index]

    def object(self, module: LoadedModule, index: int) -> Function | Class:
        """The function or class of a scope."""
        found = module.objects.get(index)
        if found is None:
            scope = module.scopes[index]
            if scope.kind == CLASS:
                found = Class(module, scope)
            else:
                parent = module.scopes[scope.parent]
                owner = self.object(module, parent.index) if parent.kind == CLASS else None
                found = Function(module, scope, owner if isinstance(owner, Class) else None)
            module.objects[index] = found
        return found

    def stub(self, name: str) -> LoadedModule | None:
        """A module of the standard library, None if there is none."""
        if name not in self._stubs:
            source = stub_source(name)
            self._stubs[name] = LoadedModule(read_stub(*source), name, -1) if source else None
        return self._stubs[name]

    def stub_class(self, module: str, name: str) -> Class | None:
        """A class that a stub defines itself."""
        key = (module, name)
        if key not in self._stub_classes:
            self._stub_classes[key] = self._find_stub_class(module, name)
        return self._stub_classes[key]

    def import_module(self, importer: LoadedModule, name: str, level: int) -> Atom:
        """What an import statement finds: a module, a folder, something outside, or something unclear."""
        if importer.outside:
            return self._import_stub(absolute(importer.name, importer.path, name, level))
        if level:
            found = self.finder.relative(name, level, importer.path)
            return ANY if found is None else self.at(found)
        found = self.finder.find(name, importer.path)
        if found == UNCLEAR:
            return ANY
        if found is not None:
            return self.at(found)
        if self.finder.near(name.partition(".")[0], importer.path):
            return ANY
        return self._import_stub(name)

    def at(self, path: str) -> Atom:
        """The module at a path of the repository; a file that is broken is unknown."""
        if path in self.modules:
            return (MODULE_TAG, self.modules[path])
        return ANY if path.endswith(".py") else (FOLDER, path)

    def submodule(self, module: LoadedModule, name: str) -> Atom | None:
        """A module inside a package, None if there is none."""
        if module.outside:
            inner = self.stub(f"{module.name}.{name}") if module.path.endswith("__init__.pyi") else None
            return (MODULE_TAG, inner) if inner else None
        found = self.finder.submodule(module.path, name)
        return None if found is None else self.at(found)

    def overriding(self, cls: Class, name: str) -> bool:
        """Whether a subclass in the repository defines an attribute of its own."""
        key = ("overriding", name)
        if key not in cls.memo:
            cls.memo[key] = any(
                name in self.frame(heir.module, heir.scope.index).body.final or name in heir.stores
                for heir in cls.subclasses
            )
        return bool(cls.memo[key])

    def release(self) -> None:
        """Break the circles among modules, objects and frames, so that their memory is free at once."""
        for module in [*self.modules.values(), *self._stubs.values()]:
            if module is not None:
                for scope in module.scopes:
                    scope.reading = None
                for found in module.objects.values():
                    found.memo.clear()
                    if isinstance(found, Class):
                        found.owners.clear()
                        found.attributes.clear()
                for frame in module.frames.values():
                    frame.memo.clear()
                module.globals.clear()
                module.objects.clear()
                module.frames.clear()
        self._recent.clear()
        self.named = None

    def _find_stub_class(self, module: str, name: str) -> Class | None:
        loaded = self.stub(module)
        if loaded is not None:
            body = self.frame(loaded, 0).body
            for kind, *described in [body.values[number] for number in body.bound.get(name, ())]:
                found = self.object(loaded, described[0]) if kind == V_DEFINITION else None
                if isinstance(found, Class):
                    return found
        return None

    def _import_stub(self, name: str) -> Atom:
        stub = self.stub(name)
        return (MODULE_TAG, stub) if stub else OUTSIDE
