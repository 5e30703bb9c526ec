"""The part of two versions of a file that an edit concerns, parsed alone.

What precedes and follows the edited statements of a module, or of a class in it, is the same text on both sides, was
parsed once for the start state, and means the same in the answer: a statement is read from its own text alone. So an
answer costs a parse of what it touches, not of the whole file. Whenever the edited statements cannot be read alone, the
whole file is.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from hgen.scoring.python.definitions import first_line, last_line
from hgen.scoring.python.sources import UTF8, SourceError, parse, statements
from hgen.scoring.python.values import ParsedSource, Place

if TYPE_CHECKING:
    from collections.abc import Sequence


def versions(start: ParsedSource, after: bytes, lines: list[bytes]) -> tuple[ParsedSource, ParsedSource]:
    """The start state and the answer, or excerpts of both outside of which they are the same.

    ``lines`` are those of ``after``. Raises ``SourceError`` if the answer does not parse.
    """
    # The excerpt is read without the file's first lines, so what these declare must be nothing new.
    if start.encoding == UTF8:
        excerpts = _excerpts(start, lines)
        if excerpts is not None:
            return excerpts
    return start, parse(after)


def _excerpts(start: ParsedSource, lines: list[bytes]) -> tuple[ParsedSource, ParsedSource] | None:
    above = _common(start.lines, lines)
    end = len(start.lines) - _common(start.lines[above:][::-1], lines[above:][::-1])
    body, outer = _innermost(start, above, end)
    low, high = _edited(start, body, above, end)
    if (outer and not low) or (not low and high == len(body)):
        return None
    first = last_line(body[low - 1]) + 1 if low else 1
    last = _last(start, body, high, inside=bool(outer))
    # After a backslash the next line belongs to the statement before it.
    if low and start.lines[first - 2].endswith(b"\\"):
        return None
    new_last = last + len(lines) - len(start.lines)
    answer = _parsed_alone(lines, first, new_last, _indent(start.lines, first_line(start, body[0])) if outer else b"")
    if answer is None:
        return None
    return (
        ParsedSource(start.lines, start.encoding, body[low:high], first, last, outer, low),
        ParsedSource(lines, start.encoding, answer, first, new_last, outer, low),
    )


def _innermost(start: ParsedSource, above: int, end: int) -> tuple[list[ast.stmt], tuple[Place, ...]]:
    """The body of the innermost class that holds an edit of lines behind ``above`` and up to ``end``, or the module's.

    The first statement of the class, which may be its docstring, ends before the edit, and its last one begins after.
    """
    body = start.body
    outer: tuple[Place, ...] = ()
    while True:
        index = _search(body, above)
        if index == len(body):
            return body, outer
        inner = body[index]
        if not isinstance(inner, ast.ClassDef):
            return body, outer
        if last_line(inner.body[0]) > above or first_line(start, inner.body[-1]) <= end:
            return body, outer
        prefix = f"{outer[-1].qualname}." if outer else ""
        path = (*outer[-1].path, index) if outer else (index,)
        outer = (*outer, Place(prefix + inner.name, inner, path))
        body = inner.body


def _edited(start: ParsedSource, body: list[ast.stmt], above: int, end: int) -> tuple[int, int]:
    """The range of statements with lines after ``above`` and up to ``end``, and one more behind them."""
    low = _search(body, above)
    while 0 < low < len(body) and last_line(body[low - 1]) >= first_line(start, body[low]):
        low -= 1
    high = low
    while high < len(body) and first_line(start, body[high]) <= end:
        high += 1
    high = min(high + 1, len(body))
    while high < len(body) and last_line(body[high - 1]) >= first_line(start, body[high]):
        high += 1
    return low, high


def _last(start: ParsedSource, body: list[ast.stmt], high: int, *, inside: bool) -> int:
    """The last line before the statement at ``high``; behind the last one in a class, comments are not the class's."""
    if high < len(body):
        return first_line(start, body[high]) - 1
    return last_line(body[-1]) if inside else len(start.lines)


def _parsed_alone(lines: list[bytes], first: int, last: int, indent: bytes) -> list[ast.stmt] | None:
    """The statements of some lines, numbered as in the file; None if they are not complete."""
    # A backslash in the last line of a file continues into nothing: no end of line is added behind that.
    text = b"\n".join(lines[first - 1 : last]) + (b"\n" if last < len(lines) else b"")
    try:
        if not indent:
            return statements(b"\n" * (first - 1) + text)
        block = statements(b"\n" * (first - 2) + b"if 1:\n" + text)
    except SourceError:
        return None
    body = block[0].body if isinstance(block[0], ast.If) and len(block) == 1 and not block[0].orelse else []
    # A statement that begins behind a lone backslash is indented as that is, which only its neighbours show.
    if any(line.strip(b" \t\f") == b"\\" for line in lines[first - 1 : last]):
        return None
    return body if body and _indent(lines, body[0].lineno) == indent else None


def _indent(lines: list[bytes], line: int) -> bytes:
    return lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip(b" \t\f"))]


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
