"""Who bears a name in the repository: classes with a method or stored attribute of it, and the scopes that call it."""

import re
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from hgen.resolve.objects import Class, Function, LoadedModule
from hgen.resolve.program import Program
from hgen.resolve.stubs import stub_source
from hgen.resolve.types import Type
from hgen.scoring.roles import is_support
from hgen.syntax.ir import CLASS_SCOPE, FUNCTION_SCOPE, KIND, V_DEFINITION, Scope


class ScopeAt(NamedTuple):
    """A scope of the program by its module and its number there."""

    module: LoadedModule
    number: int


_METHOD = re.compile(rb"^[ \t]+(?:async )?def (\w+)", re.MULTILINE)
_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([\w.]+)", re.MULTILINE)
_PART = re.compile(rb"^from \.(\w+) import", re.MULTILINE)
_ALWAYS = ("builtins", "typing")


class NameIndex:
    """The names of a program, and what was found out about them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.methods: dict[str, list[ScopeAt]] = {}
        """Where methods of each name are defined."""
        self.storing: dict[str, list[ScopeAt]] = {}
        """The classes whose methods store an attribute of each name."""
        self.plain: set[str] = set(program.patched)
        """Names that classes, instances or modules may give to something else than a method."""
        self.foreign = _foreign(program)
        """Methods of builtins and of the modules of the standard library that the repository imports."""
        self.likely: dict[tuple[str, bool], Function | None] = {}
        self.evidence: dict[Hashable, Type] = {}
        self._having: dict[str, list[Class]] = {}
        self._calling: dict[str, list[LoadedModule]] = {}
        for module in program.modules.values():
            for scope in module.scopes:
                self._note(module, scope)
        for path in sorted(program.modules, key=lambda path: (is_support(path), path)):
            for called in program.modules[path].module.called:
                self._calling.setdefault(called, []).append(program.modules[path])

    def having(self, name: str) -> list[Class]:
        """The classes that define a method of this name, or whose methods store it."""
        if name not in self._having:
            found: dict[Class, None] = {}
            for module, index in (*self.methods.get(name, ()), *self.storing.get(name, ())):
                one = self._program.object(module, index)
                owner = one.owner if isinstance(one, Function) else one
                if owner is not None:
                    found[owner] = None
            self._having[name] = list(found)
        return self._having[name]

    def calling(self, name: str) -> Iterator[ScopeAt]:
        """The scopes that call something of this name, tests last."""
        for module in self._calling.get(name, ()):
            for index in module.module.called[name]:
                yield ScopeAt(module, index)

    def _note(self, module: LoadedModule, scope: Scope) -> None:
        self.plain.update(scope.self_stores)
        for stored in module.children.get(scope.index, ()):
            self.storing.setdefault(stored, []).append(ScopeAt(module, scope.index))
        if scope.kind == FUNCTION_SCOPE:
            if module.scopes[scope.parent].kind == CLASS_SCOPE:
                self.methods.setdefault(scope.name, []).append(ScopeAt(module, scope.index))
            return
        body = self._program.frame(module, scope.index).body
        for name, values in body.bound.items():
            if scope.kind != CLASS_SCOPE or any(body.values[value][KIND] != V_DEFINITION for value in values):
                self.plain.add(name)


def names_of(program: Program) -> NameIndex:
    """The index of a program's names."""
    found: NameIndex | None = program.memo.get("names")
    if found is None:
        found = program.memo["names"] = NameIndex(program)
    return found


def _foreign(program: Program) -> frozenset[str]:
    found: set[str] = set()
    seen: set[str] = set()
    pending = [*_ALWAYS, *sorted(_imported(program))]
    pending += [f"_{name}" for name in pending]
    while pending:
        name = pending.pop()
        if name not in seen and (source := stub_source(name)):
            path, text = source
            found.update(method.decode() for method in _METHOD.findall(text))
            if path.endswith("__init__.pyi"):
                pending += [f"{name}.{part.decode()}" for part in _PART.findall(text)]
        seen.add(name)
    return frozenset(found)


def _imported(program: Program) -> set[str]:
    """The modules that absolute imports anywhere in the repository name."""
    found: set[bytes] = set()
    for module in program.modules.values():
        found.update(_IMPORT.findall(module.module.utf8))
    return {name.decode("utf-8", "replace") for name in found if not name.startswith(b".")}
