"""Whether written tests hold a copy of the function that they test, and so know nothing that it does not know.

A function is read in passages, its logical lines; names of its own are all alike, layout, comments and parentheses do
not count, and what stands in strings is read, too. A test that computes what it expects in its own way has few of them.
"""

from __future__ import annotations

import ast
import keyword
import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from hgen.scoring.roles import TEST, role
from hgen.scoring.tasks import place_of
from hgen.scoring.tested.written.bodies import own_statements
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hgen.scoring.tasks import SymbolRef

_TOKENS = re.compile(r"\w+|[^\s\w()]")
_COMMENTS = re.compile(r"#[^\n]*")
_LEAST_TOKENS = 4
"""A passage of fewer is in many a test."""
_LEAST_PASSAGES = 3
_LONGEST_NAME = 100
_NEAR = 8
"""They are of one copy within so many times its length: in a long file some stand anywhere."""
_COPIED = 0.6
"""The share of the passages, by their tokens, from which a function is copied."""


def require_no_copy(
    changed: Mapping[str, bytes],
    start: Mapping[str, bytes],
    snapshot: Mapping[str, bytes],
    targets: Collection[SymbolRef],
) -> None:
    """Raise ``Refusal("copied-code")`` for files that hold most of a target, unless the repository's own tests do."""
    for target in targets:
        function = place_of(target, start[target.file]).node
        if isinstance(function, ast.ClassDef):
            continue
        passages = Passages(function)
        share = passages.share(changed.values())
        if share >= _COPIED and passages.share(_own_tests(snapshot)) < share:
            raise Refusal("copied-code", f"{share:.0%} of the passages of {target.qualname}")


def _own_tests(snapshot: Mapping[str, bytes]) -> list[bytes]:
    return [snapshot[path] for path in snapshot if path.endswith(".py") and role(path) == TEST]


class Passages:
    """The passages of a function's body."""

    def __init__(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        nodes = list(ast.walk(function))
        local = {node.arg for node in nodes if isinstance(node, ast.arg)}
        local |= {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        code = ast.unparse(ast.Module(own_statements(function), []))
        self._words = frozenset(_TOKENS.findall(code)) - local | frozenset(keyword.kwlist)
        lines = [self._plain(line) for line in code.split("\n")]
        self._passages = {line: line.count(" ") - 1 for line in lines if line.count(" ") > _LEAST_TOKENS}
        self._near = _NEAR * sum(map(len, lines))

    def share(self, files: Collection[bytes]) -> float:
        """The share of the passages that files hold, by their tokens; 0 for a function of too few."""
        if len(self._passages) < _LEAST_PASSAGES:
            return 0.0
        texts = [content.decode("utf-8", "replace") for content in files]
        # A mark of comment may stand in a string, and hide what follows.
        plain = [self._plain(text) for text in (*texts, *(_COMMENTS.sub("", text) for text in texts))]
        return max(map(self._near_each_other, plain), default=0) / sum(self._passages.values())

    def _near_each_other(self, text: str) -> int:
        """The tokens of the passages that a text holds near each other, at most."""
        found = sorted((place, passage) for passage in self._passages for place in _places(passage, text))
        counts: Counter[str] = Counter()
        first = most = tokens = 0
        for place, passage in found:
            counts[passage] += 1
            tokens += self._passages[passage] if counts[passage] == 1 else 0
            while found[first][0] < place - self._near:
                left = found[first][1]
                counts[left] -= 1
                tokens -= self._passages[left] if not counts[left] else 0
                first += 1
            most = max(most, tokens)
        return most

    def _plain(self, text: str) -> str:
        """The tokens with a space around each; names that the function does not share with others are ``v``."""
        tokens = map(_as_python_reads_it, _TOKENS.findall(text.replace('"', "'")))
        return f" {' '.join(token if token in self._words or not token.isidentifier() else 'v' for token in tokens)} "


def _places(passage: str, text: str) -> Iterator[int]:
    """Where a text holds a passage."""
    place = text.find(passage)
    while place >= 0:
        yield place
        # The space behind it is that before the next.
        place = text.find(passage, place + len(passage) - 1)


def _as_python_reads_it(token: str) -> str:
    """A name in other letters is the same name (PEP 3131)."""
    if token.isascii() or len(token) > _LONGEST_NAME:
        return token
    return unicodedata.normalize("NFKC", token)
