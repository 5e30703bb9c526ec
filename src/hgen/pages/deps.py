"""What each function of a repository directly calls: the rows and the tree that ``hgen deps`` prints."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TypedDict

from rich.text import Text
from rich.tree import Tree

from hgen.resolve import analyse


class Dependency(TypedDict):
    """A definition that a function calls."""

    file: str
    qualname: str
    name: str
    kind: str
    def_line: int


class FunctionRow(TypedDict):
    """A function and everything in its repository that it directly calls."""

    file: str
    qualname: str
    def_line: int
    complete: bool
    deps: list[Dependency]


def deps_rows(files: Mapping[str, bytes], *, max_bytes: int) -> Iterator[FunctionRow]:
    """One row for each function and method, ordered by file and line."""
    analysis = analyse(files, max_bytes=max_bytes)
    symbols = analysis.symbols
    for function in analysis.functions:
        symbol = symbols[function.symbol]
        yield FunctionRow(
            file=symbol.file,
            qualname=symbol.qualname,
            def_line=symbol.def_line,
            complete=function.complete,
            deps=[
                Dependency(
                    file=symbols[dep].file,
                    qualname=symbols[dep].qualname,
                    name=symbols[dep].name,
                    kind=symbols[dep].kind,
                    def_line=symbols[dep].def_line,
                )
                for dep in function.deps
            ],
        )


def deps_tree(rows: Iterable[FunctionRow], *, title: str) -> Tree:
    """The rows as people read them: files, their functions, and what those call."""
    tree = Tree(Text(title, style="bold"))
    for file, functions in groupby(rows, key=lambda row: row["file"]):
        branch = tree.add(Text(file, style="cyan"))
        for row in functions:
            label = Text.assemble((row["qualname"], "bold"), (f" :{row['def_line']}", "dim"))
            if not row["complete"]:
                label.append(" incomplete", style="yellow")
            leaf = branch.add(label)
            for dep in row["deps"]:
                leaf.add(Text.assemble(dep["qualname"], (f" {dep['file']}:{dep['def_line']}", "dim")))
    return tree
