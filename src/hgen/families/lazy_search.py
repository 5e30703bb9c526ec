"""Lazy baselines that search: a bored engineer's scripts, which read of a problem statement what is no wording."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hgen.describe.corpus import Corpus
from hgen.describe.facts import Facts
from hgen.describe.wording import items, said
from hgen.describe.words import terms
from hgen.families.lazy import candidates
from hgen.records import Symbol, Task

_NAME_BONUS = 2.0
"""What a word of the candidate's name counts, beside the words of its code."""
_QUOTED = re.compile(r"`([^\W\d]\w*)`")
_PARAMETERS = re.compile(r"\b(no|\d+) (?:optional )?parameters?\b")
_METHODS = re.compile(r"\b(no|\d+) methods? directly\b")
_NOUN = re.compile(r"\ban? ((?:class |static |asynchronous |generator )*)(property|method|function)\b(?! or)")
_SAID: dict[str, Callable[[Facts], bool]] = {
    "generator ": lambda facts: facts.yields,
    "yields its results": lambda facts: facts.yields,
    "returns a result": lambda facts: facts.returns,
    "returns nothing": lambda facts: not (facts.returns or facts.yields),
    "has no base class": lambda facts: not facts.bases,
    "has base classes": lambda facts: facts.bases,
}
"""What the words of a statement say of a definition's shape that only its body shows."""


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


@dataclass(frozen=True)
class _Shape:
    """What a statement says of a definition's shape."""

    noun: str
    words: str
    body: tuple[Callable[[Facts], bool], ...]
    parameters: str | None
    methods: str | None


def _shape(text: str) -> _Shape | None:
    lowered = text.lower()
    noun, parameters, methods = _NOUN.search(lowered), _PARAMETERS.search(lowered), _METHODS.search(lowered)
    shape = _Shape(
        noun=noun[2] if noun else "",
        words=noun[1] if noun else "",
        body=tuple(fits for words, fits in _SAID.items() if words in lowered),
        parameters=parameters and parameters[1],
        methods=methods and methods[1],
    )
    return shape if noun or shape.body or parameters or methods else None


def _fits(corpus: Corpus, place: int, shape: _Shape) -> bool:
    if not _fits_noun(corpus.symbols[place], shape):
        return False
    if not (shape.body or shape.parameters or shape.methods):
        return True
    facts = corpus.facts(place)
    if facts is None:
        return False
    numbers = ((shape.parameters, facts.parameters), (shape.methods, facts.methods))
    return all(fits(facts) for fits in shape.body) and all(
        wanted is None or int(wanted.replace("no", "0")) == number for wanted, number in numbers
    )


def _fits_noun(symbol: Symbol, shape: _Shape) -> bool:
    decorators = {decorator.partition("(")[0].rpartition(".")[2] for decorator in symbol.decorators}
    told = {"class ": "classmethod" in decorators, "static ": "staticmethod" in decorators}
    told["asynchronous "] = symbol.signature.startswith("async")
    if any(word in shape.words and not true for word, true in told.items()):
        return False
    match shape.noun:
        case "property":
            return not decorators.isdisjoint({"property", "cached_property"})
        case "method":
            return symbol.kind == "method"
        case "function":
            return symbol.kind in ("function", "async function")
    return True
