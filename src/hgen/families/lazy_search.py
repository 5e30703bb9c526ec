"""Lazy baselines that search: a bored engineer's scripts, which read of a problem statement what is no wording."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hgen.describe.corpus import Corpus
from hgen.describe.facts import Facts
from hgen.describe.wording import items, said
from hgen.describe.words import terms
from hgen.families.lazy import candidates
from hgen.records import Task

_NAME_BONUS = 2.0
"""What a word of the candidate's name counts, beside the words of its code."""
_QUOTED = re.compile(r"`([^\W\d]\w*)`")
_PARAMETERS = re.compile(r"\b(no|\d+) (?:optional )?parameters?\b")
_METHODS = re.compile(r"\b(no|\d+) methods? directly\b")
_NOUNS: dict[str, Callable[[Facts], bool]] = {
    "class method": lambda facts: facts.classmethod,
    "static method": lambda facts: facts.staticmethod,
    "property": lambda facts: facts.property,
    "asynchronous": lambda facts: facts.asynchronous,
    "generator": lambda facts: facts.yields,
    "yields its results": lambda facts: facts.yields,
    "returns a result": lambda facts: facts.returns,
    "returns nothing": lambda facts: not (facts.returns or facts.yields),
    "has no base class": lambda facts: not facts.bases,
    "has base classes": lambda facts: facts.bases,
}  # fmt: skip
"""What the words of a statement say of a definition's shape."""


def rarest_word(task: Task, corpus: Corpus, *, template: Path) -> frozenset[int]:
    """The symbols without a docstring in whose code the rarest words of the descriptions stand."""

    def choose(words: list[str], places: list[int], _: str) -> int | None:
        pool = set(places)
        for word in sorted(set(words), key=lambda word: (corpus.code.frequency(word), word)):
            if holders := [place for place in corpus.code.holding(word) if place in pool]:
                return holders[0]
        return None

    return _chosen(task, corpus, template, choose)


def search(task: Task, corpus: Corpus, *, template: Path) -> frozenset[int]:
    """The symbols without a docstring whose code ranks highest (BM25) for the descriptions."""
    return _chosen(task, corpus, template, lambda words, places, _: _best(corpus.code.scores(words), places))


def search_names(task: Task, corpus: Corpus, *, template: Path) -> frozenset[int]:
    """The same with a bonus for words of the symbol's name."""
    return _chosen(task, corpus, template, lambda words, places, _: _best(_with_names(corpus, words), places))


def by_shape(task: Task, corpus: Corpus, *, template: Path) -> frozenset[int]:
    """The same among the symbols that have the shape that the descriptions give."""

    def choose(words: list[str], places: list[int], text: str) -> int | None:
        shape = _shape(text)
        fits = [place for place in places if _fits(corpus, place, shape)] if shape else places
        return _best(_with_names(corpus, words), fits or places)

    return _chosen(task, corpus, template, choose)


def by_name_alone(task: Task, corpus: Corpus, *, template: Path) -> frozenset[int]:
    """Of the symbols whose name stands in the statement between backquotes, the one that a search ranks highest."""

    def choose(words: list[str], places: list[int], text: str) -> int | None:
        names = set(_QUOTED.findall(text))
        return _best(corpus.code.scores(words), [place for place in places if corpus.symbols[place].name in names])

    return _chosen(task, corpus, template, choose)


_Choose = Callable[[list[str], list[int], str], int | None]


def _chosen(task: Task, corpus: Corpus, template: Path, choose: _Choose) -> frozenset[int]:
    """What is chosen for each target's part of the statement: its words, the candidates, and its whole text in."""
    places = candidates(task, corpus)
    found = set()
    for part in items(task.problem_statement, len(task.targets)):
        choice = choose(terms(said(part, template)), places, " ".join(part.split()))
        if choice is not None:
            found.add(choice)
    return frozenset(found)


def _with_names(corpus: Corpus, words: list[str]) -> npt.NDArray[np.float32]:
    scores: npt.NDArray[np.float32] = corpus.code.scores(words) + _NAME_BONUS * corpus.names.scores(words)
    return scores


def _best(scores: npt.NDArray[np.float32], places: list[int]) -> int | None:
    return min(places, key=lambda place: (-float(scores[place]), place), default=None)


_Shape = tuple[tuple[Callable[[Facts], bool], ...], str | None, str | None]


def _shape(text: str) -> _Shape | None:
    lowered = text.lower()
    said_of = tuple(fits for words, fits in _NOUNS.items() if words in lowered)
    parameters, methods = _PARAMETERS.search(lowered), _METHODS.search(lowered)
    if not said_of and parameters is None and methods is None:
        return None
    return said_of, parameters and parameters[1], methods and methods[1]


def _fits(corpus: Corpus, place: int, shape: _Shape) -> bool:
    said_of, parameters, methods = shape
    facts = corpus.facts(place)
    if facts is None:
        return False
    numbers = ((parameters, facts.parameters), (methods, facts.methods))
    return all(fits(facts) for fits in said_of) and all(
        wanted is None or int(wanted.replace("no", "0")) == number for wanted, number in numbers
    )
