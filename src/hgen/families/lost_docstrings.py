"""Docstrings that can be taken away: of which symbols, by which edits, and how they come back."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from hgen.describe.corpus import Corpus
from hgen.describe.prose import docstring_value
from hgen.describe.words import flat
from hgen.families.base import Edits, Material, moved, once_in_file
from hgen.records import Symbol
from hgen.scoring.diffs import Edit


@dataclass(frozen=True)
class LostDocstrings:
    """What a repository offers: positions of symbols, and what they can be told apart by."""

    removable: dict[int, Edit]
    """For each symbol whose docstring can be taken away: the edit that does it."""
    docstrings: dict[int, str]
    unique: frozenset[int]
    """Symbols that nothing else has the docstring or the body of."""
    library: frozenset[int]
    """Symbols of the repository's own library code."""
    undocumented: frozenset[int]
    """Those of them that have no docstring in the snapshot."""


def lost_docstrings(material: Material) -> LostDocstrings:
    """Read all docstrings of the library."""
    corpus = material.corpus
    symbols = material.codebase.symbols
    once = once_in_file(symbols)
    removable: dict[int, Edit] = {}
    docstrings: dict[int, str] = {}
    for file, positions in corpus.by_file.items():
        if not corpus.is_library(file) or not corpus.is_utf8(file):
            continue
        lines = corpus.lines(file)
        for position in positions:
            symbol = symbols[position]
            if symbol.docstring and (file, symbol.qualname) in once and "<locals>" not in symbol.qualname:
                value = docstring_value("\n".join(lines[symbol.docstring[0] - 1 : symbol.docstring[1]]))
                if value is not None and symbol.docstring[0] > symbol.def_line:
                    docstrings[position] = value
                    removable[position] = _removal(symbol, lines)
    said = Counter(flat(value) for value in docstrings.values())
    bodies = Counter(symbol.body_digest for symbol in symbols)
    library = frozenset(position for position, symbol in enumerate(symbols) if corpus.is_library(symbol.file))
    return LostDocstrings(
        removable=removable,
        docstrings=docstrings,
        unique=frozenset(
            position
            for position, value in docstrings.items()
            if said[flat(value)] == bodies[symbols[position].body_digest] == 1
        ),
        library=library,
        undocumented=frozenset(position for position in library if symbols[position].docstring is None),
    )


def _removal(symbol: Symbol, lines: list[str]) -> Edit:
    """Take a docstring away with the blank lines behind it; a body that has nothing else becomes ``...``."""
    assert symbol.docstring is not None
    first, last = symbol.docstring
    if symbol.statements == 1:
        line = lines[first - 1]
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        end = "\r" if lines[last - 1].endswith("\r") else ""
        return Edit(first, last, (f"{indent}...{end}".encode(),))
    while not lines[last].strip(" \t\r"):
        last += 1
    return Edit(first, last, ())


def removal(corpus: Corpus, lost: LostDocstrings, positions: Iterable[int]) -> Edits:
    """The edits that take the docstrings of some symbols away."""
    setup: dict[str, list[Edit]] = defaultdict(list)
    for position in sorted(set(positions), key=lambda chosen: lost.removable[chosen].first_line):
        setup[corpus.symbols[position].file].append(lost.removable[position])
    return {file: tuple(setup[file]) for file in sorted(setup)}


def restoration(corpus: Corpus, lost: LostDocstrings, targets: tuple[int, ...], setup: Edits) -> Edits:
    """The edits of the start state that give the targets their docstrings back."""
    gold: dict[str, list[Edit]] = defaultdict(list)
    for position in sorted(targets, key=lambda chosen: lost.removable[chosen].first_line):
        file = corpus.symbols[position].file
        edit = lost.removable[position]
        first = moved(edit.first_line, [other for other in setup[file] if other.first_line < edit.first_line])
        original = tuple(line.encode() for line in corpus.lines(file)[edit.first_line - 1 : edit.last_line])
        gold[file].append(Edit(first, first + len(edit.lines) - 1, original))
    return {file: tuple(gold[file]) for file in sorted(gold)}
