"""``dep-search``: mark the definitions of everything in the repository that a function calls directly."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import zip_longest

from pydantic import Field

from hgen.config import Section
from hgen.describe.corpus import Corpus
from hgen.describe.leaks import leaks, path_secrets
from hgen.errors import Skip
from hgen.families.base import Edits, Family, Material, Proposal, Static, identity, is_library, once_in_file, rank
from hgen.families.dep_difficulty import Difficulty
from hgen.families.lazy_calls import nearest, same_file, same_name, unique_name
from hgen.probes.alternatives import markers
from hgen.probes.dep_search import probes
from hgen.records import Reject, Symbol
from hgen.resources import path
from hgen.scoring.diffs import Edit

NAME = "dep-search"
_PROTOCOL = re.compile(r"\bProtocol\b")
_WORDINGS = 12 * 4 * 3
"""Openings, ways to put the rules, and closings of the template, of which each task has one of each."""


class Options(Section):
    """The family's settings, ``synth.options.dep-search`` in the configuration."""

    max_dependencies: int = Field(5, ge=1)
    cap: int = Field(120, ge=0)
    """Tasks per repository, spread evenly over the numbers of dependencies, the harder ones first."""


def propose(material: Material, options: Options) -> Iterator[Proposal | Reject]:
    """One task for each function that may be asked about, the harder first, and a reject for each other one."""
    symbols = material.codebase.symbols
    ones = once_in_file(symbols)
    fit: list[int] = []
    for position, symbol in enumerate(symbols):
        if symbol.kind == "class" or not symbol.deps or not is_library(symbol.file):
            continue
        try:
            _require_sound(material, options, position, ones)
        except Skip as skip:
            yield Reject(source=f"{NAME} {identity(symbol)}", reason=skip.reason, detail=skip.detail)
        else:
            fit.append(position)
    difficulty = Difficulty(material.corpus)
    names = Counter(symbol.qualname for symbol in symbols)
    for position in _in_turn(material, difficulty, fit):
        yield _proposal(material, position, difficulty, names)


def _require_sound(material: Material, options: Options, position: int, ones: set[tuple[str, str]]) -> None:
    symbols = material.codebase.symbols
    subject = symbols[position]
    deps = [symbols[dep] for dep in subject.deps]
    if not subject.offered:
        raise Skip("incomplete", subject.unresolved)
    if "<locals>" in subject.qualname or (subject.file, subject.qualname) not in ones:
        raise Skip("ambiguous-name", subject.qualname)
    if len(deps) > options.max_dependencies:
        raise Skip("too-many-dependencies", str(len(deps)))
    for dep in deps:
        if (dep.file, dep.qualname) not in ones or not is_library(dep.file) or "<locals>" in dep.qualname:
            raise Skip("unfit-dependency", identity(dep))
    for place in subject.deps:
        if _is_interface(material, place):
            raise Skip("abstract-dependency", identity(symbols[place]))
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


def _in_turn(material: Material, difficulty: Difficulty, fit: list[int]) -> Iterator[int]:
    """All positions, those with bodies of one line last, taken from the numbers of dependencies in turn.

    Those with equally many dependencies come by difficulty, equally hard ones in an order drawn by hash.
    """
    symbols = material.codebase.symbols

    def order(place: int) -> tuple[int, int]:
        return -difficulty.hardness(place), rank(material.seed, NAME, identity(symbols[place]))

    for short in (False, True):
        by_count: dict[int, list[int]] = defaultdict(list)
        for place in fit:
            if difficulty.is_one_line(place) is short:
                by_count[len(symbols[place].deps)].append(place)
        for taken in zip_longest(*(sorted(by_count[count], key=order) for count in sorted(by_count, reverse=True))):
            yield from (place for place in taken if place is not None)


def _proposal(material: Material, position: int, difficulty: Difficulty, names: Mapping[str, int]) -> Proposal:
    corpus = material.corpus
    subject = corpus.symbols[position]
    deps = [corpus.symbols[dep] for dep in subject.deps]
    file = subject.file if names[subject.qualname] > 1 else ""
    secret = {dep.name for dep in deps} | {part for dep in deps for part in path_secrets(dep.file)}
    # The subject's own name may hold a callee's, as that of a delegating method does.
    said = set(leaks(f"{subject.qualname} {file}", secret))
    return Proposal(
        variant="default",
        subject=position,
        targets=subject.deps,
        setup={},
        gold=_gold(corpus, subject, deps),
        context={
            "name": subject.qualname,
            "kind": _kind(subject),
            "file": file,
            "wording": rank(material.seed, NAME, "wording", identity(subject)) % _WORDINGS,
        },
        secrets=tuple(sorted(secret - said)),
        difficulty=difficulty.facts(position),
    )


def _kind(subject: Symbol) -> str:
    """What the prompt calls it."""
    last = {decorator.rsplit(".", 1)[-1] for decorator in subject.decorators}
    if last & {"property", "cached_property"}:
        return "property"
    return subject.kind


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
        alternatives=markers,
        lazy_choices={
            "same-name": same_name,
            "same-file": same_file,
            "unique-name": unique_name,
            "nearest": nearest,
        },
    ),
    quotas=lambda options: {"default": options.cap},
)
