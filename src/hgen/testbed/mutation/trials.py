"""Trials: functions are emptied and mutated, and the tests that execute them say whether they notice."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from hgen.config import BuildConfig
from hgen.errors import Skip
from hgen.records import Codebase, Environment, Mutant, StableTest, Symbol, Trial
from hgen.sandbox.base import Sandbox
from hgen.scoring.diffs import Edit, edited
from hgen.scoring.roles import is_doctest, is_library
from hgen.scoring.tested.jobs import Job
from hgen.scoring.tested.report import TestRun
from hgen.testbed.mutation.copies import readable_elsewhere
from hgen.testbed.mutation.functions import Function
from hgen.testbed.mutation.mutants import mutants
from hgen.testbed.mutation.operator import Variant
from hgen.testbed.running import run_jobs

_MOST_TESTS = 400
"""Tests that may execute a function that is tried, each set of parameters counted."""
_MOST_SECONDS = 10.0
"""What these tests may take together."""
_TIMES_AS_LONG = 4.0
"""A test may compute so many times as long on a changed function: what takes longer hangs."""
_STARTUP_SECONDS = 6.0
"""What starting Python and collecting may compute, beside the tests themselves."""
_FAILURE_SECONDS = 0.1
"""What a test that fails may take longer than one that passes."""
_SECONDS_PER_CPU_SECOND = 5.0
"""What computing for a second may take on a busy machine."""
_RESULTS_PER_COMMAND = 2_000
"""Results that one command in the sandbox may report, as its output is limited."""
_BYTES_PER_COMMAND = 16_000_000
"""Bytes of changed files that are carried into the sandbox for one command."""


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
    effort: BuildConfig,
) -> tuple[Trial, ...]:
    """Try as many functions and mutants of each as ``effort`` says, in a sandbox with the repository as it is.

    ``imported`` are the symbols that are executed without any test. Documented functions come first, in an order drawn
    by hash. Kept are functions whose tests notice that they are emptied, with the mutants that the tests notice.
    """
    bench = _Bench(codebase, files, tests, environment, sandbox)
    fit = {subject.position: subject for subject in _subjects(codebase, files, tests, imported, effort)}
    copies = readable_elsewhere(sandbox, {position: subject.body for position, subject in fit.items()})
    subjects = [subject for position, subject in fit.items() if position not in copies][: effort.targets]
    empty = [(subject, Variant("emptied", subject.function.emptied())) for subject in subjects]
    emptied = {
        subject.position: mutant for (subject, _), mutant in zip(empty, bench.tried(empty), strict=True) if mutant
    }
    changes = [
        (subject, variant)
        for subject in subjects
        if subject.position in emptied
        for variant in _drawn(subject, effort.mutants)
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
    codebase: Codebase,
    files: Mapping[str, bytes],
    tests: Sequence[StableTest],
    imported: frozenset[int],
    effort: BuildConfig,
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
            or not _fit_tests([tests[number] for number in numbers], effort)
        ):
            continue
        try:
            function = Function(files[symbol.file], first_line=symbol.start_line, last_line=symbol.end_line)
            function.emptied()
        except Skip:
            continue
        if effort.min_statements <= function.statements <= effort.max_statements:
            yield Subject(position, symbol, function, tuple(numbers))


def _fit(symbol: Symbol) -> bool:
    special = symbol.qualname.endswith("__") or "<locals>" in symbol.qualname
    # Stubs that are never what runs, and functions that a decorator registers under another name.
    names = {decorator.partition("(")[0].rpartition(".")[2] for decorator in symbol.decorators}
    return symbol.kind != "class" and is_library(symbol.file) and not special and not names & {"overload", "setter"}


def _fit_tests(executing: Sequence[StableTest], effort: BuildConfig) -> bool:
    # Classes that inherit a test share its function.
    names = (test.id.partition("[")[0] for test in executing)
    functions = {(name.partition("::")[0], name.rpartition("::")[2]) for name in names}
    enough = effort.min_test_functions <= len(functions) <= effort.max_test_functions
    short = sum(test.seconds for test in executing) <= _MOST_SECONDS
    return enough and short and len(executing) <= _MOST_TESTS


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
        cpu = _STARTUP_SECONDS + sum(_TIMES_AS_LONG * test.seconds + _FAILURE_SECONDS for test in executing)
        return Job(
            tests=tuple(test.id for test in executing),
            path=self.environment.path,
            options=self.environment.options,
            each=_SECONDS_PER_CPU_SECOND * cpu,
            seconds=_SECONDS_PER_CPU_SECOND * cpu,
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
        return max(len(subject.tests) / _RESULTS_PER_COMMAND, len(self.files[subject.symbol.file]) / _BYTES_PER_COMMAND)


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
