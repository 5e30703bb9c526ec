"""What the docstrings of an answer say: true words of the code that the problem statement does not hold."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

ENOUGH = 3
"""A docstring that says so many true words of its own says all that is asked."""
_GLUE = 0.2
"""The share of small words that are no Python in prose, at least: a list of words, or code, says nothing."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\dA-Z_]+")
_ENDINGS = (
    "ations", "ation", "ating", "ated", "ates", "ate", "ators", "ator", "ings", "ing", "ions", "ion", "ers", "er",
    "ors", "or", "ies", "ied", "ed", "es", "ly", "s", "e", "y",
)  # fmt: skip
"""Longer ones before those that they end in."""
_ROOT = 3
"""Letters that are left of a word, at least."""
_SMALL = _words(
    "a about above after again all also an and any are as at be because been before being below between both but "
    "by can could did do does doing down during each either else every few for from further had has have having "
    "here how if in into is it its itself just like may might more most must neither no nor not of off on once "
    "one only onto or other our out over own per rather same shall should since so some such than that the their "
    "them then there these they this those through to too under unless until up upon us use used user uses using "
    "very via was we were what when where whether which while who whose why will with within without would yet "
    "you your "
)
"""Words of any prose."""
_VAGUE = _words(
    "accept action add additional apply appropriate arg argument array associated attribute available back base "
    "based basic block body bool boolean call caller case certain change check class code collection compute "
    "configuration contain content context corresponding count create current custom data default define describe "
    "description detail determine dict dictionary different directly docstring element empty ensure entry error "
    "example exception exist existing expected false field file find first float flag fn format full func "
    "function general generate get give given handle help helper id implement implementation index info "
    "information initialize input instance int integer internal item iterate job key keyword kind kwargs last "
    "length level line list logic loop main make map mapping mean method mode modify module name necessary need "
    "new none nothing now num number obj object operate operation option optional order output pair param "
    "parameter part pass path perform point position possible prepare process produce program proper property "
    "provide purpose python raise read receive related relevant represent require required result return routine "
    "run second see self sequence set several simple simply single size some specific specified start state step "
    "store str string support system take target task temp test text thing time true try tuple two type update "
    "usage util utility valid value var variable variables various way whole work write yield "
)
"""Words of any docstring and of any code."""
_PYTHON = _words(
    "abs and any append ascii assert async await attr bin break bytes bytearray callable chr cls classmethod com "
    "continue ctx def del delattr deprecated dir doc elif else endswith enumerate etc eval exc except exec extend "
    "finally fmt follow following for frozenset from getattr getitem global hasattr hash hex http https idx if "
    "import in init instead is isinstance issubclass items iter keys kwds lambda len locals lower lstrip max meth "
    "min mod msg next nonlocal not note or ord org pop print range ref repr rsplit rstrip setattr setdefault "
    "setitem slice startswith staticmethod stop super tmp upper values versionadded versionchanged warning while "
    "with www zip "
)
"""Words of Python itself, and of what docstrings are marked up with."""


@dataclass(frozen=True)
class Known:
    """What is known before an answer comes: the words of the problem statement, and those of the true docstrings."""

    told: frozenset[str] = frozenset()
    true: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    """Digests of the true docstrings."""

    @classmethod
    def of(cls, statement: str, gold: str) -> Known:
        """From a problem statement and the reference answer, a diff that adds docstrings."""
        docstrings = list(_added(gold))
        return cls(
            frozenset(content_words(statement)),
            frozenset().union(*map(content_words, docstrings)),
            frozenset(map(_digest, docstrings)),
        )

    @classmethod
    def of_row(cls, row: Mapping[str, object]) -> Known:
        """Of a task's row, which has it in ``known``, or a problem statement and a reference answer."""
        known = row.get("known")
        if isinstance(known, dict):
            return cls(*(frozenset(map(str, known.get(name, ()))) for name in ("told", "true", "whole")))
        statement, gold = row.get("problem_statement"), row.get("patch")
        return cls.of(statement if isinstance(statement, str) else "", gold if isinstance(gold, str) else "")

    def row(self) -> dict[str, list[str]]:
        """As JSON."""
        return {"told": sorted(self.told), "true": sorted(self.true), "whole": sorted(self.whole)}


NOTHING = Known()
"""Of tasks whose docstrings are not judged."""


def share_said(docstrings: Mapping[str, str], written: Collection[str], known: Known, wanted: int) -> float:
    """How much the docstrings of an answer say, in [0, 1].

    ``docstrings`` are those of targets by the code that each is written for, ``written`` all that the answer adds. Full
    marks are ``ENOUGH`` different words for each of the ``wanted`` targets that its code or a true docstring holds and
    the problem statement does not, or all there are, in prose; or a true docstring itself. What is written twice says
    nothing.
    """
    times = Counter(map(_digest, written))
    said = sum(_said(text, code, known) for code, text in docstrings.items() if times[_digest(text)] == 1)
    return round(said / wanted, 6) if wanted else 0.0


def _said(docstring: str, code: str, known: Known) -> float:
    if _digest(docstring) in known.whole:
        return 1.0
    true = (known.true | set(content_words(code))) - known.told
    hits = len(true.intersection(content_words(docstring)))
    words = [word.lower() for word in _IDENTIFIER.findall(docstring)]
    small = sum(word in _SMALL and word not in _PYTHON for word in words) / max(len(words), 1)
    return min(1.0, hits / max(min(ENOUGH, len(true)), 1)) * min(1.0, small / _GLUE)


def content_words(text: str) -> set[str]:
    """The roots of the words that say something, those of identifiers included."""
    return {
        root
        for identifier in _IDENTIFIER.findall(text)
        for word in _parts(identifier)
        if len(word) >= _ROOT and word not in _SMALL and (root := _root(word)) not in _vague()
    }


@lru_cache(maxsize=1 << 14)
def _parts(identifier: str) -> tuple[str, ...]:
    return tuple(word.lower() for chunk in identifier.split("_") for word in _CAMEL.findall(chunk))


@lru_cache(maxsize=1 << 14)
def _root(word: str) -> str:
    """What a word has in common with its other forms, roughly: ``parser`` and ``parses`` are ``pars``."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _ROOT:
            return word[: -len(ending)]
    return word


@lru_cache(maxsize=1)
def _vague() -> frozenset[str]:
    return frozenset(map(_root, _VAGUE | _PYTHON))


def _digest(docstring: str) -> str:
    """What docstrings have in common that say the same words in the same order."""
    words = " ".join(word.lower() for word in _IDENTIFIER.findall(docstring))
    return sha256(words.encode()).hexdigest()[:16]


def _added(gold: str) -> Iterable[str]:
    """The docstrings that a diff adds: each run of added lines."""
    run: list[str] = []
    for line in [*gold.split("\n"), ""]:
        if line.startswith("+") and not line.startswith("+++"):
            run.append(line[1:])
        elif run:
            yield _value("\n".join(run))
            run = []


def _value(statement: str) -> str:
    try:
        value = ast.literal_eval(statement.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return statement
    return value if isinstance(value, str) else statement
