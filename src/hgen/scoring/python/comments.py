"""Comments in a parsed file, told from strings that look like them by Python's own tokenizer.

Tokenizing a whole file in Python costs ten times its parse. A comment is only asked for by its line, and the syntax
tree says which few lines must be tokenized to read that one.
"""

from __future__ import annotations

import io
import tokenize
from typing import TYPE_CHECKING

from hgen.scoring.python.definitions import children, first_line, last_line

if TYPE_CHECKING:
    import ast

    from hgen.scoring.python.values import ParsedSource


_LONGEST_LINE = 2000
"""Characters; Python 3.12 tokenizes a line in time that grows with the square of its length."""


class Comments:
    """The comments of one file; each part of it is tokenized at most once, when a line of it is asked for."""

    def __init__(self, source: ParsedSource) -> None:
        self.source = source
        self._read: dict[tuple[int, int], dict[int, str]] = {}

    def at(self, line: int) -> str | None:
        """The comment that ends the line, from its ``#``; None if there is none."""
        part = _logical_lines(self.source, line)
        if part not in self._read:
            self._read[part] = _comments_in(self.source, *part)
        return self._read[part].get(line)


def _comments_in(source: ParsedSource, first: int, last: int) -> dict[int, str]:
    text = _decoded(source, first, last)
    alone = {line: row.strip() for line, row in enumerate(text, first) if row.lstrip().startswith("#")}
    if len(alone) == sum(1 for row in text if row.strip()):
        return alone
    if max(map(len, text)) > _LONGEST_LINE:
        return alone
    found = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join([*text, ""])).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0] + first - 1] = token.string
    except (tokenize.TokenError, SyntaxError):
        # The lines are a part of a file that parses; if they cannot be read alone, only plain comments count.
        return alone
    return found


def stands_alone(source: ParsedSource, line: int) -> bool:
    """Whether nothing but a comment is on the line."""
    return source.lines[line - 1].lstrip().startswith(b"#")


def code_below(source: ParsedSource, line: int) -> int:
    """The next line that holds more than a comment; one past the end if there is none."""
    below = line + 1
    while below <= len(source.lines) and (not source.lines[below - 1].strip() or stands_alone(source, below)):
        below += 1
    return below


def code_above(source: ParsedSource, line: int) -> int:
    """The line before that holds more than a comment; 0 if there is none."""
    above = line - 1
    while above and (not source.lines[above - 1].strip() or stands_alone(source, above)):
        above -= 1
    return above


def _decoded(source: ParsedSource, first: int, last: int) -> list[str]:
    return b"\n".join(source.span(first, last)).decode(source.encoding, "replace").split("\n")


def _logical_lines(source: ParsedSource, line: int) -> tuple[int, int]:
    """The lines around one that can be tokenized alone: a simple statement, a header, or what is between them."""
    first, last = source.first, source.last
    statements = source.body
    while True:
        inside = [at for at in statements if first_line(source, at) <= line <= last_line(at)]
        if not inside:
            return _gap(source, statements, line, first, last)
        inner = children(inside[0])
        if len(inside) > 1 or not inner:
            return _sharing_lines(source, statements, inside[0])
        first, last = first_line(source, inside[0]), last_line(inside[0])
        statements = inner


def _gap(source: ParsedSource, statements: list[ast.stmt], line: int, first: int, last: int) -> tuple[int, int]:
    before = [last_line(statement) + 1 for statement in statements if last_line(statement) < line]
    after = [first_line(source, statement) - 1 for statement in statements if first_line(source, statement) > line]
    return max(before, default=first), min(after, default=last)


def _sharing_lines(source: ParsedSource, statements: list[ast.stmt], statement: ast.stmt) -> tuple[int, int]:
    """The lines of a statement and of those that semicolons tie to it."""
    first, last = first_line(source, statement), last_line(statement)
    for other in statements:
        if first_line(source, other) == last:
            last = max(last, last_line(other))
    for other in reversed(statements):
        if last_line(other) == first:
            first = min(first, first_line(source, other))
    return first, last
