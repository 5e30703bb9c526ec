"""Files that tree-sitter may read otherwise than Python does: there the ``ast`` of the running Python is the judge.

Most files are told to hold nothing doubtful without a closer look. In the others, what misleads tree-sitter is hidden
from it by other bytes of the same number, so that every place stays what it is.
"""

import ast
import io
import re
import tokenize
import warnings
from collections import Counter
from itertools import pairwise
from typing import NamedTuple

from tree_sitter import Node

from hgen.scoring.python.sources import SourceError, statements
from hgen.syntax.grammar import parser
from hgen.syntax.ir import CALL, Module

_SOFT = {"print": b"pr_nt", "type": b"t_pe", "exec": b"ex_c"}
"""Names that are keywords to tree-sitter, and what it is shown instead."""
_BLANK = rb"[ \t\\\r\n]*+"
_DOUBTFUL = re.compile(
    rb"(?:^|[;:])[ \t]*+(?:print" + _BLANK + rb">>|type" + _BLANK + rb"[(\[]|match[ \t]*+\[)", re.MULTILINE
)
_NEWLINE = re.compile(rb"\n")
_STATEMENT = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Tree(NamedTuple):
    """What tree-sitter reads, and what the judge reads if it was asked and can."""

    root: Node
    """May have errors."""
    judged: list[ast.stmt] | None = None
    starts: list[int] | None = None
    """Where the file's lines begin, if the tree has other lines."""


def read_tree(utf8: bytes) -> Tree:
    """The syntax tree of a file."""
    root = parser().parse(utf8).root_node
    if not root.has_error and not _DOUBTFUL.search(utf8):
        return Tree(root)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            judged = statements(utf8)
    except SourceError:
        return Tree(root)
    joined, starts = root.has_error, _line_starts(utf8)
    plain = _plain(utf8, judged, starts, joined=joined)
    return Tree(parser().parse(plain).root_node, judged, starts if joined else None)


def misread(module: Module, judged: list[ast.stmt]) -> str:
    """What a module has otherwise than the judge says: definitions, docstrings or calls; "" if nothing."""
    definitions, calls = _definitions_and_calls(judged)
    if definitions != {
        (each.def_line, each.column, each.docstring[0] if each.docstring else 0) for each in module.symbols
    }:
        return "definitions"
    sites = [site for scope in module.scopes for site in scope.body().sites]
    found = Counter((line, column) for kind, _, line, column, _, _ in sites if kind == CALL)
    return "" if found <= calls[False] and calls[True] <= found else "calls"


def _line_starts(utf8: bytes) -> list[int]:
    """Where each line begins."""
    return [0, *[found.end() for found in _NEWLINE.finditer(utf8)]]


def _plain(utf8: bytes, judged: list[ast.stmt], starts: list[int], *, joined: bool) -> bytes:
    """The same number of bytes with nothing in them that tree-sitter takes for something else."""
    plain = bytearray(utf8)
    for statement in judged:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id in _SOFT:
                first = starts[node.lineno - 1] + node.col_offset
                plain[first : first + len(node.id)] = _SOFT[node.id]
    if joined:
        for first, last in _between_tokens(utf8, starts):
            plain[first:last] = b" " * (last - first)
    return bytes(plain)


def _between_tokens(utf8: bytes, starts: list[int]) -> list[tuple[int, int]]:
    """The stretches between two parts of one statement that stand on several lines, comments included."""
    text = utf8.decode()
    lines = text.split("\n")
    kept = [
        token
        for token in tokenize.generate_tokens(io.StringIO(text, newline="\n").readline)
        if token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT)
    ]
    found = []
    for one, other in pairwise(kept):
        if one.type != tokenize.NEWLINE and other.type not in (tokenize.NEWLINE, tokenize.ENDMARKER):
            (row, column), (next_row, next_column) = one.end, other.start
            if row != next_row:
                first = starts[row - 1] + len(lines[row - 1][:column].encode())
                found.append((first, starts[next_row - 1] + len(lines[next_row - 1][:next_column].encode())))
    return found


def _definitions_and_calls(
    judged: list[ast.stmt],
) -> tuple[set[tuple[int, int, int]], dict[bool, Counter[tuple[int, int]]]]:
    """Places of definitions with their docstrings' lines; of all calls (False), and of those in bodies (True)."""
    definitions: set[tuple[int, int, int]] = set()
    calls: dict[bool, Counter[tuple[int, int]]] = {False: Counter(), True: Counter()}
    pending: list[tuple[ast.AST, bool]] = [(statement, True) for statement in judged]
    while pending:
        node, in_body = pending.pop()
        if isinstance(node, ast.Call):
            for key in {False, in_body}:
                calls[key][node.lineno, node.col_offset] += 1
        header_only: set[int] = set()
        if isinstance(node, _STATEMENT):
            has_docstring = ast.get_docstring(node, clean=False) is not None
            definitions.add((node.lineno, node.col_offset, node.body[0].lineno if has_docstring else 0))
            header_only = {id(child) for child in ast.iter_child_nodes(node)} - {id(child) for child in node.body}
        elif isinstance(node, ast.arg):
            header_only = {id(child) for child in ast.iter_child_nodes(node)}
        elif isinstance(node, ast.AnnAssign):
            header_only = {id(node.annotation)}
        pending += [(child, in_body and id(child) not in header_only) for child in ast.iter_child_nodes(node)]
    return definitions, calls
