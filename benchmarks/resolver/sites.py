"""The definitions of a source tree and the call sites in each function's own body, by the standard library's ``ast``.

Nothing here is shared with hgen, so a mistake in hgen's own reading of the rule shows up as a difference.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "venv", "build", "dist"})

Identity = tuple[str, str, int]
"""A definition: file relative to the repository, qualified name, line of its ``def`` or ``class``."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
DefinitionNode = FunctionNode | ast.ClassDef


@dataclass(frozen=True)
class Site:
    """One call, or one ``raise`` of something that is not itself a call."""

    line: int
    column: int
    """UTF-8 byte offset in the line of the name that a person would ask about; see ``named``."""
    end: tuple[int, int]
    """Where the called expression ends; unique among the sites of a file."""
    written: str
    """The last identifier of the called expression, or empty."""
    named: bool
    """Whether the called expression is a name or an attribute, so that there is a name to ask an engine about."""
    kind: str
    """``call`` or ``raise``."""
    on_self: bool
    """Whether it is an attribute of the first parameter of a method."""
    node: ast.Call | ast.Raise = field(compare=False, repr=False)


@dataclass(frozen=True)
class Definition:
    """A function, method or class, with the sites in its own body if it is a function."""

    identity: Identity
    name: str
    is_class: bool
    start_line: int
    """The first line with decorators, which is what a code object calls its first line."""
    owner: Identity | None
    """The class in whose body it stands."""
    sites: tuple[Site, ...]
    node: DefinitionNode = field(compare=False, repr=False)

    @property
    def name_column(self) -> int:
        """UTF-8 byte offset of the name in its line, for a header that is laid out as usual."""
        keyword = {ast.ClassDef: "class ", ast.FunctionDef: "def "}.get(type(self.node), "async def ")
        return self.node.col_offset + len(keyword)

    @property
    def is_property(self) -> bool:
        """Whether reading the attribute runs it, so that a call behind it calls something else."""
        return any("property" in ast.unparse(each) for each in getattr(self.node, "decorator_list", ()))

    @property
    def overload(self) -> bool:
        """Whether it is only a signature for type checkers."""
        return any(ast.unparse(each).split(".")[-1] == "overload" for each in self.node.decorator_list)


def python_files(root: Path) -> list[Path]:
    """All Python files of a repository, without hidden, cached and vendored folders."""
    found = []
    for path in sorted(root.rglob("*.py")):
        folders = path.relative_to(root).parts[:-1]
        if not any(part.startswith(".") or part in SKIPPED_FOLDERS for part in folders):
            found.append(path)
    return found


def is_test(file: str) -> bool:
    """Whether a file, relative to its repository, belongs to the tests and not to the package."""
    *folders, name = file.split("/")
    return name.startswith("test_") or name == "conftest.py" or bool({"test", "tests"} & set(folders))


def definitions_of(source: str | bytes, file: str) -> list[Definition]:
    """Every definition in one file, in source order; raises ``SyntaxError`` as ``ast.parse`` does."""
    return parse(source, file)[1]


def parse(source: str | bytes, file: str) -> tuple[ast.Module, list[Definition]]:
    """The tree of one file together with its definitions, whose nodes are nodes of that tree."""
    tree = ast.parse(source)
    return tree, list(_definitions(tree.body, file, "", None))


def _definitions(nodes: list[ast.stmt], file: str, prefix: str, owner: Identity | None) -> Iterator[Definition]:
    for node in _nested(nodes):
        identity = (file, prefix + node.name, node.lineno)
        is_class = isinstance(node, ast.ClassDef)
        sites = () if isinstance(node, ast.ClassDef) else tuple(_sites(node, method=owner is not None))
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        yield Definition(identity, node.name, is_class, start, owner, sites, node)
        inside = prefix + node.name + ("." if is_class else ".<locals>.")
        yield from _definitions(node.body, file, inside, identity if is_class else None)


def _nested(nodes: list[ast.stmt]) -> Iterator[DefinitionNode]:
    """Definitions among these statements at any depth that crosses no other definition."""
    for node in nodes:
        if isinstance(node, DefinitionNode):
            yield node
        else:
            yield from _nested(list(_statements(node)))


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from _statements(child)


def _sites(function: FunctionNode, *, method: bool) -> Iterator[Site]:
    first = _first_parameter(function) if method else None
    for node in _own_body(list(function.body)):
        if isinstance(node, ast.Call):
            yield _site(node, node.func, "call", first)
        elif isinstance(node, ast.Raise) and node.exc is not None and not isinstance(node.exc, ast.Call):
            yield _site(node, node.exc, "raise", first)


def _first_parameter(function: FunctionNode) -> str | None:
    if any(isinstance(decorator, ast.Name) and decorator.id == "staticmethod" for decorator in function.decorator_list):
        return None
    positional = [*function.args.posonlyargs, *function.args.args]
    return positional[0].arg if positional else None


def _own_body(pending: list[ast.AST] | list[ast.stmt]) -> Iterator[ast.AST]:
    """Nodes that belong to a body: not those of nested definitions, nor annotations; lambdas and comprehensions do."""
    for node in pending:
        if isinstance(node, DefinitionNode):
            continue
        yield node
        children = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.AnnAssign):
            children = [child for child in children if child is not node.annotation]
        yield from _own_body(children)


def _site(node: ast.Call | ast.Raise, called: ast.expr, kind: str, first: str | None) -> Site:
    line, column = called.lineno, called.col_offset
    end = (called.end_lineno or line, called.end_col_offset or column)
    written, named, on_self = "", False, False
    if isinstance(called, ast.Name):
        written, named = called.id, True
    elif isinstance(called, ast.Attribute):
        written, named = called.attr, True
        line, column = end[0], end[1] - len(called.attr.encode())
        on_self = isinstance(called.value, ast.Name) and called.value.id == first
    return Site(line, column, end, written, named, kind, on_self, node)
