"""Does a sentence say what something does, without a word that could be searched for?"""

import re
from collections.abc import Iterable

from hgen.describe.corpus import Corpus
from hgen.describe.words import parts, stem, terms

_WRITTEN = re.compile(r"[`'\"_<>/=*#@\d]|[a-z][A-Z]|\w\.\w|\(\)")
"""What code is made of: quotes, underscores, digits, capitals inside of words, dots between them."""
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_ORDINARY_NAMES = 10
_ORDINARY_SHARE = 0.01
"""A word is ordinary in a repository that stands in so many of its names, and in such a share of them."""
_RARE = 4
"""A word that fewer definitions hold than so many leads to them."""


def is_behaviour(sentence: str, corpus: Corpus, position: int) -> bool:
    """Whether a sentence about a symbol says what it does and not what it, its parameters or its words are called.

    Words of its name and of its parameters' names are said only if they are ordinary in the repository, and no word
    of its code that few other definitions hold.
    """
    if _WRITTEN.search(sentence):
        return False
    said = set(terms(sentence))
    return said.isdisjoint(_telling(corpus, position)) and not any(
        _is_rare(corpus, word) for word in said & corpus.code_words(position).keys()
    )


def rare_words(corpus: Corpus, position: int) -> list[str]:
    """The words of a symbol's code that no sentence on its behaviour may hold, sorted."""
    symbol = corpus.symbols[position]
    lines = corpus.lines(symbol.file)[symbol.start_line - 1 : symbol.end_line]
    own = corpus.code_words(position).keys()
    unfit = {word for word in own if _is_rare(corpus, word)} | _telling(corpus, position)
    words = {word for name in _IDENTIFIER.findall("\n".join(lines)) for word in parts(name) if len(word) > 1}
    return sorted(word for word in words if stem(word) in unfit)


def _telling(corpus: Corpus, position: int) -> set[str]:
    """The words of a symbol's name and of its parameters' names that are not ordinary."""
    found = corpus.facts(position)
    names = [*corpus.symbols[position].qualname.split("."), *(found.names if found else ())]
    return {word for name in names for word in terms(name) if not _is_ordinary(corpus, word)}


def _is_ordinary(corpus: Corpus, word: str) -> bool:
    return corpus.names.frequency(word) >= max(_ORDINARY_NAMES, _ORDINARY_SHARE * corpus.names.size)


def _is_rare(corpus: Corpus, word: str) -> bool:
    return corpus.code.frequency(word) < _RARE


def scarce(names: Iterable[str], corpus: Corpus, most: int) -> tuple[str, ...]:
    """The names that stand in so many Python files at most: each is as good as an address."""
    return tuple(sorted(name for name in names if len(name) > 1 and corpus.identifiers[name] <= most))
