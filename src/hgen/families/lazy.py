"""Lazy baselines: agents that choose symbols without understanding. ``validate`` records which tasks they solve."""

from functools import lru_cache

from hgen.describe.corpus import Corpus
from hgen.records import Task
from hgen.scoring import diffs


def undocumented(task: Task, corpus: Corpus) -> frozenset[int]:
    """The first symbols of the right sort that have no docstring."""
    return frozenset(candidates(task, corpus)[: len(task.targets)])


def largest(task: Task, corpus: Corpus) -> frozenset[int]:
    """The longest symbols without a docstring."""

    def length(position: int) -> tuple[int, int]:
        symbol = corpus.symbols[position]
        return (symbol.start_line - symbol.end_line, position)

    return frozenset(sorted(candidates(task, corpus), key=length)[: len(task.targets)])


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
