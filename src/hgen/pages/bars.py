"""Counts as bars of text, which every reader of Markdown shows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

_EIGHTHS = " ▏▎▍▌▋▊▉"
WIDTH = 24
"""Characters of the longest bar."""

_MOST_VALUES = 10
"""More different values than these are put together in steps of doubling width."""


@dataclass(frozen=True)
class Bar:
    """A count, what it is of, and a bar whose length is in proportion to the largest's."""

    label: str
    count: int
    bar: str


def bars(counts: Mapping[str, int]) -> list[Bar]:
    """The counts in their order; what is not nothing is seen."""
    most = max(counts.values(), default=0)
    return [Bar(label, count, _bar(count, most)) for label, count in counts.items()]


def steps(values: Counter[int]) -> dict[str, int]:
    """Counted integers by value, or in steps such as ``4–7`` if there are many values; those between are there too."""
    if len(values) <= _MOST_VALUES:
        return {str(value): values[value] for value in sorted(values)}
    found: Counter[int] = Counter()
    for value, count in values.items():
        found[max(value, 0).bit_length()] += count
    return {_step(bits): found[bits] for bits in range(min(found), max(found) + 1)}


def _bar(count: int, most: int) -> str:
    eighths = max(round(8 * WIDTH * count / most), 1) if count else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _step(bits: int) -> str:
    first, last = 1 << bits >> 1, (1 << bits) - 1
    return str(last) if first >= last else f"{first}–{last}"
