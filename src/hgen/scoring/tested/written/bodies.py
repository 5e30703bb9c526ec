"""The body of a function as a tree that can be rewritten and written out again, on any Python from 3.9 on."""

from __future__ import annotations

import ast
import copy
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

from hgen.scoring.python.definitions import docstring_of
from hgen.scoring.python.sources import split

if TYPE_CHECKING:
    from collections.abc import Sequence

Definition = Union[ast.FunctionDef, ast.AsyncFunctionDef]

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_TEXTS_WITH_FIELDS = ("JoinedStr", "TemplateStr")
_VERBATIM = re.compile(r"hgen_verbatim_([0-9]+)_")


@dataclass
class Body:
    """Statements without the docstring, without declarations of global names, and without texts that have fields.

    Before Python 3.12 what stands in such a text has no position, and ``ast.unparse`` cannot write all of them: they
    stay as they are written, behind a name.
    """

    statements: list[ast.stmt]
    fixed: frozenset[str]
    """Names that these texts hold."""
    declared: dict[str, str]
    """Names that are global or nonlocal, with the word that says so."""

    def written(self) -> list[str]:
        """The statements as lines, which may be indented; ``restored`` then puts the texts in."""
        return ast.unparse(ast.fix_missing_locations(ast.Module(self.statements, []))).split("\n")


def own_statements(definition: Definition) -> list[ast.stmt]:
    """A function's statements without its docstring."""
    return definition.body[1:] if docstring_of(definition.body) is not None else definition.body


def body_of(definition: Definition, content: bytes, texts: list[str]) -> Body:
    """The body of a function of a file, as a copy that may be changed; what stays as it is goes into ``texts``."""
    reader = _Reader(split(content), texts)
    statements = [reader.visit(copy.deepcopy(statement)) for statement in own_statements(definition)]
    return Body(statements, frozenset(reader.fixed), reader.declared)


def restored(code: str, texts: Sequence[str]) -> str:
    """Code with the texts that ``body_of`` has put aside."""
    return _VERBATIM.sub(lambda found: texts[int(found.group(1))], code)


class _Reader(ast.NodeTransformer):
    def __init__(self, lines: Sequence[bytes], texts: list[str]) -> None:
        self._texts = texts
        self.fixed: set[str] = set()
        self.declared: dict[str, str] = {}
        self._lines = lines
        self._depth = 0

    def visit(self, node: ast.AST) -> Any:
        if type(node).__name__ in _TEXTS_WITH_FIELDS:
            self.fixed |= {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
            return self._verbatim(f"({self._source(node)})", node)
        if not isinstance(node, SCOPES):
            return super().visit(node)
        self._depth += 1
        result = super().visit(node)
        self._depth -= 1
        return result

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        value = node.value
        if not isinstance(value, ast.Constant):
            self.generic_visit(node)
        elif self._depth and isinstance(value.value, str):
            # A docstring, which may have lines that must not be indented.
            node.value = self._verbatim(repr(value.value), value)
        else:
            return ast.copy_location(ast.Pass(), node)
        return node

    def visit_Global(self, node: ast.Global) -> ast.stmt:
        return self._declared(node, "global", node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.stmt:
        return self._declared(node, "nonlocal", node.names)

    def _declared(self, node: ast.stmt, word: str, names: list[str]) -> ast.stmt:
        if self._depth:
            return node
        self.declared.update(dict.fromkeys(names, word))
        return ast.copy_location(ast.Pass(), node)

    def _verbatim(self, text: str, node: ast.AST) -> ast.expr:
        self._texts.append(text)
        return ast.copy_location(ast.Name(f"hgen_verbatim_{len(self._texts) - 1}_", ast.Load()), node)

    def _source(self, node: ast.AST) -> str:
        first, start = node.lineno - 1, node.col_offset  # type: ignore[attr-defined]
        last, end = node.end_lineno - 1, node.end_col_offset  # type: ignore[attr-defined]
        lines = list(self._lines[first : last + 1])
        lines[-1] = lines[-1][:end]
        lines[0] = lines[0][start:]
        return b"\n".join(lines).decode()
