"""All modules of a repository and those of the standard library that it uses, and the objects that they define."""

import re
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections import deque
from collections.abc import Mapping

from hgen.resolve.finder import UNCLEAR, Finder, absolute
from hgen.resolve.objects import Class, Frame, Function, LoadedModule
from hgen.resolve.solver import Memo, Solver
from hgen.resolve.stubs import stub_source
from hgen.resolve.types import ANY, FOLDER, MODULE, OUTSIDE, Arguments, Atom, Keywords, Type
from hgen.syntax.ir import CLASS_SCOPE, FUNCTION_SCOPE, KIND, SCOPE, V_DEFINITION, Expr, Module
from hgen.syntax.stubs import read_stub

_DEFINED = re.compile(rb"\b(?:def|class)[ \t]+(\w+)")
_KEPT_FRAMES = 2_000
"""Function bodies that stay unpacked between two questions."""


class Program(ABC):
    """The repository as it is being resolved.

    What its values can be is asked of it, and answered by ``inference``: the questions lead to each other in circles.
    """

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
        self.memo: Memo = {}
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
                if scope.kind != FUNCTION_SCOPE:
                    bound = self.frame(loaded, scope.index).body.bound
                    (self.members if scope.kind == CLASS_SCOPE else self.borne).update(bound)
        self.members |= self.patched
        self.borne |= self.members
        self._ordered = list(self.modules.values())

    @abstractmethod
    def evaluate(self, frame: Frame, expression: Expr) -> Type:
        """What an expression can be."""

    @abstractmethod
    def value(self, frame: Frame, number: int) -> Type:
        """What a numbered value can be."""

    @abstractmethod
    def annotated(self, frame: Frame, expression: Expr, function: Function | None) -> Type:
        """What a value with an annotation can be; ``function`` is the one whose header holds it."""

    @abstractmethod
    def type_arguments(self, frame: Frame, expression: Expr) -> Arguments:
        """The types between the brackets of a generic class."""

    @abstractmethod
    def result_of(self, atom: Atom, positional: Arguments, keywords: Keywords) -> Type:
        """What calling one atom gives."""

    def frame(self, module: LoadedModule, index: int) -> Frame:
        """A scope's frame; see ``forget``."""
        kept = module.frames.get(index)
        if kept is None:
            kept = module.frames[index] = Frame(module, module.scopes[index])
            if kept.scope.kind == FUNCTION_SCOPE:
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
            if scope.kind == CLASS_SCOPE:
                found = Class(module, scope)
            else:
                parent = module.scopes[scope.parent]
                owner = self.object(module, parent.index) if parent.kind == CLASS_SCOPE else None
                found = Function(module, scope, owner if isinstance(owner, Class) else None)
            module.objects[index] = found
        return found

    def definition(self, symbol: int) -> Function | Class:
        """The function or class at a position among the repository's symbols."""
        place = bisect_right(self._ordered, symbol, key=lambda module: module.first_symbol) - 1
        module = self._ordered[place]
        return self.object(module, module.module.symbols[symbol - module.first_symbol].scope)

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
            return (MODULE, self.modules[path])
        return ANY if path.endswith(".py") else (FOLDER, path)

    def submodule(self, module: LoadedModule, name: str) -> Atom | None:
        """A module inside a package, None if there is none."""
        if module.outside:
            inner = self.stub(f"{module.name}.{name}") if module.path.endswith("__init__.pyi") else None
            return (MODULE, inner) if inner else None
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
                module.memo.clear()
                module.globals.clear()
                module.objects.clear()
                module.frames.clear()
        self._recent.clear()
        self.memo.clear()

    def _find_stub_class(self, module: str, name: str) -> Class | None:
        loaded = self.stub(module)
        if loaded is not None:
            body = self.frame(loaded, 0).body
            for described in [body.values[number] for number in body.bound.get(name, ())]:
                found = self.object(loaded, described[SCOPE]) if described[KIND] == V_DEFINITION else None
                if isinstance(found, Class):
                    return found
        return None

    def _import_stub(self, name: str) -> Atom:
        stub = self.stub(name)
        return (MODULE, stub) if stub else OUTSIDE
