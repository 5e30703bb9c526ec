"""Tasks over modules of the standard library, with their right answers, as Hypothesis strategies."""

import ast
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from hgen.scoring.diffs import Edit, edited, render
from hgen.scoring.python import sources
from hgen.scoring.python.definitions import DEFINITIONS, docstring_of, first_line, places
from hgen.scoring.python.values import Place

MODULES = ("textwrap", "fnmatch", "shlex", "queue", "string", "sched", "cmd", "graphlib", "netrc")
MARKER = "# this function/class is called by the subject function"
FAMILIES = ("func-localize", "dep-search", "issue-localize")


@dataclass(frozen=True)
class World:
    """A task, its start state, and the edits of a right answer."""

    task: Mapping[str, object]
    files: Mapping[str, bytes]
    edits: Mapping[str, tuple[Edit, ...]]

    @property
    def after(self) -> dict[str, bytes]:
        """The files with the right answer."""
        return {path: edited(path, content, self.edits.get(path, ())) for path, content in self.files.items()}

    def patch(self, after: Mapping[str, bytes]) -> str:
        """The diff that leads to other contents."""
        return render(self.files, after)


@cache
def module(name: str) -> bytes:
    """The source of a module of the standard library."""
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).read_bytes()


@cache
def definitions(name: str) -> tuple[Place, ...]:
    """The definitions in a module whose body has lines of its own."""
    source = sources.parse_start(module(name))
    return tuple(
        place
        for place in places(source.body)
        if first_line(source, place.node.body[0]) > place.node.lineno and not isinstance(place.node.body[0], ast.Pass)
    )


@st.composite
def worlds(draw: st.DrawFn, families: tuple[str, ...] = FAMILIES) -> World:
    """A task of one to three targets in one or two modules."""
    family = draw(st.sampled_from(families))
    names = draw(st.lists(st.sampled_from(MODULES), min_size=1, max_size=2, unique=True))
    pool = [(name, place) for name in names for place in definitions(name) if _asks_for(family, place)]
    if not pool:
        pool, family = [(name, place) for name in names for place in definitions(name)], "dep-search"
    chosen = draw(st.lists(st.sampled_from(range(len(pool))), min_size=1, max_size=3, unique=True))
    targets, edits = [], {}
    for index in sorted(chosen):
        name, place = pool[index]
        path = f"{name}.py"
        kind = "class" if isinstance(place.node, ast.ClassDef) else "function"
        targets.append({"file": path, "qualname": place.qualname, "kind": kind, "def_line": place.node.lineno})
        edits.setdefault(path, []).append(_right(family, name, place))
    subject = {"file": "x.py", "qualname": "subject", "kind": "function", "def_line": 1}
    return World(
        {"family": family, "targets": targets, "subject": subject},
        {f"{name}.py": module(name) for name in names},
        {path: tuple(sorted(found, key=lambda edit: edit.first_line)) for path, found in edits.items()},
    )


def _asks_for(family: str, place: Place) -> bool:
    """Whether a definition can be a target; a place to change is innermost, so that a comment in it is only there."""
    if family == "issue-localize":
        return sum(isinstance(node, DEFINITIONS) for node in ast.walk(place.node)) == 1
    return family == "dep-search" or docstring_of(place.node.body) is None


def _right(family: str, name: str, place: Place) -> Edit:
    source = sources.parse_start(module(name))
    if family == "dep-search":
        line, text = first_line(source, place.node), MARKER
    elif family == "func-localize":
        line, text = first_line(source, place.node.body[0]), '"""Say what this is for."""'
    else:
        line, text = first_line(source, place.node.body[-1]), "# This has to change."
    there = source.lines[line - 1]
    return Edit(line, line - 1, (there[: len(there) - len(there.lstrip())] + text.encode(),))
