"""Lazy baselines: agents that choose symbols without understanding. ``validate`` records which tasks they solve."""

from hgen.describe.corpus import Corpus
from hgen.describe.words import terms
from hgen.families.base import is_library
from hgen.records import Task
from hgen.scoring import diffs


def undocumented(task: Task, corpus: Corpus) -> frozenset[int]:
    """The first symbols of the right sort that have no docstring."""
    return frozenset(_candidates(task, corpus)[: len(task.targets)])


def largest(task: Task, corpus: Corpus) -> frozenset[int]:
    """The longest symbols without a docstring."""

    def length(position: int) -> tuple[int, int]:
        symbol = corpus.symbols[position]
        return (symbol.start_line - symbol.end_line, position)

    return frozenset(sorted(_candidates(task, corpus), key=length)[: len(task.targets)])


def rarest_word(task: Task, corpus: Corpus) -> frozenset[int]:
    """The symbols without a docstring in whose code the rarest words of the problem statement stand."""
    candidates = set(_candidates(task, corpus))
    words = sorted(set(terms(task.problem_statement)), key=lambda word: (corpus.code.frequency(word), word))
    chosen: list[int] = []
    for word in words:
        chosen += [place for place in corpus.code.holding(word) if place in candidates and place not in chosen]
        if len(chosen) >= len(task.targets):
            break
    return frozenset(chosen[: len(task.targets)])


def retrieval(task: Task, corpus: Corpus) -> frozenset[int]:
    """The symbols without a docstring whose code ranks highest (BM25) for the problem statement."""
    scores = corpus.code.scores(terms(task.problem_statement))
    ranked = sorted(_candidates(task, corpus), key=lambda place: (-scores[place], place))
    return frozenset(ranked[: len(task.targets)])


def _candidates(task: Task, corpus: Corpus) -> list[int]:
    """Library symbols of the targets' sort that have no docstring in the start state, in order."""
    removed = _removed_lines(task.setup_patch)
    is_class = task.targets[0].kind == "class"
    return [
        place
        for place, symbol in enumerate(corpus.symbols)
        if (symbol.kind == "class") == is_class
        and is_library(symbol.file)
        and (symbol.docstring is None or symbol.docstring[0] in removed.get(symbol.file, ()))
    ]


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
