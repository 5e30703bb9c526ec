"""What a problem statement says beyond its wording, which all statements of its family share."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from hgen.describe.words import flat

_RUN = 3
"""So many words in a row that stand in the template are wording."""


def said(statement: str, template: Path) -> str:
    """The lines of a statement without the words that its template holds in the same order."""
    return "\n".join(_said(line, _runs(template)) for line in statement.split("\n"))


def items(statement: str, count: int) -> list[str]:
    """The part of a statement for each of so many targets: its numbered items, or the whole for one."""
    if count == 1:
        return [statement]
    lines = statement.split("\n")
    starts = [
        next((at for at, line in enumerate(lines) if _begins(line, number)), None) for number in range(1, count + 1)
    ]
    known = [start for start in starts if start is not None]
    if len(known) < count:
        return [statement] * count
    ends = [*known[1:], len(lines)]
    return ["\n".join(lines[first:last]) for first, last in zip(known, ends, strict=True)]


def _begins(line: str, number: int) -> bool:
    return line.lstrip(" >*").startswith((f"{number}. ", f"{number}) "))


def _said(line: str, runs: frozenset[tuple[str, ...]]) -> str:
    written = line.split()
    words = [flat(word).strip() for word in written]
    wording = [False] * len(words)
    for at in range(len(words) - _RUN + 1):
        if tuple(words[at : at + _RUN]) in runs:
            wording[at : at + _RUN] = [True] * _RUN
    return " ".join(word for word, shared in zip(written, wording, strict=True) if not shared)


@cache
def _runs(template: Path) -> frozenset[tuple[str, ...]]:
    return frozenset(_runs_of(template.read_text(encoding="utf-8")))


def _runs_of(text: str) -> Iterator[tuple[str, ...]]:
    words = [word for word in (flat(word).strip() for word in text.split()) if word]
    for at in range(len(words) - _RUN + 1):
        yield tuple(words[at : at + _RUN])
