"""What a repository says: its texts, which symbol each line belongs to, and a search index over the symbols."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from operator import itemgetter

import numpy as np
import numpy.typing as npt

from hgen.describe.facts import Facts, facts_by_line
from hgen.describe.words import flat, terms
from hgen.records import Symbol
from hgen.scoring.roles import is_library
from hgen.syntax.decode import Broken, to_utf8

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_TESTS = re.compile(rb"^[ \t]*+(?:import|from)[ \t]++(?:pytest|unittest|behave)\b", re.MULTILINE)
_REMEMBERED = 4096
"""Definitions whose words and facts are kept for the next question."""
_SATURATION = 1.2
_LENGTH_PULL = 0.75
"""BM25's k1 and b, at the values of Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009)."""


@dataclass(frozen=True)
class Corpus:
    """The files of a repository and its symbols; the costly parts are made when first asked for."""

    files: Mapping[str, bytes]
    symbols: tuple[Symbol, ...]

    @cached_property
    def by_file(self) -> dict[str, list[int]]:
        """Positions of the symbols of each file, in the order of their lines."""
        found: dict[str, list[int]] = defaultdict(list)
        for position, symbol in enumerate(self.symbols):
            found[symbol.file].append(position)
        return dict(found)

    @cached_property
    def by_name(self) -> dict[str, list[int]]:
        """Positions of the symbols of each name, without what they are defined in."""
        found: dict[str, list[int]] = defaultdict(list)
        for position, symbol in enumerate(self.symbols):
            found[symbol.name].append(position)
        return dict(found)

    @property
    def whole(self) -> "Index":
        """Each symbol's own lines with its docstring, searchable."""
        return self._indexes[0]

    @property
    def code(self) -> "Index":
        """Each symbol's own lines without its docstring, searchable."""
        return self._indexes[1]

    @cached_property
    def names(self) -> "Index":
        """Each symbol's name, searchable."""
        return Index([Counter(terms(symbol.name)) for symbol in self.symbols])

    @cached_property
    def identifiers(self) -> Counter[str]:
        """In how many Python files each identifier stands."""
        found: Counter[str] = Counter()
        for name in sorted(self.files):
            if name.endswith(".py"):
                found.update(set(_IDENTIFIER.findall(_decoded(self.files[name]))))
        return found

    @cached_property
    def library_symbols(self) -> tuple[int, ...]:
        """Positions of the symbols of the library's files."""
        return tuple(place for place, symbol in enumerate(self.symbols) if self.is_library(symbol.file))

    def is_library(self, file: str) -> bool:
        """Whether a file is the repository's own library code: by its path, and as it imports no test framework."""
        return self._library(file)

    def facts(self, position: int) -> Facts | None:
        """What a symbol's code shows; None if Python does not read its file."""
        symbol = self.symbols[position]
        return self._facts(symbol.file).get(symbol.def_line)

    def code_words(self, position: int) -> Counter[str]:
        """The terms of a definition, those that it holds included, without its docstring."""
        return self._code_words(position)

    @cached_property
    def flat_text(self) -> str:
        """All text files, flat (see ``words.flat``), in the order of their names."""
        return "\0".join(flat(_decoded(content)) for content in self._texts())

    def lines(self, file: str) -> list[str]:
        """A file's lines without their newlines, split at newlines only; 1-based line n is at n - 1.

        What is not UTF-8 is read as it declares itself (PEP 263). It cannot be edited: see ``is_utf8``.
        """
        return self._read_lines(file)

    def is_utf8(self, file: str) -> bool:
        """Whether a file's lines can be replaced: a task holds patches as UTF-8."""
        return _is_utf8(self.files[file])

    @cached_property
    def _library(self) -> Callable[[str], bool]:
        return lru_cache(maxsize=None)(lambda file: is_library(file) and not _TESTS.search(self.files[file]))

    @cached_property
    def _facts(self) -> Callable[[str], Mapping[int, Facts]]:
        return lru_cache(maxsize=None)(self._read_facts)

    def _read_facts(self, file: str) -> Mapping[int, Facts]:
        members = {symbol.def_line for place in self.by_file[file] if (symbol := self.symbols[place]).kind == "method"}
        return facts_by_line(self.files[file], members)

    @cached_property
    def _code_words(self) -> Callable[[int], Counter[str]]:
        return lru_cache(maxsize=_REMEMBERED)(self._read_code_words)

    def _read_code_words(self, position: int) -> Counter[str]:
        symbol = self.symbols[position]
        lines = self.lines(symbol.file)
        first, last = symbol.docstring or (symbol.end_line + 1, symbol.end_line)
        return Counter(terms("\n".join([*lines[symbol.start_line - 1 : first - 1], *lines[last : symbol.end_line]])))

    @cached_property
    def _read_lines(self) -> Callable[[str], list[str]]:
        return lru_cache(maxsize=64)(lambda file: _decoded(self.files[file]).split("\n"))

    def _texts(self) -> Iterable[bytes]:
        for name in sorted(self.files):
            content = self.files[name]
            if b"\0" not in content[:8192]:
                yield content

    @cached_property
    def _indexes(self) -> tuple["Index", "Index"]:
        code: list[Counter[str]] = [Counter() for _ in self.symbols]
        docstrings: dict[int, Counter[str]] = defaultdict(Counter)
        for file, positions in self.by_file.items():
            lines = self.lines(file)
            owners, documents = _owners(self.symbols, positions, len(lines))
            for (owner, document), owned in groupby(zip(owners, documents, lines, strict=True), key=itemgetter(0, 1)):
                if owner >= 0:
                    counted = docstrings[owner] if document else code[owner]
                    counted.update(terms(" ".join(line for _, _, line in owned)))
        searched = Index(code)
        for owner, counted in docstrings.items():
            code[owner].update(counted)
        return Index(code), searched


class Index:
    """BM25 over short documents, held as arrays."""

    def __init__(self, documents: list[Counter[str]]) -> None:
        lengths = np.array([max(counts.total(), 1) for counts in documents], dtype=np.float32)
        postings: dict[str, list[int]] = defaultdict(list)
        frequencies: dict[str, list[int]] = defaultdict(list)
        for number, counts in enumerate(documents):
            for term, count in counts.items():
                postings[term].append(number)
                frequencies[term].append(count)
        self.size = len(documents)
        average = float(lengths.mean()) if self.size else 1.0
        self._norm = _SATURATION * (1 - _LENGTH_PULL + _LENGTH_PULL * lengths / average)
        self._postings = {
            term: (np.array(numbers, dtype=np.int32), np.array(frequencies[term], dtype=np.float32))
            for term, numbers in postings.items()
        }

    def frequency(self, term: str) -> int:
        """In how many documents a term occurs."""
        return len(self._postings[term][0]) if term in self._postings else 0

    def holding(self, term: str) -> list[int]:
        """The documents in which a term occurs, ascending."""
        return list(map(int, self._postings[term][0])) if term in self._postings else []

    def scores(self, query: Iterable[str]) -> npt.NDArray[np.float32]:
        """The score of each document for the query's distinct terms; 0 where none occurs."""
        total = np.zeros(self.size, dtype=np.float32)
        for term in sorted(set(query)):
            if term in self._postings:
                numbers, counts = self._postings[term]
                weight = np.log(1 + (self.size - len(numbers) + 0.5) / (len(numbers) + 0.5))
                total[numbers] += weight * counts * (_SATURATION + 1) / (counts + self._norm[numbers])
        return total


def _decoded(content: bytes) -> str:
    """The text in UTF-8, or else in the encoding that it declares, or else with marks for what is neither."""
    if not _is_utf8(content):
        with suppress(Broken):
            return to_utf8(content, max_bytes=len(content)).decode()
    return content.decode("utf-8", "replace")


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _owners(symbols: tuple[Symbol, ...], positions: list[int], count: int) -> tuple[list[int], list[bool]]:
    """For each of a file's lines the innermost symbol around it, or -1, and whether its docstring is there.

    Index 0 is line 1.
    """
    owners, documents = [-1] * count, [False] * count
    for position in positions:
        symbol = symbols[position]
        last = min(symbol.end_line, count)
        owners[symbol.start_line - 1 : last] = [position] * (last - symbol.start_line + 1)
        if span := symbol.docstring:
            documents[span[0] - 1 : span[1]] = [True] * (span[1] - span[0] + 1)
    return owners, documents
