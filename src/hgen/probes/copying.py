"""Lazy answers for a function to write: what copying gives, from its neighbours or from its base class."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from difflib import SequenceMatcher

from hgen.probes.ground import Ground, Site
from hgen.probes.probe import Probe
from hgen.scoring.diffs import Edit
from hgen.scoring.python.definitions import docstring_of, first_line


def copied_answers(ground: Ground) -> Iterator[Probe]:
    """The body of the definition whose header and name are most alike, and a call of the base class's method."""
    site = ground.targets[0]
    node = site.place.node
    if isinstance(node, ast.ClassDef):
        return
    if like := _most_alike(ground, site, node):
        yield Probe("copied-neighbour", ground.patch([(site, body_of(site, _body_lines(like)))]))
    if "." in site.place.qualname:
        yield Probe("base-class", ground.patch([(site, body_of(site, [_call_of_super(node)]))]))


def body_of(site: Site, lines: list[bytes]) -> Edit:
    """Put lines in place of a body, its docstring kept; they are indented as it is."""
    body = site.place.node.body
    kept = int(docstring_of(body) is not None and len(body) > 1)
    first = first_line(site.source, body[kept])
    indent = site.indent(first)
    return Edit(first, site.last, tuple((indent + line + site.end if line.strip() else site.end) for line in lines))


def _most_alike(ground: Ground, site: Site, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Site | None:
    """Another function of the file: with the same name, else with the name and parameters that are most alike."""

    def likeness(other: Site) -> tuple[bool, float]:
        name = other.place.qualname.rpartition(".")[2]
        return name == node.name, SequenceMatcher(None, _header(site), _header(other)).ratio()

    own = site.place.qualname
    others = [
        other
        for other in ground.sites(site.file)
        if not isinstance(other.place.node, ast.ClassDef)
        and other.place.qualname != own
        and not other.place.qualname.startswith(f"{own}.")
        and _body_lines(other)
    ]
    return max(others, key=likeness, default=None)


def _header(site: Site) -> str:
    node = site.place.node
    assert not isinstance(node, ast.ClassDef)
    return f"{node.name}({', '.join(argument.arg for argument in _arguments(node))})"


def _arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]


def _body_lines(site: Site) -> list[bytes]:
    """The lines of a body without its docstring, as far to the left as they can be; none if it has no lines alone."""
    body = site.place.node.body
    if site.body is None or (docstring_of(body) is not None and len(body) == 1):
        return []
    first = first_line(site.source, body[int(docstring_of(body) is not None)])
    indent = site.indent(first)
    return [line.removeprefix(indent).rstrip(b"\r") for line in site.source.span(first, site.last)]


def _call_of_super(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bytes:
    positional = [*node.args.posonlyargs, *node.args.args][1:]
    given = [argument.arg for argument in positional]
    given += [f"*{node.args.vararg.arg}"] if node.args.vararg else []
    given += [f"{argument.arg}={argument.arg}" for argument in node.args.kwonlyargs]
    given += [f"**{node.args.kwarg.arg}"] if node.args.kwarg else []
    awaited = "await " if isinstance(node, ast.AsyncFunctionDef) else ""
    return f"return {awaited}super().{node.name}({', '.join(given)})".encode()
