"""What the executable families share: which functions they may ask about, and what the tests say of each."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from pydantic import Field

from hgen.config import Section
from hgen.describe.prose import docstring_value
from hgen.describe.words import flat
from hgen.errors import Skip
from hgen.families.base import Edits, Material, Proposal, identity, once_in_file, rank
from hgen.families.hidden_tests import TestFunctions
from hgen.records import Mutant, Reject, Symbol, Testbed, Trial
from hgen.scoring.diffs import Edit
from hgen.scoring.roles import is_doctest, is_library

_COPIED_SHARE = 0.5
"""A body is written somewhere else, too, if so many of its passages stand in the repository's texts twice."""


class TestedOptions(Section):
    """Settings that the executable families have in common."""

    __test__ = False

    cap: int = Field(40, ge=0)
    """Tasks per repository."""
    passage: int = Field(12, ge=2)
    """A body is read in passages of so many words, to find one that is written somewhere else, too."""


@dataclass(frozen=True)
class TriedFunction:
    """A function that was emptied and mutated, with the tests that execute it; tests are positions in the testbed."""

    trial: Trial
    symbol: Symbol
    functions: dict[int, int]
    """For each test that executes the symbol the function behind it, as a position in ``Codebase.symbols``."""
    original: tuple[bytes, ...]
    """The lines that emptying replaces."""

    def functions_of(self, tests: tuple[int, ...]) -> set[int]:
        """The functions behind some of the tests that execute the symbol."""
        return {self.functions[test] for test in tests}

    @property
    def emptied(self) -> Edit:
        """Replaces the body."""
        return edit_of(self.trial.emptied)


def tried_functions(material: Material, options: TestedOptions, name: str) -> Iterator[TriedFunction | Reject]:
    """The functions tried that a family may ask about, in an order drawn by hash, and a reject for each other one."""
    codebase = material.codebase
    bed = codebase.testbed
    if bed is None:
        return
    if copies := _copies(material, bed):
        yield Reject(source=name, reason="in-image", detail=f"the agent can read {copies}")
        return
    by_symbol: dict[int, list[int]] = {trial.symbol: [] for trial in bed.trials}
    for test, stable in enumerate(bed.tests):
        for position in stable.covers:
            if position in by_symbol and not is_doctest(stable.id):
                by_symbol[position].append(test)
    functions = TestFunctions(codebase.symbols)
    ones = once_in_file(codebase.symbols)
    order = sorted(bed.trials, key=lambda trial: rank(material.seed, name, identity(codebase.symbols[trial.symbol])))
    for trial in order:
        symbol = codebase.symbols[trial.symbol]
        try:
            _require_sound(material, options, symbol, trial, ones)
            behind = {test: functions.of(bed.tests[test]) for test in by_symbol[trial.symbol]}
        except Skip as skip:
            yield rejected(name, symbol, skip)
            continue
        lines = material.corpus.lines(symbol.file)[trial.emptied.first_line - 1 : trial.emptied.last_line]
        yield TriedFunction(trial, symbol, behind, tuple(line.encode() for line in lines))


def proposals(
    material: Material, options: TestedOptions, name: str, propose: Callable[[TriedFunction], Proposal]
) -> Iterator[Proposal | Reject]:
    """A family's proposals, up to its cap, and a reject for each function that is refused."""
    made = 0
    for tried in tried_functions(material, options, name):
        if made >= options.cap:
            return
        if isinstance(tried, Reject):
            yield tried
            continue
        try:
            yield propose(tried)
            made += 1
        except Skip as skip:
            yield rejected(name, tried.symbol, skip)


def rejected(name: str, symbol: Symbol, skip: Skip) -> Reject:
    """The reject of one function."""
    return Reject(source=f"{name} {identity(symbol)}", reason=skip.reason, detail=skip.detail)


def docstring(material: Material, symbol: Symbol, *, least: int) -> str:
    """What a function's docstring says, cleaned; raises ``Skip("thin-docstring")`` if that is too little."""
    text = None
    if symbol.docstring:
        first, last = symbol.docstring
        text = docstring_value("\n".join(material.corpus.lines(symbol.file)[first - 1 : last]))
    if text is None or len(flat(text).split()) < least:
        raise Skip("thin-docstring", identity(symbol))
    return inspect.cleandoc(text)


def _copies(material: Material, bed: Testbed) -> str:
    """What else holds the repository's code in the image that an agent works in, or an empty string."""
    own = material.codebase.repo.project
    wheels = [wheel.name for wheel in bed.environment.wheels if canonicalize_name(wheel.name.split("-")[0]) == own]
    return ", ".join(wheels) or (own if material.in_image else "")


def _require_sound(
    material: Material, options: TestedOptions, symbol: Symbol, trial: Trial, ones: set[tuple[str, str]]
) -> None:
    if not is_library(symbol.file) or (symbol.file, symbol.qualname) not in ones or "<locals>" in symbol.qualname:
        raise Skip("ambiguous-name", identity(symbol))
    if not material.corpus.is_utf8(symbol.file):
        raise Skip("unfit-body", f"{symbol.file} is not UTF-8")
    copies = [other for other in material.codebase.symbols if other.body_digest == symbol.body_digest]
    if len(copies) > 1:
        raise Skip("readable-elsewhere", ", ".join(map(identity, copies)))
    lines = material.corpus.lines(symbol.file)[trial.emptied.first_line - 1 : trial.emptied.last_line]
    if passage := _written_twice(material.corpus.flat_text, "\n".join(lines), options.passage):
        raise Skip("readable-elsewhere", passage)


def _written_twice(text: str, body: str, length: int) -> str:
    """A passage of the body if much of it stands in the repository's texts more than once, or an empty string."""
    words = flat(body).split()
    starts = range(0, max(len(words) - length, 0) + 1, length // 2)
    passages = [" ".join(words[start : start + length]) for start in starts]
    twice = [passage for passage in passages if text.count(f" {passage} ") > 1]
    return twice[0] if len(twice) >= _COPIED_SHARE * len(passages) else ""


def others_of_file(material: Material, tried: TriedFunction, count: int) -> tuple[int, ...]:
    """Tests that do not execute the symbol but others of its file, the quickest of those drawn by hash."""
    bed = material.codebase.testbed
    assert bed is not None
    siblings = set(material.corpus.by_file[tried.symbol.file])
    found = [
        test
        for test, stable in enumerate(bed.tests)
        if tried.trial.symbol not in stable.covers
        and not siblings.isdisjoint(stable.covers)
        and not is_doctest(stable.id)
    ]
    drawn = sorted(found, key=lambda test: rank(material.seed, "others", bed.tests[test].id))[: 3 * count]
    return tuple(sorted(sorted(drawn, key=lambda test: (bed.tests[test].seconds, test))[:count]))


def ids(material: Material, tests: tuple[int, ...]) -> tuple[str, ...]:
    """The tests' ids, sorted."""
    bed = material.codebase.testbed
    assert bed is not None
    return tuple(sorted(bed.tests[test].id for test in tests))


def edit_of(mutant: Mutant) -> Edit:
    """A mutant as an edit of the snapshot."""
    return Edit(mutant.first_line, mutant.last_line, tuple(line.encode() for line in mutant.lines))


def merged(*parts: Edits) -> Edits:
    """The edits of all parts; no file is in two of them."""
    return {file: edits for part in parts for file, edits in sorted(part.items())}


def command(material: Material) -> str:
    """How the repository's tests are run by hand."""
    bed = material.codebase.testbed
    assert bed is not None
    # ``python -m`` puts the tree itself on the path.
    folders = [folder for folder in bed.environment.path if folder != "."]
    path = f"PYTHONPATH={':'.join(folders)} " if folders else ""
    return " ".join([f"{path}python -m pytest", *bed.environment.options])
