"""Definitions that can be taken for one another: by their names, by their code, or by what is said of one of them."""

import re
from collections.abc import Collection
from heapq import nsmallest

from hgen.describe.corpus import Corpus
from hgen.records import Symbol

_DOTTED = re.compile(r"[\w.]+")
_SUBSCRIPT = re.compile(r"\[[^\[\]]*+\]")
_NO_BASES = frozenset({"ABC", "ABCMeta", "Any", "Enum", "Exception", "Generic", "Protocol", "metaclass", "object"})
"""Bases that say nothing of what a method of theirs does."""
_COMPARED = 12
"""So many of the definitions that share the most telling words are compared one by one."""
_SHARED_WORDS = 0.8
"""Code that has so much of its words in common is nearly the same."""
_SHARED_WORDS_UNDOCUMENTED = 0.35
"""Code that has so much in common with code without a docstring, which would tell them apart, is nearly the same."""
_NEAR = 0.2
"""Code that has so much in common with another's is told from it by facts."""


def by_description(
    corpus: Corpus, said: list[str], position: int, margin: float, among: Collection[int] | None = None
) -> Symbol | None:
    """The symbol, of all or of some, that a search for a description's words finds nearly as well as the described."""
    scores = corpus.whole.scores(said)
    own = float(scores[position])
    scores[position] = 0
    rival = int(scores.argmax()) if among is None else max(among, key=lambda place: (float(scores[place]), -place))
    return corpus.symbols[rival] if own < margin * float(scores[rival]) else None


def by_name(corpus: Corpus, position: int, among: frozenset[int]) -> Symbol | None:
    """A symbol of the same last name: an override, another implementation, a twin of another class."""
    places = corpus.by_name[corpus.symbols[position].name]
    return next((corpus.symbols[place] for place in places if place in among and place != position), None)


def by_code(corpus: Corpus, position: int, library: frozenset[int]) -> Symbol | None:
    """A library function whose code is nearly the same; classes, whose code is that of their methods, have none."""
    for place in _compared(corpus, position, library):
        documented = corpus.symbols[place].docstring is not None
        if alike(corpus, position, place) >= (_SHARED_WORDS if documented else _SHARED_WORDS_UNDOCUMENTED):
            return corpus.symbols[place]
    return None


def undocumented_twin(corpus: Corpus, position: int, place: int) -> bool:
    """Whether nothing would tell one function's code from another's, once neither has a docstring."""
    return alike(corpus, position, place) >= _SHARED_WORDS_UNDOCUMENTED


def related(corpus: Corpus, position: int, place: int) -> bool:
    """Whether of two classes, or of the classes of two methods, one is the other's base, or they have one in common.

    Such namesakes do the same thing, each for its part.
    """
    one, other = _family(corpus, position), _family(corpus, place)
    return not one.isdisjoint(other) or corpus.symbols[position].name in one | other


def _family(corpus: Corpus, position: int) -> set[str]:
    """The last names of the bases of a class as they are written, or of a method's class with that class itself."""
    own = corpus.symbols[position]
    classes = (
        [own]
        if own.kind == "class"
        else [
            symbol
            for place in corpus.by_file[own.file]
            if (symbol := corpus.symbols[place]).kind == "class" and symbol.qualname == own.owner
        ]
    )
    written = " ".join(_SUBSCRIPT.sub("", symbol.signature.partition("(")[2]) for symbol in classes)
    bases = {base.rpartition(".")[2] for base in _DOTTED.findall(written)}
    return {symbol.name for symbol in classes if symbol is not own} | (bases - _NO_BASES)


def near(corpus: Corpus, position: int, undocumented: frozenset[int]) -> list[int]:
    """The functions without a docstring whose code is somewhat like that of one."""
    places = _compared(corpus, position, undocumented)
    return [place for place in places if alike(corpus, position, place) >= _NEAR]


def alike(corpus: Corpus, position: int, place: int) -> float:
    """The share of two functions' words that they have in common; 0 if one is a class."""
    if "class" in (corpus.symbols[position].kind, corpus.symbols[place].kind):
        return 0.0
    own, other = corpus.code_words(position), corpus.code_words(place)
    return (own & other).total() / max((own | other).total(), 1)


def _compared(corpus: Corpus, position: int, among: frozenset[int]) -> list[int]:
    if corpus.symbols[position].kind == "class":
        return []
    scores = corpus.whole.scores(corpus.code_words(position))
    return nsmallest(_COMPARED, among - {position}, key=lambda place: (-scores[place], place))
