"""Prove a task of an executable family: the reference answer passes each time, the start state fails, cheats fail.

The reference answer is first graded as any prediction is. All other runs are made in one more sandbox, by the same
plan, driver and verdict: what a prediction changes lies in the tree during its own runs only.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hgen.errors import Skip
from hgen.probes import Probe
from hgen.records import Task
from hgen.sandbox.base import Sandboxes
from hgen.scoring import Refusal, Score, refused
from hgen.scoring.tested.driver import Job
from hgen.scoring.tested.plan import Plan, verdict
from hgen.scoring.tested.report import TestRun
from hgen.snapshots import Snapshot
from hgen.testbed.grading import grade, planned, state_of
from hgen.testbed.running import Drive

_PATIENCE = 10.0
"""Seconds that a test may take with a cheat, and a third of what all may: some make tests wait for what never comes."""
_SEED = 11
"""Of another order of the tests."""
_ALONE = 5
"""So many of the tests that tell a right answer, drawn by hash, are also run each by itself; ``build`` has so run all,
on the true code."""


@dataclass(frozen=True)
class Proof:
    """What was seen."""

    gold: str
    start: str
    probes: dict[str, Score]
    lazy: dict[str, Score]


def prove(
    task: Task,
    start: Mapping[str, bytes],
    snapshot: Snapshot,
    sandboxes: Sandboxes,
    *,
    probes: Iterable[Probe],
    lazy: Iterable[Probe],
) -> Proof:
    """The evidence that a task is sound; ``start`` holds the targets' files as the agent meets them.

    Raises ``Skip`` with the name of the check that failed, ``SandboxError`` if the engine is at fault.
    """
    row = task.model_dump(mode="json")
    _require_full(grade(row, task.patch, snapshot, sandboxes), "graded as any prediction is")
    bench = _Bench(row, snapshot)
    gold = planned(row, task.patch, snapshot)
    # Written tests have been run in another order already, and on variants that do the same.
    again = _fewer(gold, true=1, neutral=0) if task.mutants else gold
    repeated = bench.add(again, shuffle=_SEED)
    told = () if task.mutants else _drawn(task.FAIL_TO_PASS or task.PASS_TO_PASS)
    alone = [bench.add(gold, apart=True, tests=told)] if told else []
    met = {path: start[path] for path in gold.overlay if path in start}
    ways: list[dict[str, Any]] = [{}, {"shuffle": _SEED}, {"apart": True, "tests": told}] if task.FAIL_TO_PASS else []
    failing = [bench.add(gold, files=met, **way) for way in ways]
    cheats = {probe.name: probe.patch for probe in probes}
    shortcuts = {probe.name: probe.patch for probe in lazy}
    # Some are both.
    tried = {patch: bench.prediction(patch) for patch in {**cheats, **shortcuts}.values()}
    bench.run(sandboxes, gold)
    _require_full(bench.score(again, repeated), "graded again, in another order")
    for place in alone:
        _require_passing(bench.said(place)[0], told)
    for way, place in zip(ways, failing, strict=True):
        _require_failing(task, bench.said(place)[0], way.get("tests", (*task.FAIL_TO_PASS, *task.PASS_TO_PASS)))
    return Proof(
        gold="the gold patch earns 1, in another order too"
        + (f"; {len(told)} tests pass with it each by itself" if told else ""),
        start=_start_evidence(task, len(told)),
        probes={name: bench.judged(tried[patch]) for name, patch in cheats.items()},
        lazy={name: bench.judged(tried[patch]) for name, patch in shortcuts.items()},
    )


class _Bench:
    """Runs to make in one sandbox, and what they said."""

    def __init__(self, row: Mapping[str, Any], snapshot: Snapshot) -> None:
        self._row = row
        self._snapshot = snapshot
        self._jobs: list[Job] = []
        self._runs: Sequence[TestRun] = ()

    def add(self, made: Plan, files: Mapping[str, bytes] | None = None, **change: Any) -> slice:
        """Plan a prediction's runs; ``files`` lie in the tree instead of what it changes."""
        begin = len(self._jobs)
        for run in made.runs:
            job = Job(**{**run, **change})
            self._jobs.append(replace(job, files={**(made.overlay if files is None else files), **job.files}))
        return slice(begin, len(self._jobs))

    def prediction(self, patch: str) -> tuple[Plan, slice] | Score:
        """Plan the runs of a prediction that may be refused."""
        try:
            made = planned(self._row, patch, self._snapshot)
        except Refusal as refusal:
            return refused(refusal.reason)
        fewer = _fewer(made, true=1, neutral=1, mutant=1)
        return fewer, self.add(fewer, each=_PATIENCE, seconds=3 * _PATIENCE)

    def run(self, sandboxes: Sandboxes, made: Plan) -> None:
        """Make all runs, over what the plan's tree is without its changes."""
        drive = Drive(tuple(self._jobs))
        with sandboxes.start(state_of(self._row, replace(made, overlay={}), self._snapshot, drive)) as sandbox:
            self._runs = drive.run(sandbox)

    def said(self, place: slice) -> Sequence[TestRun]:
        """What some runs said."""
        return self._runs[place]

    def score(self, made: Plan, place: slice) -> Score:
        """The verdict on a prediction's runs."""
        return verdict(self._row, made, self.said(place))

    def judged(self, made: tuple[Plan, slice] | Score) -> Score:
        """The verdict on a prediction that may have been refused."""
        return made if isinstance(made, Score) else self.score(*made)


def _fewer(made: Plan, **most: int) -> Plan:
    """A plan with so many runs of a kind at most: enough to see that an answer is not a full success."""
    seen: Counter[str] = Counter()
    kept = []
    for place, kind in enumerate(made.kinds):
        seen[kind] += 1
        if seen[kind] <= most.get(kind, len(made.kinds)):
            kept.append(place)
    return replace(
        made, runs=tuple(made.runs[place] for place in kept), kinds=tuple(made.kinds[place] for place in kept)
    )


def _require_full(score: Score, how: str) -> None:
    if not score.resolved or score.reward != 1:
        reasons = "; ".join(f"{reason.code}: {reason.detail}" for reason in score.reasons)
        raise Skip("gold", f"{how}, the gold patch earns {score.reward}: {reasons}")


def _drawn(tests: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(tests, key=lambda test: hashlib.blake2b(test.encode()).digest())[:_ALONE])


def _require_passing(run: TestRun, tests: Sequence[str]) -> None:
    if run.lies or not run.passed.issuperset(tests):
        failed = sorted(set(tests) - run.passed)
        raise Skip("gold", f"with the gold patch, {run.lies or f'{failed[0]} does not pass'} by itself")


def _require_failing(task: Task, run: TestRun, tests: Sequence[str]) -> None:
    """All of some tests that must fail in the start state do, and the others pass."""
    if not run.whole or run.lies:
        raise Skip("start-fails", run.lies or f"the tests end early in the start state: {run.log[-300:]}")
    if passed := sorted(run.passed.intersection(task.FAIL_TO_PASS)):
        raise Skip("start-fails", f"{passed[0]} passes in the start state")
    if failed := sorted(set(tests).intersection(task.PASS_TO_PASS) - run.passed):
        raise Skip("start-fails", f"{failed[0]} does not pass in the start state")


def _start_evidence(task: Task, alone: int) -> str:
    if task.FAIL_TO_PASS:
        return (
            f"all of {len(task.FAIL_TO_PASS)} tests to fail fail in the start state and the others pass, "
            f"in order and in another order; {alone} fail each by itself"
        )
    return "nothing written earns nothing" if task.mutants else "the candidate is right: no test fails"
