"""What a piece of Python that an agent runs is for: by its syntax tree, of which nothing is run."""

import ast
import warnings

from hgen.agents.skills.kinds import Use

_WRITERS = {
    "write", "writelines", "write_text", "write_bytes", "copy", "copyfile", "move", "rename", "replace", "unlink",
    "remove", "rmtree", "mkdir", "makedirs", "touch",
}  # fmt: skip
_ON_FILES = {"shutil", "os", "Path", "pathlib"}
_LOOKS = {"getsource", "getsourcefile", "getfile", "getsourcelines", "signature", "getdoc"}
_MOST_BYTES = 100_000


def use_of(code: str) -> Use:
    """Changing files, reading them, or trying something; what tries nothing is fake."""
    tree = _parsed(code)
    if tree is None:
        return Use("reproduce")
    nodes = list(ast.walk(tree))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    if any(_writes(call) for call in calls):
        return Use("edit")
    if any(_name(call.func) in _LOOKS for call in calls):
        return Use("read")
    if any(_opens(call) for call in calls) and not _imports_own(tree):
        return Use("read")
    if any(_name(call.func) == "help" for call in calls):
        return Use("reproduce", "prints help")
    return Use("reproduce", _why_fake(tree, calls))


def _why_fake(tree: ast.Module, calls: list[ast.Call]) -> str:
    does = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom) and not _is_constant(node)]
    if does:
        return ""
    if any(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body):
        return "imports, and tries nothing"
    del calls
    return "prints a constant"


def _is_constant(node: ast.stmt) -> bool:
    """Whether a statement is a constant, or prints some."""
    if not isinstance(node, ast.Expr):
        return isinstance(node, ast.Pass)
    value = node.value
    if isinstance(value, ast.Call) and _name(value.func) == "print" and not value.keywords:
        return all(isinstance(argument, ast.Constant) for argument in value.args)
    return isinstance(value, ast.Constant)


def _writes(call: ast.Call) -> bool:
    name = _name(call.func)
    if name == "open":
        modes = [*call.args[1:2], *[keyword.value for keyword in call.keywords if keyword.arg == "mode"]]
        return any(
            isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set(mode.value) & set("wax+")
            for mode in modes
        )
    if not isinstance(call.func, ast.Attribute) or name not in _WRITERS:
        return False
    if name in {"write_text", "write_bytes", "rmtree", "copyfile", "makedirs", "unlink"}:
        return True
    owner = call.func.value
    return isinstance(owner, ast.Name) and owner.id in _ON_FILES


def _opens(call: ast.Call) -> bool:
    return _name(call.func) in {"open", "read_text", "read_bytes", "getline", "getlines"}


def _imports_own(tree: ast.Module) -> bool:
    """Whether it imports something that is not of the standard library's readers of files."""
    plain = {"ast", "io", "json", "linecache", "os", "pathlib", "re", "sys", "textwrap", "tokenize"}
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(name.partition(".")[0] not in plain for name in names):
            return True
    return False


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _parsed(code: str) -> ast.Module | None:
    if len(code) > _MOST_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            # Foreign code's own: invalid escapes and the like.
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
