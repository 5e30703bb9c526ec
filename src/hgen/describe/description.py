"""A description of one symbol, from its docstring's prose and its code, that says neither where nor (masked) what."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hgen.describe.corpus import Corpus
from hgen.describe.facts import Facts
from hgen.describe.leaks import gives_away
from hgen.describe.other_words import other_verb, without_owners
from hgen.describe.prose import prose
from hgen.describe.words import flat, terms
from hgen.errors import Skip
from hgen.records import Symbol

_SHORTEST_SENTENCE = 4
"""Whole sentences of so many words are looked for like passages; those of fewer are in every text."""
_CODE = re.compile(r"`[^`]*+`|\b\w+(?:[_.]\w+)+|\b[a-z]+[A-Z]\w*")
_TELLING_WORDS = 3
"""A description has so many different words that tell something, at least."""
_SAY_LITTLE = frozenset(
    terms(
        "about all also an and any are as at be been being by call called can class current do does each else for "
        "from function get gets give given gives has have helper if implement in instance into is it its make makes "
        "may mean means meant method more must new no not object of on one only optional or other perform provide "
        "provided return returned returns self set should simple so some specified such than that the their them then "
        "there these they thing this those to use used user using utility value various was when where whether which "
        "will with you your "
    )
)
"""Words that stand in any docstring."""
_LONGEST_DOCSTRING = 100_000
"""Characters; the longest of well-known packages has forty thousand."""
_LONGEST_NAME = 500
"""Characters of a secret that is searched for."""


@dataclass(frozen=True)
class Description:
    """What the template says of a target; ``name`` is empty when it is masked, ``given`` the facts that it may tell."""

    kind: str
    name: str
    sentences: tuple[str, ...]
    facts: Facts
    given: tuple[str, ...] = ()

    @property
    def prose(self) -> str:
        """The sentences, each ended."""
        return " ".join(sentence if sentence[-1] in ".!?:" else f"{sentence}." for sentence in self.sentences)

    def terms(self) -> list[str]:
        """What one would search for."""
        return terms(self.prose)


def describe(
    symbol: Symbol,
    shown: Facts | None,
    *,
    docstring: str,
    secrets: tuple[str, ...],
    named: bool,
    words: tuple[int, int],
    owners: tuple[str, ...] = (),
    fit: Callable[[str], bool] = lambda _: True,
) -> Description:
    """Describe a symbol by the sentences of its docstring that give no secret away and are fit, the first among them.

    A sentence that gives something away is said in other words, without the names of the ``owners``, if that helps.
    ``words`` bounds the length of the prose, ``shown`` is what the code shows. Raises ``Skip`` when too little is left,
    and when the code does not parse by itself.
    """
    least, most = words
    if len(docstring) > _LONGEST_DOCSTRING:
        raise Skip("long-docstring", f"{len(docstring)} characters")
    if longest := max((len(secret) for secret in secrets if len(secret) > _LONGEST_NAME), default=0):
        raise Skip("long-name", f"{longest} characters")
    sentences = prose(docstring)
    if _length(sentences) < least:
        raise Skip("thin-docstring", f"{_length(sentences)} words of prose")
    if not flat("".join(sentences)).isascii():
        raise Skip("not-english", sentences[0][:80])
    if shown is None:
        raise Skip("unparsable", "the definition does not parse by itself")
    kept: list[str] = []
    for sentence in sentences:
        # Together, sentences may say what none of them says.
        said = next(
            (
                said
                for said in _spellings(sentence, owners)
                if fit(said) and not gives_away(" ".join([*kept, said]), secrets)
            ),
            None,
        )
        if said is not None:
            kept.append(said)
        elif not kept:
            # The first sentence says what the symbol is for; the others lean on it.
            raise Skip("leak", f"the docstring gives {gives_away(sentence, secrets) or 'a rare word'} away")
    if _length(kept) < least:
        raise Skip("leak", f"{_length(kept)} words are left that give nothing away")
    kept = _cut(kept, most)
    if (telling := len(telling_words(kept))) < min(_TELLING_WORDS, least):
        raise Skip("thin-docstring", f"{telling} words that tell something")
    return Description(kind=symbol.kind, name=symbol.name if named else "", sentences=tuple(kept), facts=shown)


def telling_words(sentences: list[str]) -> set[str]:
    """The stems of the words that say something themselves, and do not only point at other code."""
    return set(terms(_CODE.sub(" ", " ".join(sentences)))) - _SAY_LITTLE


def _spellings(sentence: str, owners: tuple[str, ...]) -> Iterator[str]:
    """The sentence as it is, and in other words."""
    yield sentence
    yield other_verb(sentence)
    if owners:
        without = without_owners(sentence, owners)
        yield without
        yield other_verb(without)


def readable_elsewhere(corpus: Corpus, description: Description, length: int) -> str:
    """A passage of so many words of the description that the repository holds in more than one place, or nothing."""
    return repeated(corpus, description.sentences, length, times=2)


def repeated(corpus: Corpus, sentences: Sequence[str], length: int, *, times: int) -> str:
    """A passage of so many words of some sentences that the repository holds so many times, or nothing."""
    for sentence in sentences:
        words = flat(sentence).split()
        for start in range(0, max(len(words) - length, 0) + 1, length // 2):
            passage = words[start : start + length]
            if len(passage) >= min(_SHORTEST_SENTENCE, length) and _holds(
                corpus.flat_text, f" {' '.join(passage)} ", times
            ):
                return " ".join(passage)
    return ""


def _holds(text: str, passage: str, times: int) -> bool:
    at = -1
    for _ in range(times):
        at = text.find(passage, at + 1)
        if at < 0:
            return False
    return True


def _length(sentences: list[str]) -> int:
    return sum(len(sentence.split()) for sentence in sentences)


def _cut(sentences: list[str], most: int) -> list[str]:
    """The leading sentences up to a number of words, at least one."""
    kept = sentences[:1]
    for sentence in sentences[1:]:
        if _length([*kept, sentence]) > most:
            break
        kept.append(sentence)
    return kept
