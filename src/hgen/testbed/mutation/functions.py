"""One function of a file, with its syntax tree, ready to be emptied or changed by edits of whole lines."""

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from hgen.errors import Skip
from hgen.scoring.diffs import Edit

Definition = ast.FunctionDef | ast.AsyncFunctionDef

_NOT_CODE = frozenset({"annotation", "returns", "decorator_list", "type_params", "args"})
"""Fields of definitions and annotated assignments that are no part of what a body does."""

_PLACEHOLDER = b"raise NotImplementedError"


@dataclass(frozen=True)
class Splice:
    """Replace a piece of the function's text; lines and columns (in bytes) as ``ast`` counts them in ``Function``."""

    start: tuple[int, int]
    end: tuple[int, int]
    text: bytes
    whole: bool = False
    """Whether the lines from ``start`` to ``end`` go, instead."""


class Function:
    """A function definition and its lines.

    Raises ``Skip("unfit-body")`` for a function that whole lines cannot be cut from, or that Python does not parse by
    itself.
    """

    def __init__(self, content: bytes, *, first_line: int, last_line: int) -> None:
        self._first = first_line
        self.lines = content.split(b"\n")[first_line - 1 : last_line]
        self.indented = self.lines[0][:1] in b" \t\f"
        text = b"\n".join(self.lines)
        if b"\r" in (text + b"\n").replace(b"\r\n", b"\n"):
            raise Skip("unfit-body", "a line ends with a lone carriage return")
        definition = parsed(self._alone(self.lines))
        if definition is None:
            raise Skip("unfit-body", "the definition does not parse by itself")
        self.node = definition

    @property
    def body(self) -> list[ast.stmt]:
        """The statements without the docstring."""
        return self.node.body[1:] if ast.get_docstring(self.node, clean=False) is not None else self.node.body

    @property
    def statements(self) -> int:
        """How many statements the body has at all depths, its docstring not counted."""
        return sum(isinstance(inner, ast.stmt) for statement in self.body for inner in ast.walk(statement))

    @property
    def is_generator(self) -> bool:
        """Whether calling it gives a generator."""
        return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(self.node))

    def span(self, start: tuple[int, int], end: tuple[int, int]) -> bytes:
        """The text between two positions."""
        first, last = self._row(start[0]), self._row(end[0])
        if first == last:
            return self.lines[first][start[1] : end[1]]
        return b"\n".join([self.lines[first][start[1] :], *self.lines[first + 1 : last], self.lines[last][: end[1]]])

    def text(self, node: ast.expr | ast.stmt) -> bytes:
        """A node as it is written."""
        return self.span(start_of(node), end_of(node))

    def line(self, number: int) -> bytes:
        """A line by the number that ``ast`` gives it."""
        return self.lines[self._row(number)]

    def edit(self, splice: Splice) -> Edit:
        """The edit of the file's whole lines that a splice amounts to."""
        first, last = self._row(splice.start[0]), self._row(splice.end[0])
        if splice.whole:
            return Edit(self._first + first, self._first + last, ())
        text = self.lines[first][: splice.start[1]] + splice.text + self.lines[last][splice.end[1] :]
        return Edit(self._first + first, self._first + last, tuple(text.split(b"\n")))

    def changed(self, edit: Edit) -> Definition | None:
        """The function's tree after an edit of its lines; None if it is no function of its name that compiles."""
        at = edit.first_line - self._first
        lines = [*self.lines[:at], *edit.lines, *self.lines[edit.last_line - self._first + 1 :]]
        text = self._alone(lines)
        definition = parsed(text)
        return definition if definition and definition.name == self.node.name and _compiles(text) else None

    def emptied(self) -> Edit:
        """Replace the body, all but the docstring, by ``raise NotImplementedError``.

        Raises ``Skip("unfit-body")`` if there is no body on lines of its own.
        """
        if not self.body:
            raise Skip("unfit-body", "the body is a docstring")
        first = self.body[0]
        start, before = _first_line(first), len(self.node.body) - len(self.body)
        if before:
            start = end_of(self.node.body[0])[0] + 1
        own = not self.line(_first_line(first))[: first.col_offset].strip()
        if not own or start <= self.node.lineno or _first_line(first) < start:
            raise Skip("unfit-body", "the body shares a line with something else")
        indent = self.line(first.lineno)[: first.col_offset]
        end = b"\r" if self.line(start).endswith(b"\r") else b""
        last = self._first + self._row(end_of(self.node)[0])
        return Edit(self._first + self._row(start), last, (indent + _PLACEHOLDER + end,))

    def _row(self, number: int) -> int:
        return number - 1 - self.indented

    def _alone(self, lines: list[bytes]) -> bytes:
        return (b"if 1:\n" if self.indented else b"") + b"\n".join(lines) + b"\n"


def start_of(node: ast.expr | ast.stmt) -> tuple[int, int]:
    """Where a node begins, decorators not counted."""
    return node.lineno, node.col_offset


def end_of(node: ast.expr | ast.stmt) -> tuple[int, int]:
    """Where a node ends."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.end_lineno, node.end_col_offset


def own_nodes(definition: Definition) -> Iterator[ast.AST]:
    """All nodes of a function's body that are not inside functions or classes nested in it."""
    pending: list[ast.AST] = list(definition.body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            pending += ast.iter_child_nodes(node)


def code(function: Function, *, nested: bool = True) -> list[ast.AST]:
    """The nodes of the body in the order of their lines; none of texts with fields, annotations and docstrings."""
    own = set(map(id, own_nodes(function.node))) if not nested else None
    found: list[ast.AST] = []
    pending: list[ast.AST] = list(reversed(function.body))
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        # Before Python 3.12 what stands inside of them has no position.
        if isinstance(node, ast.JoinedStr) or type(node).__name__ == "TemplateStr":
            continue
        if own is None or id(node) in own:
            found.append(node)
        inner = [
            child for field, value in ast.iter_fields(node) if not _skipped(node, field) for child in _children(value)
        ]
        pending += reversed(inner)
    return found


def _skipped(node: ast.AST, field: str) -> bool:
    is_scope = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
    return field in _NOT_CODE and (is_scope or field == "annotation")


def _children(value: object) -> list[ast.AST]:
    if isinstance(value, list):
        return [child for child in value if isinstance(child, ast.AST)]
    return [value] if isinstance(value, ast.AST) else []


def parsed(text: bytes) -> Definition | None:
    """The only function in a text, or the only one in its only block."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text.decode()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if len(body) == 1 and isinstance(body[0], ast.If):
        body = body[0].body
    definition = body[0] if len(body) == 1 else None
    return definition if isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef) else None


def _compiles(text: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text.decode(), "<mutant>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _first_line(statement: ast.stmt) -> int:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return min([statement.lineno, *(decorator.lineno for decorator in statement.decorator_list)])
    return statement.lineno
