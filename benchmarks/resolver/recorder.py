"""Run a package's tests with its sources instrumented, and write down what every call site called.

This is the program that runs inside the confinement: it executes foreign code. ``main`` reads one JSON argument, a
``Job``; nothing else of the benchmark is needed in there than this module, ``instrument`` and ``sites``.
"""

import builtins
import functools
import importlib.machinery
import json
import os
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, GenericAlias, MethodType, MethodWrapperType
from typing import Any, cast

from benchmarks.resolver.instrument import CALL, DEFINED, RAISE, instrument
from benchmarks.resolver.sites import Definition, Identity, Site, definitions_of, is_test

NATIVE = (BuiltinFunctionType, MethodWrapperType, type(str.join), type(dict.fromkeys), type(object.__init__))
EXTERNAL: Identity = ("", "", 0)
"""Something that no definition in the repository made."""
IMPLICIT: Identity = ("", "__call__", 0)
"""An instance that was called or raised: the call names no definition, though its class has one."""
INJECTED: Identity = ("", "<injected>", 0)
"""A test's mock or lambda."""


@dataclass(frozen=True)
class Job:
    """What to run: all paths are as seen inside the confinement."""

    root: str
    sources: list[str]
    """Folders or files relative to ``root`` whose functions are traced."""
    paths: list[str]
    """Import roots relative to ``root``."""
    pytest: list[str]
    result: str


Target = tuple[Identity, Identity, tuple[Identity, ...]]
"""The definition that was called, the one that the call names, and those of the same name that the first overrides."""


class Recorder:
    """What was called where. One per process; its methods run inside every instrumented call."""

    def __init__(self, root: Path) -> None:
        self.root = f"{root}/"
        self.sites: dict[int, tuple[Definition, Site]] = {}
        self.targets: defaultdict[int, set[Target]] = defaultdict(set)
        self._seen: defaultdict[int, set[object]] = defaultdict(set)
        self._bound: dict[int, Identity] = {}
        self._classes: dict[int, Identity] = {}
        # Objects whose id is a key anywhere must never be freed.
        self._kept: list[object] = []
        self._closures: dict[int, object] = {}
        self._wrappers: set[CodeType] = set()
        self._files: dict[str, dict[tuple[int, str], Identity]] = {}

    def compile(self, source: bytes, path: str) -> CodeType:
        """Instrument one file of the repository."""
        numbered = instrument(source, path.removeprefix(self.root), path, len(self.sites))
        self.sites.update(numbered.sites)
        self._index(path, numbered.definitions)
        return numbered.code

    def defined(self, file: str, qualname: str, line: int) -> Any:
        """A decorator that learns which object a definition's name is bound to."""
        identity = (file, qualname, line)

        def learn(value: object) -> object:
            kind = type(value)
            if issubclass(kind, type):
                self._keep(self._classes, value, identity)
            elif kind is staticmethod or kind is classmethod:
                self._learn_function(cast("Any", value).__func__, identity)
            elif callable(value):
                self._learn_function(value, identity)
            return value

        return learn

    def call(self, number: int, value: Any) -> Any:
        """Note that a site is about to call this value, and hand it back."""
        kind = type(value)
        key: object
        if kind is MethodType:
            function = value.__func__
            receiver = value.__self__
            owner = receiver if isinstance(receiver, type) else type(receiver)
            key = (self._function_key(function), id(owner))
        elif kind is FunctionType:
            key = self._function_key(value)
        elif kind in NATIVE:
            key = kind
        else:
            key = id(value) if issubclass(kind, type) or id(value) in self._bound else id(kind)
        seen = self._seen[number]
        if key not in seen:
            seen.add(key)
            self._kept.append((value if issubclass(kind, type) else kind, key, owner if kind is MethodType else None))
            self.targets[number].add(self._target(number, value))
        return value

    def raised(self, number: int, value: Any) -> Any:
        """Note that a site raises this value; an instance that is raised names no class."""
        if issubclass(type(value), type):
            return self.call(number, value)
        self.targets[number].add((IMPLICIT, IMPLICIT, (self._class(type(value)),)))
        return value

    def _function_key(self, function: object) -> object:
        if type(function) is not FunctionType or function.__code__ in self._wrappers:
            self._closures[id(function)] = function
            return id(function)
        return function.__code__

    def _learn_function(self, value: object, identity: Identity) -> None:
        if type(value) is FunctionType:
            if self._code(value.__code__) == identity:
                return
            self._wrappers.add(value.__code__)
        self._keep(self._bound, value, identity)

    def _keep(self, table: dict[int, Identity], value: object, identity: Identity) -> None:
        if id(value) not in table:
            table[id(value)] = identity
            self._kept.append(value)

    def _target(self, number: int, value: Any) -> Target:
        observed = self._identify(value)
        if observed == IMPLICIT:
            return observed, observed, tuple(self._chain(type(value).__mro__, "__call__"))
        if type(value) is not MethodType or observed == EXTERNAL:
            return observed, observed, self._overridden_class(value, observed)
        definition, site = self.sites[number]
        receiver = value.__self__
        owner = receiver if isinstance(receiver, type) else type(receiver)
        chain = self._chain(owner.__mro__, site.written)
        named = observed
        # Not in the chain: the bound method was stored under this name, in the instance or a slot.
        if site.on_self and observed in chain:
            for _position, base in enumerate(owner.__mro__):
                if self._classes.get(id(base)) == definition.owner:
                    mine = self._chain(base.__mro__, site.written)
                    named = mine[0] if mine else observed
                    break
        below = chain[chain.index(observed) + 1 :] if observed in chain else []
        return observed, named, tuple(base for base in below if base != EXTERNAL)

    def _overridden_class(self, value: object, observed: Identity) -> tuple[Identity, ...]:
        if not isinstance(value, type) or not issubclass(type(value), type) or observed == EXTERNAL:
            return ()
        bases = (self._class(base) for base in type.mro(value)[1:])
        return tuple(base for base in bases if base != EXTERNAL)

    def _chain(self, mro: tuple[type, ...], name: str) -> list[Identity]:
        found = []
        for base in mro:
            member = base.__dict__.get(name)
            if member is not None:
                plain = member.__func__ if isinstance(member, staticmethod | classmethod) else member
                found.append(self._identify(plain))
        return found

    def _identify(self, value: Any) -> Identity:
        """Which definition an object is, through bound methods, wrappers and partial applications."""
        for _ in range(20):
            if id(value) in self._bound:
                return self._bound[id(value)]
            kind = type(value)
            if issubclass(kind, type):
                return self._class(value)
            if kind is MethodType:
                value = value.__func__
            elif kind is functools.partial:
                value = value.func
            elif kind is FunctionType:
                if "__wrapped__" not in value.__dict__:
                    return self._code(value.__code__)
                value = value.__dict__["__wrapped__"]
            elif kind is functools._lru_cache_wrapper:
                value = value.__wrapped__
            elif kind is GenericAlias or kind.__module__ == "typing":
                value = getattr(value, "__origin__", None)
            else:
                return INJECTED if _is_mock(kind) else IMPLICIT if self._class(kind) != EXTERNAL else EXTERNAL
        return EXTERNAL

    def _class(self, value: type) -> Identity:
        known = self._classes.get(id(value))
        if known is None:
            module = sys.modules.get(value.__module__) if isinstance(value.__module__, str) else None
            path = getattr(module, "__file__", None) or ""
            same = [found for found in self._definitions(path).values() if found[1] == value.__qualname__]
            known = same[-1] if same else EXTERNAL
            self._keep(self._classes, value, known)
        return known

    def _code(self, code: CodeType) -> Identity:
        found = self._definitions(code.co_filename).get((code.co_firstlineno, code.co_qualname))
        if found is None:
            file = code.co_filename.removeprefix(self.root)
            return INJECTED if file != code.co_filename and is_test(file) else EXTERNAL
        return found

    def _definitions(self, path: str) -> dict[tuple[int, str], Identity]:
        if path not in self._files:
            inside = path.startswith(self.root) and path.endswith(".py")
            try:
                file = path.removeprefix(self.root)
                self._index(path, definitions_of(Path(path).read_bytes(), file) if inside else [])
            except (OSError, SyntaxError, ValueError):
                self._files[path] = {}
        return self._files[path]

    def _index(self, path: str, definitions: list[Definition]) -> None:
        self._files[path] = {(each.start_line, each.identity[1]): each.identity for each in definitions}

    def as_json(self) -> list[dict[str, object]]:
        """All instrumented sites with what they called; sites that never ran have no targets."""
        return [
            {
                "function": definition.identity,
                "line": site.line,
                "column": site.column,
                "end": site.end,
                "targets": sorted(self.targets.get(number, ())),
            }
            for number, (definition, site) in sorted(self.sites.items())
        ]


def _is_mock(kind: type) -> bool:
    return any(base.__module__ == "unittest.mock" for base in kind.__mro__)


def install(recorder: Recorder, roots: list[Path]) -> None:
    """From now on, every import from these files and folders is instrumented."""
    for name, hook in ((CALL, recorder.call), (RAISE, recorder.raised), (DEFINED, recorder.defined)):
        setattr(builtins, name, hook)
    plain = importlib.machinery.SourceFileLoader.source_to_code
    prefixes = tuple(f"{root}/" if root.is_dir() else str(root) for root in roots)

    def source_to_code(self: Any, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:
        where = os.fspath(path)
        if isinstance(data, bytes) and where.startswith(prefixes) and not is_test(where.removeprefix(recorder.root)):
            return recorder.compile(data, where)
        return plain(self, data, path, _optimize=_optimize)

    importlib.machinery.SourceFileLoader.source_to_code = source_to_code  # type: ignore[method-assign]


def main() -> None:
    """Run one job, given as JSON in the first argument, and exit as pytest does."""
    job = Job(**json.loads(sys.argv[1]))
    root = Path(job.root)
    os.chdir(root)
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(root / path) for path in job.paths]
    recorder = Recorder(root)
    install(recorder, [root / source for source in job.sources])
    import pytest  # noqa: PLC0415 - after the hook is in place

    status = pytest.main(job.pytest)
    Path(job.result).write_text(json.dumps({"status": int(status), "sites": recorder.as_json()}), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)
