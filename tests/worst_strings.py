"""The strings on which a regular expression takes longest, made from the expression itself."""

import re
import re._constants as sre
import re._parser as parser
from collections.abc import Iterator
from itertools import product
from typing import Any

_EITHER = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
_CANDIDATES = " \t\n\r\faAzZ_19.,:;!?#=~^$%|`'\"*+-/\\()[]{}<>@&\0é"
_MOST_SAMPLES = 24
_MOST_PAIRED = 10
_MANY = 10


def worst_strings(pattern: str, flags: int, *, length: int) -> Iterator[str]:
    """Long strings that nearly match: characters of the pattern, and beginnings of what matches, again and again.

    A pattern takes quadratic time if it can begin at each of many places and then run far (``x.*y`` on ``xxx``), if
    two repeats that follow each other take the same characters (``a*a*$``), or if one repeat holds another
    (``(a+)+$``, exponential). So each string repeats something that the pattern may begin with or go on with, and ends
    in something that it does not want.
    """
    tree = parser.parse(pattern, flags)
    atoms = sorted(set(_atoms(tree)))
    samples = _samples(list(tree))[:_MOST_SAMPLES]
    beginnings = {sample[:end] for sample in samples for end in range(1, len(sample) + 1)}
    pieces = {*atoms, *beginnings, *(begun + atom for begun, atom in product(_before_repeats(tree), atoms))}
    if len(atoms) <= _MOST_PAIRED:
        pieces |= {"".join(pair) for pair in product(atoms, repeat=2)}
    for piece in sorted(pieces):
        yield piece * (length // len(piece)) + "\0"
    for beginning in sorted(set(_before_repeats(tree))):
        for atom in atoms:
            yield beginning + atom * length + "\0"


def _before_repeats(tree: Any, before: str = "") -> Iterator[str]:
    """For each repeat of the pattern, the shortest text that leads to it."""
    for op, value in tree:
        if op in _EITHER and value[1] > _MANY:
            yield before
        for part in _parts(op, value):
            yield from _before_repeats(part, before)
        before += _ways(op, value)[-1]


def _atoms(tree: Any) -> Iterator[str]:
    """Characters that the pattern tells apart: one for each literal and class."""
    for op, value in tree:
        if op in (sre.LITERAL, sre.NOT_LITERAL):
            yield chr(value)
            if op is sre.NOT_LITERAL:
                yield _other(lambda char, value=value: char != chr(value))
        elif op is sre.ANY:
            yield "a"
        elif op is sre.IN:
            yield _member(value)
            yield from (chr(what) for kind, what in value if kind is sre.LITERAL)
        else:
            for part in _parts(op, value):
                yield from _atoms(part)


def _parts(op: Any, value: Any) -> list[Any]:
    if op in _EITHER:
        return [value[2]]
    if op is sre.BRANCH:
        return list(value[1])
    if op is sre.SUBPATTERN:
        return [value[-1]]
    if op in (sre.ASSERT, sre.ASSERT_NOT):
        return [value[1]]
    return [value] if op is sre.ATOMIC_GROUP else []


def _member(items: Any) -> str:
    negated = items[0][0] is sre.NEGATE
    wanted = [item for item in items if item[0] is not sre.NEGATE]
    return _other(lambda char: any(_holds(item, char) for item in wanted) != negated)


def _other(fits: Any) -> str:
    return next(filter(fits, _CANDIDATES), "a")


def _holds(item: Any, char: str) -> bool:
    kind, what = item
    if kind is sre.LITERAL:
        return char == chr(what)
    if kind is sre.RANGE:
        return what[0] <= ord(char) <= what[1]
    named = {
        sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_NOT_DIGIT: r"\D", sre.CATEGORY_SPACE: r"\s",
        sre.CATEGORY_NOT_SPACE: r"\S", sre.CATEGORY_WORD: r"\w", sre.CATEGORY_NOT_WORD: r"\W",
    }  # fmt: skip
    return re.match(named[what], char) is not None


def _samples(nodes: list[Any]) -> list[str]:
    """Some strings that the pattern matches, assertions apart: each way once, with few repeats and with more."""
    texts = [""]
    for op, value in nodes:
        ways = _ways(op, value)
        texts = [text + way for text in texts for way in ways][: 4 * _MOST_SAMPLES]
    return texts


def _ways(op: Any, value: Any) -> list[str]:
    if op is sre.LITERAL:
        return [chr(value)]
    if op is sre.NOT_LITERAL:
        return [_other(lambda char: char != chr(value))]
    if op is sre.ANY:
        return ["a"]
    if op is sre.IN:
        return [_member(value)]
    if op in _EITHER:
        least, most, inner = value
        counts = sorted({least, min(max(least, 1), most), min(least + 2, most)}, reverse=True)
        return [way * count for way in _samples(list(inner))[:3] for count in counts]
    if op is sre.BRANCH:
        return [way for branch in value[1] for way in _samples(list(branch))[:2]]
    if op in (sre.SUBPATTERN, sre.ATOMIC_GROUP):
        return _samples(list(value[-1] if op is sre.SUBPATTERN else value))
    return [""]
