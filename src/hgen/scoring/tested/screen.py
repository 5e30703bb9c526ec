"""What an answer's code must not newly mention: ways to the test runner, to the tests, or to equality with everything.

One layer of several. A word counts only if neither the start state's file nor the reference answer's has it, so that
whatever the repository itself does stays allowed.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from hgen.scoring.python import sources
from hgen.scoring.python.definitions import places
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_IMPORTS = frozenset(
    {
        "__main__", "_pytest", "atexit", "bdb", "builtins", "cffi", "code", "codeop", "conftest", "ctypes", "dis",
        "doctest", "faulthandler", "gc", "imp", "importlib", "inspect", "linecache", "marshal", "mmap", "mock",
        "multiprocessing", "nose", "pdb", "pkgutil", "pluggy", "pytest", "resource", "runpy", "signal", "site",
        "subprocess", "test", "tests", "tracemalloc", "unittest",
    }
)  # fmt: skip
"""Packages whose new import is refused."""

_NAMES = frozenset({"__builtins__", "__import__", "breakpoint", "compile", "eval", "exec", "globals", "locals", "vars"})
"""What may not be newly used as a plain name; as attributes some of them are harmless."""

_WORDS = frozenset(
    {
        "CodeType", "FunctionType", "__builtins__", "__closure__", "__code__", "__globals__", "__import__",
        "__loader__", "__spec__", "__subclasses__", "_current_frames", "_exit", "_getframe", "addaudithook",
        "cr_frame", "currentframe", "excepthook", "f_back", "f_builtins", "f_globals", "f_locals", "gi_frame",
        "meta_path", "path_hooks", "setprofile", "settrace", "tb_frame", "unraisablehook",
    }
)  # fmt: skip
"""What may not be newly used as a name, an attribute, or a string."""

_MODULES = {
    "sys": frozenset({"modules", "monitoring", "path", "exit"}),
    "os": frozenset({"abort", "execv", "execve", "fork", "kill", "killpg", "popen", "posix_spawn", "system"}),
}
"""What may not be newly used of these modules; nor may they themselves be handed on."""

COMPARISONS = frozenset(
    {
        "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__hash__", "__class__",
        "__instancecheck__", "__subclasscheck__", "__getattribute__",
    }
)  # fmt: skip
"""Methods by which an object can be all that a test expects; only where the repository has them may they stay."""

_PATCHERS = frozenset({"setattr", "delattr", "__setattr__"})
_STDLIB = ("builtins", "collections", "decimal", "fractions", "json", "math", "operator", "os", "re", "sys", "time")


def screen(path: str, answer: bytes, known: tuple[bytes, ...], targets: frozenset[str]) -> frozenset[int]:
    """Refuse suspicious code; gives the lines at which methods of comparison begin, all of them as known or wanted.

    ``known`` are the versions of the file whose words are allowed, ``targets`` the qualified names of what the answer
    is about. Raises ``Refusal``.
    """
    try:
        written = sources.statements(answer)
    except sources.SourceError as error:
        raise Refusal("does-not-parse", f"{path}: {error}") from None
    before = [sources.parse_start(content).body for content in known if content]
    allowed = {word for body in before for word in _suspicious(body)}
    for word in sorted(set(_suspicious(written)) - allowed):
        raise Refusal("suspicious-code", f"{path}: {word}")
    return _comparisons(path, written, before, targets)


def _comparisons(
    path: str, written: list[ast.stmt], before: list[list[ast.stmt]], targets: frozenset[str]
) -> frozenset[int]:
    known = {(name, ast.dump(node)) for body in before for name, node in _methods(body)}
    lines = set()
    for name, node in _methods(written):
        if name not in targets and (name, ast.dump(node)) not in known:
            raise Refusal("suspicious-code", f"{path}: {name}")
        lines |= {node.lineno, *(decorator.lineno for decorator in node.decorator_list)}
    return frozenset(lines)


def _methods(body: list[ast.stmt]) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for place in places(body):
        if not isinstance(place.node, ast.ClassDef) and place.node.name in COMPARISONS:
            yield place.qualname, place.node


def _suspicious(body: list[ast.stmt]) -> Iterator[str]:
    modules = dict(entry for statement in body for entry in _standard(statement))
    for statement in body:
        for node in ast.walk(statement):
            yield from _words(node)
            yield from _members(node, modules)
            if isinstance(node, ast.Call):
                yield from _patching_call(node, modules)
            elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete)):
                yield from _patching(node, modules)


def _words(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (f"import {alias.name}" for alias in node.names if alias.name.partition(".")[0] in _IMPORTS)
    elif isinstance(node, ast.ImportFrom):
        module = node.module or ""
        if not node.level and module.partition(".")[0] in _IMPORTS:
            yield f"import {module}"
        names = _WORDS | _MODULES.get(module, frozenset())
        yield from (f"import {alias.name}" for alias in node.names if alias.name in names)
    elif isinstance(node, ast.Name):
        if node.id in _NAMES | _WORDS or (node.id in COMPARISONS and isinstance(node.ctx, ast.Store)):
            yield node.id
    elif isinstance(node, ast.Attribute):
        if node.attr in _WORDS or (node.attr in COMPARISONS and isinstance(node.ctx, ast.Store)):
            yield node.attr
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
        if text in _WORDS | COMPARISONS or text.startswith("PYTEST_"):
            yield repr(text)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name in COMPARISONS:
        yield f"def {node.name}"


def _members(node: ast.AST, modules: Mapping[str, str]) -> Iterator[str]:
    """Forbidden members of modules, and modules that are used as values."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and modules.get(child.id) in _MODULES:
            module = modules[child.id]
            if not isinstance(node, ast.Attribute):
                yield f"{module} as a value"
            elif node.attr in _MODULES[module]:
                yield f"{module}.{node.attr}"


def _standard(statement: ast.stmt) -> Iterator[tuple[str, str]]:
    """Names that stand for modules of the standard library, or for what comes from them, and the modules."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in _STDLIB:
                    yield (alias.asname or alias.name).partition(".")[0], alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] in _STDLIB:
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _patching(
    node: ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete, modules: Mapping[str, str]
) -> Iterator[str]:
    targets = node.targets if isinstance(node, (ast.Assign, ast.Delete)) else [node.target]
    for target in targets:
        root = target
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(target, ast.Attribute) and isinstance(root, ast.Name) and root.id in modules:
            yield f"{root.id}.{target.attr} ="


def _patching_call(node: ast.Call, modules: Mapping[str, str]) -> Iterator[str]:
    function = node.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    first = node.args[0] if node.args else None
    if name in _PATCHERS and isinstance(first, ast.Name) and first.id in modules:
        yield f"{name}({first.id})"
    if name in (*_PATCHERS, "getattr", "attrgetter", "methodcaller") and any(
        _pieced_together(arg) for arg in node.args
    ):
        yield f"{name} with a name made of pieces"
    if name == "type" and len(node.args) == 3:
        yield "type with three arguments"


def _pieced_together(node: ast.expr) -> bool:
    """Whether an expression only hides a string that could have been written as it is."""
    if isinstance(node, (ast.Constant, ast.Name, ast.Attribute)):
        return False
    leaves = [leaf for leaf in ast.walk(node) if isinstance(leaf, (ast.Name, ast.Constant))]
    return bool(leaves) and all(isinstance(leaf, ast.Constant) or leaf.id in ("chr", "str") for leaf in leaves)
