"""What makes a ``dep-search`` task hard: facts about a function, its body, and the way to what it calls."""

import re

from hgen.describe.corpus import Corpus
from hgen.families.base import is_library
from hgen.families.import_distance import ImportDistance
from hgen.families.lazy_calls import read_by_text, written_calls
from hgen.records import Symbol
from hgen.resolve.reach import WAYS

_LONG = 3
"""Statements of a body that is not long yet."""
_TYPES = 3
"""So many of the other things does it weigh to be hard for one who goes by names, imports and bases."""
_OPENS_BLOCK = re.compile(r":\s*(?:#.*)?$")


class Difficulty:
    """The facts of one repository's functions, by their positions in the corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._distance = ImportDistance(corpus)
        self._facts: dict[int, dict[str, int]] = {}

    def hardness(self, place: int) -> int:
        """How many things make it hard; greater is harder."""
        facts = self.facts(place)
        needed = sum(facts[f"needs_{way}"] for way in (*WAYS, "same_name"))
        return needed + _TYPES * facts["needs_types"] + (facts["distractors"] > 0) + (facts["statements"] > _LONG)

    def is_one_line(self, place: int) -> bool:
        """Whether the body has one line, its docstring aside."""
        return len(self._body(self._corpus.symbols[place])) == 1

    def facts(self, place: int) -> dict[str, int]:
        """The facts by name; those that begin with ``needs_`` are 0 or 1."""
        if place not in self._facts:
            self._facts[place] = self._find(self._corpus.symbols[place])
        return self._facts[place]

    def _find(self, subject: Symbol) -> dict[str, int]:
        deps = [self._corpus.symbols[dep] for dep in subject.deps]
        files = {dep.file for dep in deps}
        names = {dep.name for dep in deps}
        called = {written.name for written in written_calls(self._corpus, subject)}
        return {
            "dependencies": len(deps),
            "files": len(files),
            "other_files": len(files - {subject.file}),
            "lines": subject.end_line - subject.def_line + 1,
            "statements": subject.statements - (subject.docstring is not None),
            "depth": _depth(self._body(subject)),
            "distance": max(self._distance.between(subject.file, file) for file in files),
            "distractors": sum(self._bearers(name) > 0 for name in called - names),
            "needs_types": int(read_by_text(self._corpus, subject) != frozenset(subject.deps)),
            "needs_same_name": int(any(self._bearers(name) > 1 for name in names)),
            **{f"needs_{way}": int(way in subject.ways) for way in WAYS},
        }

    def _bearers(self, name: str) -> int:
        """How many definitions of the library bear a name."""
        return sum(is_library(self._corpus.symbols[place].file) for place in self._corpus.by_name.get(name, ()))

    def _body(self, subject: Symbol) -> list[str]:
        """The lines of the body that hold something, without its docstring."""
        lines = self._corpus.lines(subject.file)
        first, last = subject.docstring or (0, 0)
        numbers = range(subject.body_line, subject.end_line + 1)
        return [lines[number - 1] for number in numbers if not first <= number <= last and lines[number - 1].strip()]


def _depth(lines: list[str]) -> int:
    """How deeply blocks are nested in a body, by indentation."""
    open_blocks: list[int] = []
    deepest = 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        while open_blocks and indent <= open_blocks[-1]:
            open_blocks.pop()
        deepest = max(deepest, len(open_blocks))
        if _OPENS_BLOCK.search(line):
            open_blocks.append(indent)
    return deepest
