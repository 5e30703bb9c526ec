"""The part of two versions of a file that an edit concerns, parsed alone.

What precedes and follows the edited top-level statements is the same text on both sides, was parsed once for the start
state, and means the same in the answer: a statement of a module is read from its own text alone. So an answer costs a
parse of what it touches, not of the whole file. Whenever the edited statements cannot be read alone, the whole file is.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from hgen.scoring.definitions import first_line, last_line
from hgen.scoring.sources import UTF8, Source, SourceError, parse

if TYPE_CHECKING:
    from collections.abc import Sequence


def versions(start: Source, after: bytes, lines: list[bytes]) -> tuple[Source, Source]:
    """The start state and the answer, or excerpts of both outside of which they are the same.

    ``lines`` are those of ``after``. Raises ``SourceError`` if the answer does not parse.
    """
    # The excerpt is read without the file's first lines, so what these declare must be nothing new.
    if start.cookie is None or start.cookie.lower() in UTF8:
        excerpts = _excerpts(start, lines)
        if excerpts is not None:
            return excerpts
    return start, parse(after)


def _excerpts(start: Source, lines: list[bytes]) -> tuple[Source, Source] | None:
    same_above = _common(start.lines, lines)
    same_below = _common(start.lines[same_above:][::-1], lines[same_above:][::-1])
    body = start.tree.body
    low, high = _statements(start, same_above, len(start.lines) - same_below)
    first = last_line(body[low - 1]) + 1 if low else 1
    last = first_line(start, body[high]) - 1 if high < len(body) else len(start.lines)
    if low == 0 and high == len(body):
        return None
    # After a backslash the next line belongs to the statement before it.
    if low and start.lines[first - 2].endswith(b"\\"):
        return None
    new_last = last + len(lines) - len(start.lines)
    text = b"\n" * (first - 1) + b"\n".join(lines[first - 1 : new_last]) + b"\n"
    try:
        tree = parse(text).tree
    except SourceError:
        return None
    before = ast.Module(body=body[low:high], type_ignores=[])
    return (
        Source(start.lines, before, start.cookie, low, first, last),
        Source(lines, tree, start.cookie, low, first, new_last),
    )


def _statements(start: Source, above: int, end: int) -> tuple[int, int]:
    """The range of top-level statements with lines after ``above`` and up to ``end``, and one more behind them."""
    body = start.tree.body
    low = _search(body, above)
    while low and last_line(body[low - 1]) >= first_line(start, body[low] if low < len(body) else body[-1]):
        low -= 1
    high = low
    while high < len(body) and first_line(start, body[high]) <= end:
        high += 1
    high = min(high + 1, len(body))
    while high < len(body) and last_line(body[high - 1]) >= first_line(start, body[high]):
        high += 1
    return low, high


def _search(body: Sequence[ast.stmt], above: int) -> int:
    """The position of the first statement that ends behind a line."""
    low, high = 0, len(body)
    while low < high:
        middle = (low + high) // 2
        if last_line(body[middle]) <= above:
            low = middle + 1
        else:
            high = middle
    return low


def _common(old: Sequence[bytes], new: Sequence[bytes]) -> int:
    """How many lines both begin with, found by comparing halves."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
