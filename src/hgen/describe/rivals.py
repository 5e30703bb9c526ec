"""Definitions that can be taken for one another: by their names, by their code, or by what is said of one of them."""

from collections import Counter
from heapq import nsmallest

from hgen.describe.corpus import Corpus
from hgen.describe.words import terms
from hgen.records import Symbol

_COMPARED = 12
"""So many of the definitions that share the most telling words are compared one by one."""
_SHARED_WORDS = 0.8
"""Code that has so much of its words in common is nearly the same."""
_SHARED_WORDS_UNDOCUMENTED = 0.35
"""Code that has so much in common with code without a docstring, which would tell them apart, is nearly the same."""


def by_description(corpus: Corpus, said: list[str], position: int, margin: float) -> Symbol | None:
    """The symbol that a search for a description's words finds nearly as well as the described one."""
    scores = corpus.whole.scores(said)
    own = float(scores[position])
    scores[position] = 0
    rival = int(scores.argmax())
    return corpus.symbols[rival] if own < margin * float(scores[rival]) else None


def by_name(corpus: Corpus, position: int, library: frozenset[int]) -> Symbol | None:
    """A library symbol of the same last name: an override, another implementation, a twin of another class."""
    name = corpus.symbols[position].name
    return next((corpus.symbols[place] for place in corpus.by_name[name] if place in library - {position}), None)


def by_code(corpus: Corpus, position: int, library: frozenset[int]) -> Symbol | None:
    """A library function whose code is nearly the same; classes, whose code is that of their methods, have none."""
    symbols = corpus.symbols
    if symbols[position].kind == "class":
        return None
    own = _code(corpus, symbols[position])
    scores = corpus.whole.scores(own)
    for place in nsmallest(_COMPARED, library - {position}, key=lambda place: (-scores[place], place)):
        if symbols[place].kind != "class":
            other = _code(corpus, symbols[place])
            alike = (own & other).total() / max((own | other).total(), 1)
            if alike >= (_SHARED_WORDS if symbols[place].docstring else _SHARED_WORDS_UNDOCUMENTED):
                return symbols[place]
    return None


def _code(corpus: Corpus, symbol: Symbol) -> Counter[str]:
    """The words of a definition without its docstring."""
    lines = corpus.lines(symbol.file)
    first, last = symbol.docstring or (symbol.end_line + 1, symbol.end_line)
    return Counter(terms("\n".join([*lines[symbol.start_line - 1 : first - 1], *lines[last : symbol.end_line]])))
