"""Lazy baselines: agents that choose symbols without understanding. ``validate`` records which tasks they solve."""

import re
from functools import lru_cache

from hgen.describe.corpus import Corpus
from hgen.families.base import is_library
from hgen.records import Task
from hgen.scoring import diffs

_CALLED = re.compile(r"\b\d*+([^\W\d]\w*+)\s*+\(|raise\s++(?:[\w.]*\.)?([^\W\d]\w*+)")


def undocumented(task: Task, corpus: Corpus) -> frozenset[int]:
    """The first symbols of the right sort that have no docstring."""
    return frozenset(candidates(task, corpus)[: len(task.targets)])


def largest(task: Task, corpus: Corpus) -> frozenset[int]:
    """The longest symbols without a docstring."""

    def length(position: int) -> tuple[int, int]:
        symbol = corpus.symbols[position]
        return (symbol.start_line - symbol.end_line, position)

    return frozenset(sorted(candidates(task, corpus), key=length)[: len(task.targets)])


def same_name(task: Task, corpus: Corpus) -> frozenset[int]:
    """Every definition that bears a name called in the subject's text."""
    names = _called_names(task, corpus)
    return frozenset(place for place, symbol in enumerate(corpus.symbols) if symbol.name in names)


def same_file(task: Task, corpus: Corpus) -> frozenset[int]:
    """Every definition in the subject's file that bears a name called in its text."""
    assert task.subject is not None
    names = _called_names(task, corpus)
    positions = corpus.by_file.get(task.subject.file, [])
    return frozenset(place for place in positions if corpus.symbols[place].name in names)


def unique_name(task: Task, corpus: Corpus) -> frozenset[int]:
    """Every definition that alone in the library bears a name called in the subject's text."""
    bearers: dict[str, list[int]] = {}
    names = _called_names(task, corpus)
    for place, symbol in enumerate(corpus.symbols):
        if symbol.name in names and is_library(symbol.file):
            bearers.setdefault(symbol.name, []).append(place)
    return frozenset(places[0] for places in bearers.values() if len(places) == 1)


def candidates(task: Task, corpus: Corpus) -> list[int]:
    """Library symbols of the targets' sort that have no docstring in the start state, in order."""
    removed = _removed_lines(task.setup_patch)
    is_class = task.targets[0].kind == "class"
    return [
        place
        for place in corpus.library_symbols
        if ((symbol := corpus.symbols[place]).kind == "class") == is_class
        and (symbol.docstring is None or symbol.docstring[0] in removed.get(symbol.file, ()))
    ]


@lru_cache(maxsize=2)
def _removed_lines(patch: str) -> dict[str, set[int]]:
    """The lines that the setup patch deletes, by file."""
    removed: dict[str, set[int]] = {}
    for file in diffs.parse(patch) if patch else ():
        lines = removed.setdefault(file.old_path, set())
        for hunk in file.hunks:
            line = hunk.old_start
            for text in hunk.lines:
                if text[:1] == b"-":
                    lines.add(line)
                line += text[:1] != b"+"
    return removed


def _called_names(task: Task, corpus: Corpus) -> set[str]:
    assert task.subject is not None
    for place in corpus.by_file.get(task.subject.file, []):
        symbol = corpus.symbols[place]
        if symbol.qualname == task.subject.qualname:
            lines = corpus.lines(symbol.file)[symbol.body_line - 1 : symbol.end_line]
            return {name or raised for name, raised in _CALLED.findall("\n".join(lines))}
    return set()
