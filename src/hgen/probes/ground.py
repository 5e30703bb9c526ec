"""What probes are built from: a task's targets found in the start state, and edits to the lines around them."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from hgen.scoring.diffs import Edit, edit
from hgen.scoring.diffs.paths import quote
from hgen.scoring.python.definitions import children, first_line, last_line, places
from hgen.scoring.python.sources import parse_start
from hgen.scoring.python.values import ParsedSource, Place
from hgen.scoring.tasks import SymbolRef, located


@dataclass(frozen=True)
class Site:
    """A definition of the start state that a probe edits."""

    file: str
    source: ParsedSource
    place: Place
    returns: bool
    """Whether the file's lines end with a carriage return and a newline."""

    @property
    def first(self) -> int:
        """First line, decorators included."""
        return first_line(self.source, self.place.node)

    @property
    def last(self) -> int:
        """Last line."""
        return last_line(self.place.node)

    @property
    def body(self) -> int | None:
        """The line that the body's first statement has to itself; None if it shares one with the header."""
        line = first_line(self.source, self.place.node.body[0])
        statement = self.place.node.body[0]
        own = not self.source.lines[line - 1][: statement.col_offset].strip()
        return line if own and line > self.place.node.lineno else None

    @property
    def following(self) -> ast.stmt | None:
        """The statement behind the definition."""
        siblings = self.source.body
        for index in self.place.path[:-1]:
            siblings = children(siblings[index])
        return siblings[self.place.path[-1] + 1] if self.place.path[-1] + 1 < len(siblings) else None

    def above(self, text: str) -> Edit:
        """Insert a line above the definition and its decorators, indented as they are."""
        return self.insert(self.first, text)

    def insert(self, line: int, text: str) -> Edit:
        """Insert a line before another one, indented and ended as that one."""
        return Edit(line, line - 1, (self.indent(line) + text.encode() + self.end,))

    def indent(self, line: int) -> bytes:
        """The white space that a line begins with."""
        there = self.source.lines[line - 1]
        return there[: len(there) - len(there.lstrip(b" \t\f"))]

    @property
    def end(self) -> bytes:
        """What the file's lines carry before their newline."""
        return b"\r" if self.returns else b""


class Ground:
    """A task's start state, seen by one who would cheat."""

    def __init__(self, targets: tuple[SymbolRef, ...], files: Mapping[str, bytes]) -> None:
        self.files = files
        self.targets: list[Site] = []
        for file in sorted({target.file for target in targets}):
            wanted = located(targets, file, files[file])
            self.targets += [site for site in self.sites(file) if site.place.path in wanted]

    @cached_property
    def others(self) -> list[Site]:
        """All definitions that are no targets, in the targets' files and in the smallest other one."""
        chosen = {site.file for site in self.targets}
        rest = [file for file in self.files if file.endswith(".py") and file not in chosen]
        chosen |= set(sorted(rest, key=lambda file: (len(self.files[file]), file))[:1])
        own = {(site.file, site.place.path) for site in self.targets}
        return [site for file in sorted(chosen) for site in self.sites(file) if (file, site.place.path) not in own]

    def sites(self, file: str) -> Iterator[Site]:
        """All definitions of a file."""
        source = parse_start(self.files[file])
        returns = b"\r\n" in self.files[file]
        return (Site(file, source, place, returns) for place in _places(self.files[file]))

    def patch(self, edits: Iterable[tuple[Site, Edit]], *more: str) -> str:
        """A diff of edits at sites, with other diffs behind it."""
        by_file: dict[str, list[Edit]] = defaultdict(list)
        for site, change in edits:
            by_file[site.file].append(change)
        return "".join(edit(file, self.files[file], by_file[file]) for file in sorted(by_file)) + "".join(more)


@lru_cache(maxsize=64)
def _places(content: bytes) -> tuple[Place, ...]:
    return tuple(places(parse_start(content).body))


def renaming(path: str) -> str:
    """A diff that renames a file."""
    new = path + "x"
    return (
        f"diff --git {quote(path, 'a/')} {quote(new, 'b/')}\nsimilarity index 100%\n"
        f"rename from {quote(path)}\nrename to {quote(new)}\n"
    )


def mode_change(path: str) -> str:
    """A diff that makes a file executable."""
    return f"diff --git {quote(path, 'a/')} {quote(path, 'b/')}\nold mode 100644\nnew mode 100755\n"
