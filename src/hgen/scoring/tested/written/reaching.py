"""What written tests must not reach for: the code behind what they call, or code of their own making.

The forms (``forms``) are what makes looking at code useless; this says so sooner and plainly, and closes the ways to an
oracle that no form can close: a copy of the function that is kept as data and run. Whatever the repository's own tests
do stays allowed.
"""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from hgen.scoring.python import sources
from hgen.scoring.roles import TEST, role
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hgen.scoring.tasks import SymbolRef

_MODULES = frozenset(
    {
        "_ast", "_ctypes", "_imp", "_inspect", "_opcode", "_posixsubprocess", "_symtable", "ast", "astor", "bdb",
        "bytecode", "cffi", "code", "codeop", "ctypes", "dis", "executing", "imp", "importlib.abc",
        "importlib.machinery", "importlib.util", "jedi", "libcst", "linecache", "marshal", "opcode", "parso", "pdb",
        "pty", "runpy", "subprocess", "symtable", "timeit", "token", "tokenize", "trace", "zipimport",
    }
)  # fmt: skip
"""Modules that read code, make code of data, or run it where nobody looks."""

_ONLY = {
    "gc": frozenset({"collect", "disable", "enable", "freeze", "isenabled", "unfreeze"}),
    "importlib": frozenset({"import_module", "invalidate_caches", "metadata", "reload", "resources"}),
    "inspect": frozenset(
        {
            "BoundArguments", "Parameter", "Signature", "cleandoc", "getdoc", "getmro", "isabstract", "isasyncgen",
            "isasyncgenfunction", "isawaitable", "isbuiltin", "isclass", "iscoroutine", "iscoroutinefunction",
            "isdatadescriptor", "isfunction", "isgenerator", "isgeneratorfunction", "ismethod", "ismodule", "isroutine",
            "signature",
        }
    ),
    "pkgutil": frozenset({"iter_modules", "walk_packages"}),
}  # fmt: skip
"""Of these modules only such members ask for nothing that a caller could not see."""

_CALLS = frozenset({"__import__", "breakpoint", "compile", "eval", "exec"})
_NEVER = {
    "builtins": _CALLS,
    "os": frozenset(
        {
            "execl", "execle", "execlp", "execv", "execve", "execvp", "execvpe", "fork", "forkpty", "popen",
            "posix_spawn", "posix_spawnp", "spawnl", "spawnle", "spawnlp", "spawnv", "spawnve", "spawnvp", "system",
        }
    ),
    "sys": frozenset({"meta_path", "monitoring", "path_hooks", "path_importer_cache"}),
}  # fmt: skip

_ATTRIBUTES = frozenset(
    {
        "__builtins__", "__cached__", "__code__", "__file__", "__loader__", "__spec__", "_current_frames", "_getframe",
        "addaudithook", "ag_code", "ag_frame", "co_cellvars", "co_code", "co_consts", "co_exceptiontable",
        "co_filename", "co_firstlineno", "co_flags", "co_freevars", "co_lines", "co_linetable", "co_lnotab", "co_name",
        "co_names", "co_nlocals", "co_positions", "co_qualname", "co_stacksize", "co_varnames", "cr_code", "cr_frame",
        "currentframe", "f_back", "f_builtins", "f_code", "f_globals", "f_lasti", "f_lineno", "f_locals", "fullsource",
        "get_code", "get_data", "get_source", "getsource", "getsourcefile", "getsourcelines", "gi_code", "gi_frame",
        "setprofile", "settrace", "source_to_code", "tb_frame", "tb_lasti", "tb_lineno", "tb_next",
    }
)  # fmt: skip
"""What may be no attribute and no string; as a plain name ``__file__`` is the test's own."""

_BY_NAME = frozenset({"attrgetter", "delattr", "getattr", "hasattr", "methodcaller", "setattr"})
_CODE_SUFFIXES = frozenset({".egg", ".pth", ".pyc", ".pyd", ".pyo", ".pyz", ".so", ".whl", ".zip"})


def require_no_reaching(
    changed: Mapping[str, bytes], snapshot: Mapping[str, bytes], targets: Collection[SymbolRef]
) -> None:
    """Raise ``Refusal("reaches-for-code")`` for written files that do what none of the repository's own tests does."""
    for path in changed:
        if PurePosixPath(path).suffix in _CODE_SUFFIXES:
            raise Refusal("reaches-for-code", f"{path}: code that nobody can read")
    names = frozenset(_file_name(target.file) for target in targets)
    for path, content in changed.items():
        found = sorted(set(_reached(content, names)))
        for word in found:
            if not any(word in _reached(own, names) for own in _own_tests(snapshot, word)):
                raise Refusal("reaches-for-code", f"{path}: {word}")


def _own_tests(snapshot: Mapping[str, bytes], word: str) -> Iterator[bytes]:
    """The repository's own tests that may hold a word."""
    core = word.rpartition(" ")[2].rpartition(".")[2].strip("'()").encode()
    for path in snapshot:
        if path.endswith(".py") and role(path) == TEST and core in (content := snapshot[path]):
            yield content


def _file_name(path: str) -> str:
    """How a file is named in a path to it that means no other one."""
    parts = PurePosixPath(path).parts
    return "/".join(parts[-2:]) if parts[-1] == "__init__.py" else parts[-1]


def _reached(content: bytes, names: frozenset[str]) -> Iterator[str]:
    """Words for all that a file reaches for; nothing for one that is no Python."""
    try:
        body = sources.statements(content)
    except sources.SourceError:
        return
    modules: dict[str, str] = {}
    nodes = [node for statement in body for node in ast.walk(statement)]
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _imported(node, modules)
    said = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    bases = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    # That an object is what its own text says is no code that somebody has brought.
    bases |= {id(node.func) for node in nodes if isinstance(node, ast.Call) and _is_round_trip(node)}
    for node in nodes:
        if isinstance(node, ast.Name):
            yield from _named(node, modules, is_base=id(node) in bases)
        elif isinstance(node, ast.Attribute):
            yield from _member(node, modules)
        elif isinstance(node, ast.Call):
            yield from _called(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield from _text(node.value, names)


def _imported(node: ast.Import | ast.ImportFrom, modules: dict[str, str]) -> Iterator[str]:
    """What is imported that must not be; fills in which names stand for modules of which only some members may be."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            parts = alias.name.split(".")
            modules[alias.asname or parts[0]] = alias.name if alias.asname else parts[0]
            if parts[0] in _MODULES or ".".join(parts[:2]) in _MODULES:
                yield f"import {alias.name}"
        elif not node.level:
            module = node.module or ""
            whole = {module, module.partition(".")[0], f"{module}.{alias.name}"}
            if whole & _MODULES or alias.name in _ATTRIBUTES or not _may(module, alias.name):
                yield f"import {module}.{alias.name}"


def _may(module: str, member: str) -> bool:
    if module in _ONLY:
        return member in _ONLY[module]
    return member not in _NEVER.get(module, ())


def _named(node: ast.Name, modules: Mapping[str, str], *, is_base: bool) -> Iterator[str]:
    if is_base:
        return
    if node.id in _CALLS or (node.id in _ATTRIBUTES and node.id != "__file__"):
        yield f"{node.id}()"
    elif modules.get(node.id) in _ONLY:
        yield f"a value {modules[node.id]}"


def _member(node: ast.Attribute, modules: Mapping[str, str]) -> Iterator[str]:
    if node.attr in _ATTRIBUTES:
        yield f".{node.attr}"
    elif isinstance(node.value, ast.Name) and not _may(modules.get(node.value.id, ""), node.attr):
        yield f"{modules[node.value.id]}.{node.attr}"


def _called(node: ast.Call) -> Iterator[str]:
    function = node.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name not in _BY_NAME:
        return
    for argument in node.args:
        if _is_pieced_together(argument):
            yield f"a name made of pieces {name}"
        elif isinstance(argument, ast.Constant) and argument.value in _CALLS:
            yield f"{argument.value}()"


def _is_round_trip(node: ast.Call) -> bool:
    """Whether it is ``eval(repr(...))``."""
    inner = node.args[0] if len(node.args) == 1 and isinstance(node.func, ast.Name) and node.func.id == "eval" else None
    return isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "repr"


def _is_pieced_together(node: ast.expr) -> bool:
    """Whether an expression only hides a string that could have been written as it is."""
    if isinstance(node, (ast.Constant, ast.Name, ast.Attribute)):
        return False
    leaves = [leaf for leaf in ast.walk(node) if isinstance(leaf, (ast.Name, ast.Constant))]
    return bool(leaves) and all(isinstance(leaf, ast.Constant) or leaf.id in ("bytes", "chr", "str") for leaf in leaves)


def _text(text: str, names: frozenset[str]) -> Iterator[str]:
    if text in _ATTRIBUTES:
        yield f"'{text}'"
    elif len(text.split()) == 1 and (text.endswith("*.py") or any(f"/{text}".endswith(f"/{name}") for name in names)):
        yield f"a path '{text}'"
