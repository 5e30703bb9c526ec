"""Two versions of a file compared by their syntax trees, docstrings apart.

Statements whose text is the same need no look at their trees: a statement is read from its own text alone, so only
what was edited costs more than the comparison of lines.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hgen.scoring.python.definitions import DEFINITIONS, docstring_of, first_line, inner_prefix

if TYPE_CHECKING:
    from hgen.scoring.python.values import ParsedSource


@dataclass(frozen=True)
class DocstringChange:
    """A docstring that one version has and the other has not, or not the same."""

    qualname: str
    """Empty for the module's."""
    line: int
    """The ``def`` or ``class`` line in the first version; 0 for a module."""
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Difference:
    """What two versions differ in."""

    code_line: int | None
    """A line of the first version near the first difference found outside docstrings, if there is one."""
    docstrings: tuple[DocstringChange, ...]


def compare(start: ParsedSource, answer: ParsedSource) -> Difference:
    """Everything that differs in docstrings, and whether anything else does.

    A docstring may stand beside or in place of a body that was only ``...``. What formatters do is no difference:
    white space at the ends of a docstring's lines and before all of them, a ``u`` before a string, and parentheses
    around what is deleted.
    """
    comparison = _Comparison(start, answer)
    comparison.run()
    return Difference(comparison.code_line, tuple(sorted(comparison.docstrings, key=lambda change: change.line)))


class _Comparison:
    """The work left, held in lists so that deep trees need no recursion."""

    def __init__(self, start: ParsedSource, answer: ParsedSource) -> None:
        self.start = start
        self.answer = answer
        self.code_line: int | None = None
        self.docstrings: list[DocstringChange] = []
        self.bodies: list[tuple[str, list[ast.stmt], list[ast.stmt], int]] = []

    def run(self) -> None:
        old, new = self.start.body, self.answer.body
        if self.start.whole:
            self._body("", "", old, new, 0)
        else:
            # What an excerpt from further down begins with is no docstring.
            prefix = f"{self.start.outer[-1].qualname}." if self.start.outer else ""
            self.bodies.append((prefix, old, new, self.start.first))
        while self.bodies and self.code_line is None:
            prefix, old, new, line = self.bodies.pop()
            if len(old) != len(new):
                self.code_line = line
                return
            for before, after in zip(old, new):
                if not self._same_text(before, after):
                    self._statement(prefix, before, after)

    def _body(self, qualname: str, prefix: str, old: list[ast.stmt], new: list[ast.stmt], line: int) -> None:
        """Queue the bodies of two definitions or modules, docstrings set apart."""
        before, after = docstring_of(old), docstring_of(new)
        if before != after and (before is None or after is None or _laid_out(before) != _laid_out(after)):
            self.docstrings.append(DocstringChange(qualname, line, before, after))
        rest_old = old[before is not None :]
        rest_new = new[after is not None :]
        if before is None and after is not None and not rest_new and _is_placeholder(old):
            return
        self.bodies.append((prefix, rest_old, rest_new, line))

    def _same_text(self, before: ast.stmt, after: ast.stmt) -> bool:
        end, new_end = before.end_lineno or 0, after.end_lineno or 0
        if (before.col_offset, before.end_col_offset) != (after.col_offset, after.end_col_offset):
            return False
        old_first, new_first = first_line(self.start, before), first_line(self.answer, after)
        return (
            type(before) is type(after)
            and end - before.lineno == new_end - after.lineno
            and self.start.lines[old_first - 1 : end] == self.answer.lines[new_first - 1 : new_end]
        )

    def _statement(self, prefix: str, before: ast.stmt, after: ast.stmt) -> None:
        if type(before) is not type(after):
            self.code_line = before.lineno
        elif isinstance(before, DEFINITIONS) and isinstance(after, DEFINITIONS):
            self._nodes(prefix, before, after, without=("body",))
            if before.name == after.name:
                inner = inner_prefix(prefix, before)
                self._body(prefix + before.name, inner, before.body, after.body, before.lineno)
        else:
            self._nodes(prefix, before, after, without=())

    def _nodes(self, prefix: str, before: ast.AST, after: ast.AST, without: tuple[str, ...]) -> None:
        """Compare two nodes field by field; bodies of statements inside are queued."""
        line = getattr(before, "lineno", 0)
        pending: list[tuple[object, object]] = list(zip(_parts(before, without), _parts(after, without)))
        while pending:
            old, new = pending.pop()
            if type(old) is not type(new):
                self.code_line = line
                return
            if isinstance(old, ast.AST) and isinstance(new, ast.AST):
                pending.extend(zip(_parts(old), _parts(new)))
            elif isinstance(old, list) and isinstance(new, list):
                if len(old) != len(new):
                    self.code_line = line
                    return
                if old and isinstance(old[0], ast.stmt):
                    self.bodies.append((prefix, old, new, old[0].lineno))
                else:
                    pending.extend(zip(old, new))
            # Equal numbers may be written differently: -0.0 is no literal, but 1 and True have different types.
            elif old != new:
                self.code_line = line
                return


def _is_placeholder(body: list[ast.stmt]) -> bool:
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        return False
    value = body[0].value
    return isinstance(value, ast.Constant) and value.value is Ellipsis


def _laid_out(docstring: str) -> list[str]:
    """The lines of a docstring without what is layout, as in PEP 257."""
    first, *others = (line.rstrip() for line in docstring.expandtabs().split("\n"))
    indent = min((len(line) - len(line.lstrip()) for line in others if line), default=0)
    return "\n".join([first.lstrip(), *(line[indent:] for line in others)]).strip("\n").split("\n")


def _parts(node: ast.AST, without: tuple[str, ...] = ()) -> list[object]:
    """What a node consists of; as many parts for all nodes of a type."""
    if isinstance(node, ast.Constant):
        # Whether a string has a u before it means nothing.
        return [node.value]
    if isinstance(node, ast.Delete):
        return [_deleted(node.targets)]
    return [getattr(node, field, None) for field in node._fields if field not in without]


def _deleted(targets: list[ast.expr]) -> list[ast.expr]:
    """What a statement deletes, one by one: ``del (a, b)`` is ``del a, b``."""
    flat: list[ast.expr] = []
    pending = targets[::-1]
    while pending:
        target = pending.pop()
        if isinstance(target, (ast.Tuple, ast.List)):
            pending.extend(target.elts[::-1])
        else:
            flat.append(target)
    return flat
