"""Trials: functions are emptied and mutated, and the tests that execute them say whether they notice."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from hgen.errors import Skip
from hgen.records import Codebase, Environment, Mutant, StableTest, Symbol, Trial
from hgen.sandbox.base import Sandbox
from hgen.scoring.diffs import Edit, edited
from hgen.scoring.driving import Job
from hgen.scoring.roles import is_doctest, is_library
from hgen.scoring.testruns import TestRun
from hgen.testbed.copies import readable_elsewhere
from hgen.testbed.functions import Function
from hgen.testbed.mutants import Variant, mutants
from hgen.testbed.running import run_jobs

_STATEMENTS = range(3, 61)
_TEST_FUNCTIONS = range(2, 61)
_RESULTS = 400
"""Tests that may execute a target, each set of parameters counted."""
_SECONDS = 10.0
"""How long all of them may take."""
_PATIENCE = 4.0
"""So many times as long as before may tests compute, and ..."""
_GRACE = 6.0
"""... so many seconds more: what takes longer hangs."""
_FAILING = 0.1
"""Seconds by which a test that fails may take longer than one that passes."""
_WAITING = 5.0
"""On a busy machine what computes for a second may take so many."""
_REPORTED = 2_000
"""Results that one command in the sandbox may report, whose output is limited."""
_CARRIED = 16_000_000
"""Bytes of changed files that are carried into the sandbox at once."""


@dataclass(frozen=True)
class Subject:
    """A function to try, and the tests that execute it."""

    position: int
    symbol: Symbol
    function: Function
    tests: tuple[int, ...]

    @property
    def body(self) -> list[bytes]:
        """The lines that emptying takes away."""
        edit = self.function.emptied()
        return self.function.lines[edit.first_line - self.symbol.start_line :]


Change = tuple[Subject, Variant]


def trials(
    codebase: Codebase,
    files: Mapping[str, bytes],
    tests: Sequence[StableTest],
    *,
    imported: frozenset[int],
    environment: Environment,
    sandbox: Sandbox,
    targets: int,
    mutants_each: int,
) -> tuple[Trial, ...]:
    """Try up to so many functions, with up to so many mutants each, in a sandbox with the repository as it is.

    ``imported`` are the symbols that are executed without any test. Documented functions come first, in an order drawn
    by hash. Kept are functions whose tests notice that they are emptied, with the mutants that the tests notice.
    """
    bench = _Bench(codebase, files, tests, environment, sandbox)
    fit = {subject.position: subject for subject in _subjects(codebase, files, tests, imported)}
    copies = readable_elsewhere(sandbox, {position: subject.body for position, subject in fit.items()})
    subjects = [subject for position, subject in fit.items() if position not in copies][:targets]
    empty = [(subject, Variant("emptied", subject.function.emptied())) for subject in subjects]
    emptied = {
        subject.position: mutant for (subject, _), mutant in zip(empty, bench.tried(empty), strict=True) if mutant
    }
    changes = [
        (subject, variant)
        for subject in subjects
        if subject.position in emptied
        for variant in _drawn(subject, mutants_each)
    ]
    noticed: dict[int, list[Mutant]] = defaultdict(list)
    for (subject, _), mutant in zip(changes, bench.tried(changes), strict=True):
        if mutant:
            noticed[subject.position].append(mutant)
    return tuple(
        Trial(symbol=position, emptied=mutant, mutants=tuple(noticed[position]))
        for position, mutant in sorted(emptied.items())
    )


def _subjects(
    codebase: Codebase, files: Mapping[str, bytes], tests: Sequence[StableTest], imported: frozenset[int]
) -> Iterator[Subject]:
    bodies = Counter(symbol.body_digest for symbol in codebase.symbols)
    executed_by: dict[int, list[int]] = defaultdict(list)
    for number, test in enumerate(tests):
        # Examples in docstrings are no judges: whoever answers can read them.
        for position in () if is_doctest(test.id) else test.covers:
            executed_by[position].append(number)

    def order(position: int) -> tuple[bool, bytes]:
        symbol = codebase.symbols[position]
        return symbol.docstring is None, _draw(symbol.file, symbol.qualname, symbol.def_line)

    for position in sorted(executed_by, key=order):
        symbol = codebase.symbols[position]
        numbers = executed_by[position]
        # A body that stands somewhere else can be copied from there.
        if (
            position in imported
            or bodies[symbol.body_digest] > 1
            or not _fit(symbol)
            or not _fit_tests([tests[number] for number in numbers])
        ):
            continue
        try:
            function = Function(files[symbol.file], first_line=symbol.start_line, last_line=symbol.end_line)
            function.emptied()
        except Skip:
            continue
        if function.statements in _STATEMENTS:
            yield Subject(position, symbol, function, tuple(numbers))


def _fit(symbol: Symbol) -> bool:
    special = symbol.qualname.endswith("__") or "<locals>" in symbol.qualname
    # Stubs that are never what runs, and functions that a decorator registers under another name.
    names = {decorator.partition("(")[0].rpartition(".")[2] for decorator in symbol.decorators}
    return symbol.kind != "class" and is_library(symbol.file) and not special and not names & {"overload", "setter"}


def _fit_tests(executing: Sequence[StableTest]) -> bool:
    # Classes that inherit a test share its function.
    names = (test.id.partition("[")[0] for test in executing)
    functions = {(name.partition("::")[0], name.rpartition("::")[2]) for name in names}
    short = sum(test.seconds for test in executing) <= _SECONDS
    return len(functions) in _TEST_FUNCTIONS and len(executing) <= _RESULTS and short


def _drawn(subject: Subject, count: int) -> list[Variant]:
    """Mutants by all operators in turn, within each in an order drawn by hash."""
    by_operator: dict[str, list[Variant]] = defaultdict(list)
    for variant in mutants(subject.function):
        by_operator[variant.operator].append(variant)
    queues = [
        sorted(variants, key=lambda variant: _draw(subject.symbol.file, subject.symbol.qualname, variant.edit))
        for _, variants in sorted(by_operator.items())
    ]
    return [variant for turn in zip_longest(*queues) for variant in turn if variant is not None][:count]


def _draw(*identity: object) -> bytes:
    return hashlib.blake2b(repr(identity).encode(), digest_size=8).digest()


@dataclass(frozen=True)
class _Bench:
    codebase: Codebase
    files: Mapping[str, bytes]
    tests: Sequence[StableTest]
    environment: Environment
    sandbox: Sandbox

    def tried(self, changes: Sequence[Change]) -> Iterator[Mutant | None]:
        """What each change to a function is as a mutant; None for one that no test notices or that has no clear end."""
        for batch in _batches(changes, self._weight):
            runs = run_jobs(self.sandbox, [self._job(subject, variant.edit) for subject, variant in batch])
            for (subject, variant), run in zip(batch, runs, strict=True):
                yield self._mutant(subject, variant, run)

    def _job(self, subject: Subject, edit: Edit) -> Job:
        file = subject.symbol.file
        executing = [self.tests[number] for number in subject.tests]
        cpu = _GRACE + sum(_PATIENCE * test.seconds + _FAILING for test in executing)
        return Job(
            tests=tuple(test.id for test in executing),
            path=self.environment.path,
            options=self.environment.options,
            each=_WAITING * cpu,
            seconds=_WAITING * cpu,
            cpu=cpu,
            files={file: edited(file, self.files[file], [edit])},
        )

    def _mutant(self, subject: Subject, variant: Variant, run: TestRun) -> Mutant | None:
        results = [run.results.get(self.tests[number].id) for number in subject.tests]
        outcomes = [result.outcome if result else "missing" for result in results]
        if not run.whole or {"missing", "timeout"} & set(outcomes):
            return None
        noticing = tuple(
            number for number, outcome in zip(subject.tests, outcomes, strict=True) if outcome in {"failed", "error"}
        )
        if not noticing:
            return None
        edit = variant.edit
        return Mutant(
            operator=variant.operator,
            first_line=edit.first_line,
            last_line=edit.last_line,
            lines=tuple(line.decode() for line in edit.lines),
            killed_by=noticing,
        )

    def _weight(self, change: Change) -> float:
        """The share of what one command can carry that a change needs."""
        subject, _ = change
        return max(len(subject.tests) / _REPORTED, len(self.files[subject.symbol.file]) / _CARRIED)


def _batches(changes: Sequence[Change], weight: Callable[[Change], float]) -> Iterator[list[Change]]:
    """The changes in order, as many at once as can be carried, at least one."""
    batch: list[Change] = []
    carried = 0.0
    for change in changes:
        if batch and carried + weight(change) > 1:
            yield batch
            batch, carried = [], 0.0
        batch.append(change)
        carried += weight(change)
    if batch:
        yield batch
