"""What is asked of the engines, the call sites of a sample of functions, and how a place becomes a definition."""

import hashlib
import json
from bisect import bisect_right
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.resolver.sites import Definition, Identity, definitions_of, python_files


@dataclass(frozen=True)
class Question:
    """One call site; an engine that answers by position looks at ``line`` and ``column``."""

    file: str
    line: int
    column: int
    """UTF-8 byte offset."""
    end: tuple[int, int]
    """Identifies the site within its file."""
    written: str
    kind: str


Answers = dict[tuple[str, int, int], list[Identity]]
"""Per site, by file and end: the definitions of the repository that an engine named, best first."""


def write_questions(questions: list[Question], path: Path) -> None:
    """Hand the questions to an engine's process."""
    path.write_text(json.dumps([asdict(each) for each in questions]), encoding="utf-8")


def read_questions(path: Path) -> list[Question]:
    """The questions in the order in which they are to be asked."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [Question(**{**row, "end": tuple(row["end"])}) for row in rows]


def hash_sample(identities: list[Identity], size: int) -> list[Identity]:
    """At most ``size`` of them, chosen by their own names so that a second run chooses the same."""
    ordered = sorted(identities, key=lambda each: hashlib.blake2b(repr(each).encode(), digest_size=8).digest())
    return sorted(ordered[:size])


class Index:
    """The definitions of a repository, by the places that engines report."""

    def __init__(self, root: Path) -> None:
        self.definitions: dict[Identity, Definition] = {}
        self._by_file: dict[str, list[Definition]] = {}
        self._implementations: dict[Identity, Identity] = {}
        for path in python_files(root):
            file = path.relative_to(root).as_posix()
            try:
                found = definitions_of(path.read_bytes(), file)
            except (SyntaxError, ValueError):
                continue
            self._by_file[file] = sorted(found, key=lambda each: each.identity[2])
            self.definitions.update((each.identity, each) for each in found)
            self._implementations.update(_implementations(found))
        self.names = frozenset(each.name for each in self.definitions.values())

    def at(self, file: str, line: int) -> Definition | None:
        """The definition whose ``def`` or ``class`` stands on this line."""
        same = [each for each in self._by_file.get(file, []) if each.identity[2] == line]
        return same[0] if same else None

    def named_at(self, file: str, line: int, column: int) -> Definition | None:
        """The definition whose own name stands there, not one of its parameters."""
        found = self.at(file, line)
        return found if found is not None and found.name_column == column else None

    def implementation(self, identity: Identity) -> Identity:
        """The definition that an ``@overload`` belongs to; any other stays itself."""
        return self._implementations.get(identity, identity)

    def near(self, file: str, line: int, name: str) -> Definition | None:
        """The innermost definition of this name around a line, decorators included."""
        listed = self._by_file.get(file, [])
        lines = [each.start_line for each in listed]
        for each in reversed(listed[: bisect_right(lines, line)]):
            if each.name == name and each.start_line <= line <= (each.node.end_lineno or line):
                return each
        return None


def _implementations(definitions: list[Definition]) -> dict[Identity, Identity]:
    found: dict[Identity, Identity] = {}
    waiting: dict[str, list[Identity]] = {}
    for each in definitions:
        qualname = each.identity[1]
        if each.overload:
            waiting.setdefault(qualname, []).append(each.identity)
        else:
            found.update((overload, each.identity) for overload in waiting.pop(qualname, ()))
    return found
