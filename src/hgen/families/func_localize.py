"""``func-localize``: find functions and classes from their descriptions, and write the docstrings they lost."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from hgen.config import Section
from hgen.describe.corpus import Corpus
from hgen.describe.description import Description, describe, readable_elsewhere
from hgen.describe.leaks import path_secrets
from hgen.describe.prose import docstring_value
from hgen.describe.rivals import by_code, by_description, by_name
from hgen.describe.words import flat
from hgen.errors import Skip
from hgen.families.base import (
    Edits,
    Family,
    Material,
    Proposal,
    Static,
    identity,
    is_library,
    moved,
    once_in_file,
    rank,
)
from hgen.families.lazy import largest, rarest_word, retrieval, undocumented
from hgen.probes.func_localize import probes
from hgen.records import Reject, Symbol
from hgen.resources import path
from hgen.scoring.diffs import Edit

NAME = "func-localize"


class Options(Section):
    """The family's settings, ``synth.options.func-localize`` in the configuration."""

    variants: tuple[Literal["named", "masked"], ...] = Field(("named", "masked"), min_length=1)
    """Description levels."""
    cap: int = Field(60, ge=0)
    """Tasks per repository, over all variants."""
    max_targets: int = Field(3, ge=1, le=3)
    undocumented: int = Field(20, ge=2)
    """The target is one of at least so many symbols without a docstring."""
    min_lines: int = Field(4, ge=1)
    """Lines of the body without its docstring."""
    min_words: int = Field(10, ge=1)
    max_words: int = Field(90, ge=10)
    """Bounds of a description's prose."""
    margin: float = Field(1.25, ge=1.0)
    """The target must score so many times as high as the next symbol when its description is searched for."""
    passage: int = Field(6, ge=2)
    """So many words in a row that stand elsewhere as well give a masked description away."""


@dataclass(frozen=True)
class _Choice:
    """What a repository offers: positions of symbols, and what they can be told apart by."""

    removable: dict[int, Edit]
    """For each symbol whose docstring can be taken away: the edit that does it."""
    docstrings: dict[int, str]
    unique: frozenset[int]
    """Symbols that nothing else has the docstring, the body, or the qualified name of."""
    library: frozenset[int]
    """Symbols of the repository's own library code."""


def propose(material: Material, options: Options) -> Iterator[Proposal | Reject]:
    """Tasks of one to ``max_targets`` targets, the variants' in turn, and a reject for each symbol passed over."""
    choice = _choice(material)
    share, rest = divmod(options.cap, len(options.variants))
    for number, variant in enumerate(options.variants):
        yield from _of_variant(material, options, choice, variant, share + (number < rest))


def _of_variant(
    material: Material, options: Options, choice: _Choice, variant: str, cap: int
) -> Iterator[Proposal | Reject]:
    symbols = material.codebase.symbols
    waiting: dict[bool, list[tuple[int, Description]]] = defaultdict(list)
    made = 0
    for position in _candidates(material, options, choice, variant):
        if made >= cap:
            return
        symbol = symbols[position]
        try:
            description = _description(material, options, choice, variant, position)
        except Skip as skip:
            yield Reject(source=f"{NAME}/{variant} {identity(symbol)}", reason=skip.reason, detail=skip.detail)
            continue
        group = waiting[symbol.kind == "class"]
        group.append((position, description))
        if len(group) < _group_size(material, options, group[0][0]):
            continue
        try:
            yield _proposal(material, options, choice, variant, tuple(group))
            made += 1
        except Skip as skip:
            names = ", ".join(identity(symbols[member]) for member, _ in group)
            yield Reject(source=f"{NAME}/{variant} {names}", reason=skip.reason, detail=skip.detail)
        group.clear()


def _choice(material: Material) -> _Choice:
    corpus = material.corpus
    symbols = material.codebase.symbols
    once = once_in_file(symbols)
    removable: dict[int, Edit] = {}
    docstrings: dict[int, str] = {}
    for file, positions in corpus.by_file.items():
        if not is_library(file) or not corpus.is_utf8(file):
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
    names = Counter(symbol.qualname for symbol in symbols)
    unique = frozenset(
        position
        for position, value in docstrings.items()
        if said[flat(value)] == bodies[symbols[position].body_digest] == names[symbols[position].qualname] == 1
    )
    library = frozenset(position for position, symbol in enumerate(symbols) if is_library(symbol.file))
    return _Choice(removable, docstrings, unique, library)


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


def _candidates(material: Material, options: Options, choice: _Choice, variant: str) -> list[int]:
    """Documented symbols with something to recognise, in an order drawn by hash."""
    symbols = material.codebase.symbols

    def worth_finding(position: int) -> bool:
        symbol = symbols[position]
        edit = choice.removable[position]
        lines = symbol.end_line - symbol.def_line - (edit.last_line - edit.first_line + 1)
        dunder = symbol.qualname.endswith("__")
        return lines >= options.min_lines and symbol.statements > 1 and not dunder

    found = [position for position in choice.removable if worth_finding(position)]
    return sorted(found, key=lambda position: rank(material.seed, NAME, variant, identity(symbols[position])))


def _group_size(material: Material, options: Options, first: int) -> int:
    """Six tasks of ten have one target, the others two or three."""
    drawn = rank(material.seed, NAME, "targets", identity(material.codebase.symbols[first])) % 10
    return min(options.max_targets, 1 if drawn < 6 else 2 if drawn < 8 else 3)


def _description(material: Material, options: Options, choice: _Choice, variant: str, position: int) -> Description:
    corpus = material.corpus
    symbol = material.codebase.symbols[position]
    masked = variant == "masked"
    if position not in choice.unique:
        raise Skip("look-alike", "another symbol has the same name, docstring or body")
    if masked and material.in_image:
        raise Skip("in-image", "the agent's image holds a copy of this package")
    lines = corpus.lines(symbol.file)
    source = "\n".join(lines[symbol.start_line - 1 : symbol.end_line])
    description = describe(
        symbol,
        docstring=choice.docstrings[position],
        source=source,
        secrets=_secrets(symbol, masked=masked),
        named=not masked,
        words=(options.min_words, options.max_words),
    )
    if masked:
        if passage := readable_elsewhere(corpus, description, options.passage):
            raise Skip("readable-elsewhere", passage)
        _require_no_rival(corpus, choice, position, description, options.margin)
    return description


def _secrets(symbol: Symbol, *, masked: bool) -> tuple[str, ...]:
    names = tuple(symbol.qualname.split(".")) if masked else ()
    return (*names, *path_secrets(symbol.file))


def _require_no_rival(corpus: Corpus, choice: _Choice, position: int, description: Description, margin: float) -> None:
    """A masked description must fit one definition, for an agent that sees neither its name nor its class."""
    if rival := by_name(corpus, position, choice.library):
        raise Skip("look-alike", f"{identity(rival)} has the same name")
    if rival := by_description(corpus, description.terms(), position, margin):
        raise Skip("look-alike", f"a search for the description finds {identity(rival)} as well")
    if rival := by_code(corpus, position, choice.library):
        raise Skip("look-alike", f"the code of {identity(rival)} is nearly the same")


def _proposal(
    material: Material,
    options: Options,
    choice: _Choice,
    variant: str,
    group: tuple[tuple[int, Description], ...],
) -> Proposal:
    symbols = material.codebase.symbols
    targets = tuple(position for position, _ in group)
    decoys = _decoys(material, options, choice, group)
    setup: dict[str, list[Edit]] = defaultdict(list)
    for position in sorted({*targets, *decoys}, key=lambda chosen: choice.removable[chosen].first_line):
        setup[symbols[position].file].append(choice.removable[position])
    edits = {file: tuple(setup[file]) for file in sorted(setup)}
    return Proposal(
        variant=variant,
        subject=None,
        targets=targets,
        setup=edits,
        gold=_gold(material.corpus, targets, choice, edits),
        context={"targets": [description for _, description in group]},
        secrets=tuple(
            sorted({secret for place in targets for secret in _secrets(symbols[place], masked=variant == "masked")})
        ),
        difficulty={
            "targets": len(targets),
            "files": len({symbols[position].file for position in targets}),
            "undocumented": len(targets) + len(decoys),
            "words": sum(len(description.terms()) for _, description in group),
        },
    )


def _decoys(
    material: Material, options: Options, choice: _Choice, group: tuple[tuple[int, Description], ...]
) -> list[int]:
    """Symbols of the same sort that lose their docstrings too: neighbours, look-alikes, and others drawn by hash.

    Raises ``Skip`` when the targets would be among too few symbols without a docstring.
    """
    symbols = material.codebase.symbols
    targets = {position for position, _ in group}
    is_class = symbols[group[0][0]].kind == "class"
    same = [
        place for place in choice.removable if place not in targets and (symbols[place].kind == "class") == is_class
    ]
    drawn = sorted(
        same, key=lambda place: rank(material.seed, NAME, "decoy", *sorted(targets), identity(symbols[place]))
    )
    files = {symbols[position].file for position in targets}
    wanted = options.undocumented - len(targets)
    chosen = [place for place in drawn if symbols[place].file in files][: wanted // 3]
    for _, description in group:
        scores = material.corpus.whole.scores(description.terms())
        alike = sorted((place for place in same if place not in chosen), key=lambda place: (-scores[place], place))
        chosen += alike[: wanted // 3 // len(group)]
    chosen += [place for place in drawn if place not in chosen][: wanted - len(chosen)]
    already = sum(
        symbol.docstring is None and (symbol.kind == "class") == is_class and is_library(symbol.file)
        for symbol in symbols
    )
    if len(chosen) + len(targets) + already < options.undocumented:
        raise Skip("too-few-decoys", f"{len(chosen) + len(targets) + already} symbols could lack a docstring")
    return chosen


def _gold(corpus: Corpus, targets: tuple[int, ...], choice: _Choice, setup: Edits) -> Edits:
    gold: dict[str, list[Edit]] = defaultdict(list)
    for position in sorted(targets, key=lambda chosen: choice.removable[chosen].first_line):
        file = corpus.symbols[position].file
        edit = choice.removable[position]
        first = moved(edit.first_line, [other for other in setup[file] if other.first_line < edit.first_line])
        original = tuple(line.encode() for line in corpus.lines(file)[edit.first_line - 1 : edit.last_line])
        gold[file].append(Edit(first, first + len(edit.lines) - 1, original))
    return {file: tuple(gold[file]) for file in sorted(gold)}


FAMILY = Family(
    name=NAME,
    template=path("templates/func-localize.md.j2"),
    options=Options,
    propose=propose,
    grading=Static(
        scorer="docstrings",
        probes=probes,
        lazy_choices={
            "first-undocumented": undocumented,
            "largest": largest,
            "rarest-word": rarest_word,
            "retrieval": retrieval,
        },
    ),
)
