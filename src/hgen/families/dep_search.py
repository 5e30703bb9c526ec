"""``dep-search``: mark the definitions of everything in the repository that a function calls directly."""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import zip_longest

from pydantic import Field

from hgen.config import Section
from hgen.describe.corpus import Corpus
from hgen.describe.leaks import path_secrets, require_no_leak
from hgen.errors import Skip
from hgen.families.base import Edits, Family, Material, Proposal, Static, identity, is_library, once_in_file, rank
from hgen.families.lazy import same_file, same_name, unique_name
from hgen.probes.dep_search import probes
from hgen.records import Reject, Symbol
from hgen.resources import path
from hgen.scoring.diffs import Edit

NAME = "dep-search"
_PROTOCOL = re.compile(r"\bProtocol\b")


class Options(Section):
    """The family's settings, ``synth.options.dep-search`` in the configuration."""

    max_dependencies: int = Field(5, ge=1)
    cap: int = Field(60, ge=0)
    """Tasks per repository, spread evenly over the numbers of dependencies."""


def propose(material: Material, options: Options) -> Iterator[Proposal | Reject]:
    """One task for each function that may be asked about, and a reject for each other one that calls something."""
    symbols = material.codebase.symbols
    ones = once_in_file(symbols)
    names = _library_names(symbols)
    by_count: dict[int, list[int]] = defaultdict(list)
    for position, symbol in enumerate(symbols):
        if symbol.kind == "class" or not symbol.deps or not is_library(symbol.file):
            continue
        try:
            _require_sound(material, options, position, ones, names)
        except Skip as skip:
            yield Reject(source=f"{NAME} {identity(symbol)}", reason=skip.reason, detail=skip.detail)
        else:
            by_count[len(symbol.deps)].append(position)
    for position in _in_turn(material, by_count):
        yield _proposal(material.corpus, position)


def _library_names(symbols: tuple[Symbol, ...]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for symbol in symbols:
        counts[symbol.qualname] += 1
    return counts


def _require_sound(
    material: Material, options: Options, position: int, ones: set[tuple[str, str]], names: dict[str, int]
) -> None:
    symbols = material.codebase.symbols
    subject = symbols[position]
    deps = [symbols[dep] for dep in subject.deps]
    if not subject.offered:
        raise Skip("incomplete", subject.unresolved)
    if "<locals>" in subject.qualname or names[subject.qualname] > 1 or subject.qualname.endswith("__"):
        raise Skip("ambiguous-name", subject.qualname)
    if len(deps) > options.max_dependencies:
        raise Skip("too-many-dependencies", str(len(deps)))
    for dep in deps:
        if (dep.file, dep.qualname) not in ones or not is_library(dep.file) or "<locals>" in dep.qualname:
            raise Skip("unfit-dependency", identity(dep))
    for place in subject.deps:
        if _is_interface(material, place):
            raise Skip("abstract-dependency", identity(symbols[place]))
    if len(deps) == 1 and deps[0].file == subject.file:
        raise Skip("too-easy", "its one dependency is in its own file")
    require_no_leak(f"the name {subject.qualname}", subject.qualname, [dep.name for dep in deps])
    for file in sorted({dep.file for dep in deps}):
        if not material.corpus.is_utf8(file):
            raise Skip("unfit-dependency", f"{file} is not UTF-8")


def _is_interface(material: Material, position: int) -> bool:
    """Whether a method only says what others implement, so that what runs is another definition."""
    symbols = material.codebase.symbols
    method = symbols[position]
    if any(decorator.rsplit(".", 1)[-1].startswith("abstract") for decorator in method.decorators):
        return True
    return any(
        symbols[place].qualname == method.owner and _PROTOCOL.search(symbols[place].signature)
        for place in material.corpus.by_file[method.file]
    )


def _in_turn(material: Material, by_count: dict[int, list[int]]) -> Iterator[int]:
    """All positions, taken from the numbers of dependencies in turn, within each in an order drawn by hash."""
    symbols = material.codebase.symbols
    queues = [
        sorted(by_count[count], key=lambda place: rank(material.seed, NAME, identity(symbols[place])))
        for count in sorted(by_count, reverse=True)
    ]
    for taken in zip_longest(*queues):
        yield from (place for place in taken if place is not None)


def _proposal(corpus: Corpus, position: int) -> Proposal:
    subject = corpus.symbols[position]
    deps = [corpus.symbols[dep] for dep in subject.deps]
    return Proposal(
        variant="default",
        subject=position,
        targets=subject.deps,
        setup={},
        gold=_gold(corpus, subject, deps),
        context={"name": subject.qualname, "kind": subject.kind},
        secrets=tuple(sorted({dep.name for dep in deps} | {part for dep in deps for part in path_secrets(dep.file)})),
        difficulty={
            "dependencies": len(deps),
            "files": len({dep.file for dep in deps}),
            "other_files": len({dep.file for dep in deps} - {subject.file}),
            "lines": subject.end_line - subject.def_line + 1,
        },
    )


def _gold(corpus: Corpus, subject: Symbol, deps: list[Symbol]) -> Edits:
    gold: dict[str, list[Edit]] = defaultdict(list)
    for dep in sorted(deps, key=lambda symbol: (symbol.file, symbol.start_line)):
        line = corpus.lines(dep.file)[dep.start_line - 1]
        indent = line[: len(line) - len(line.lstrip(" \t\f"))]
        end = "\r" if line.endswith("\r") else ""
        marker = f"{indent}# this function/class is called by the {subject.qualname} function{end}"
        gold[dep.file].append(Edit(dep.start_line, dep.start_line - 1, (marker.encode(),)))
    return {file: tuple(gold[file]) for file in sorted(gold)}


FAMILY = Family(
    name=NAME,
    template=path("templates/dep-search.md.j2"),
    options=Options,
    propose=propose,
    grading=Static(
        scorer="markers",
        probes=probes,
        lazy_choices={"same-name": same_name, "same-file": same_file, "unique-name": unique_name},
    ),
    quotas=lambda options: {"default": options.cap},
)
