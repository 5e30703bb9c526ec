"""Tests taken out of a start state: whole test functions, by edits of lines that leave all others alone."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from hgen.describe.corpus import Corpus
from hgen.errors import Skip
from hgen.families.base import Edits
from hgen.records import StableTest, Symbol
from hgen.scoring.diffs import Edit, edited
from hgen.scoring.roles import is_library


@dataclass(frozen=True)
class TestFunctions:
    """The functions behind test ids."""

    __test__ = False

    symbols: tuple[Symbol, ...]

    def of(self, test: StableTest) -> int:
        """The position of the function that a test is: parameters share one, and a class inherits those of its bases.

        Raises ``Skip("unfit-tests")`` for a test that is no function in a test file, or one of several of its name.
        """
        file, _, rest = test.id.partition("::")
        names = rest.partition("[")[0].split("::")
        found = self._positions.get((file, ".".join(names)), [])
        if not found:
            found = [place for place in test.covers if self.symbols[place].qualname.endswith(f".{names[-1]}")]
        if len(found) != 1 or is_library(self.symbols[found[0]].file) or self.symbols[found[0]].kind == "class":
            raise Skip("unfit-tests", f"{test.id} is {len(found)} functions in test files")
        return found[0]

    @cached_property
    def _positions(self) -> dict[tuple[str, str], list[int]]:
        positions: dict[tuple[str, str], list[int]] = defaultdict(list)
        for position, symbol in enumerate(self.symbols):
            positions[symbol.file, symbol.qualname].append(position)
        return dict(positions)


def hide(corpus: Corpus, functions: Iterable[int]) -> Edits:
    """Remove functions with the comments directly above and the blank lines behind; an emptied class gets ``pass``.

    Raises ``Skip("unfit-tests")`` if what is left would not parse, or names one of them.
    """
    by_file: dict[str, list[Symbol]] = defaultdict(list)
    for position in sorted(set(functions)):
        by_file[corpus.symbols[position].file].append(corpus.symbols[position])
    return {file: _hidden(corpus, file, removed) for file, removed in sorted(by_file.items())}


def _hidden(corpus: Corpus, file: str, removed: list[Symbol]) -> tuple[Edit, ...]:
    if not corpus.is_utf8(file):
        raise Skip("unfit-tests", f"{file} is not UTF-8")
    lines = corpus.lines(file)
    emptied = _emptied_classes([corpus.symbols[place] for place in corpus.by_file[file]], removed)
    edits = []
    for symbol in removed:
        first, last = _span(lines, symbol)
        filler: tuple[bytes, ...] = ()
        if emptied.get(symbol.owner) is symbol:
            start = lines[symbol.start_line - 1]
            end = "\r" if start.endswith("\r") else ""
            filler = (f"{_indent(start)}pass{end}".encode(),)
            last = symbol.end_line
        edits.append(Edit(first, last, filler))
    _require_whole(file, edited(file, corpus.files[file], edits), removed)
    return tuple(edits)


def _span(lines: Sequence[str], symbol: Symbol) -> tuple[int, int]:
    first, last = symbol.start_line, symbol.end_line
    indent = _indent(lines[first - 1])
    while first > 1 and lines[first - 2].startswith(f"{indent}#"):
        first -= 1
    while last < len(lines) - 1 and not lines[last].strip():
        last += 1
    return first, last


def _emptied_classes(symbols: list[Symbol], removed: list[Symbol]) -> dict[str, Symbol]:
    """For each class that loses all its statements the last function that it loses."""
    lost: dict[str, list[Symbol]] = defaultdict(list)
    for symbol in removed:
        lost[symbol.owner].append(symbol)
    classes = {symbol.qualname: symbol for symbol in symbols if symbol.kind == "class"}
    return {
        owner: gone[-1] for owner, gone in lost.items() if owner in classes and classes[owner].statements == len(gone)
    }


def _require_whole(file: str, content: bytes, removed: list[Symbol]) -> None:
    try:
        ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Skip("unfit-tests", f"{file} does not parse without {removed[0].qualname}: {error}") from None
    text = content.decode()
    for symbol in removed:
        if re.search(rf"\.{symbol.name}\b" if symbol.owner else rf"(?<![\w.]){symbol.name}\b", text):
            raise Skip("unfit-tests", f"{file} still names {symbol.qualname} when it is gone")


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
