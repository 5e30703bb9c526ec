"""Prove a task that is judged by running tests: the reference answer passes each time, the start state and cheats fail.

The reference answer is first graded as any prediction is. All other runs are made in one more sandbox, by the same
plan, driver and verdict: what a prediction changes lies in the tree during its own runs only.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from hgen.engines import OpenEngine
from hgen.errors import Skip
from hgen.families.base import Answer, Tests
from hgen.probes import Probe
from hgen.records import Check, Task
from hgen.sandbox.base import Sandboxes
from hgen.scoring import Refusal, Score, refused
from hgen.scoring.tested.jobs import Job
from hgen.scoring.tested.judge import verdict
from hgen.scoring.tested.plan import GradingPlan
from hgen.scoring.tested.report import TestRun
from hgen.scoring.tested.task import TestedTask
from hgen.snapshots import Snapshot, Store
from hgen.testbed.grading import grade, planned, state_of
from hgen.testbed.mutation.neutral import neutral_answers
from hgen.testbed.running import Drive

_CHEAT_TEST_SECONDS = 10.0
"""What a test may take with a cheat: some make tests wait for what never comes."""
_CHEAT_RUN_SECONDS = 30.0
"""What all tests together may take with a cheat."""
_OTHER_ORDER = 11
"""The seed of another order of the tests."""
_RUN_BY_ITSELF = 5
"""So many of the tests that tell a right answer, drawn by hash, are also run each by itself; ``build`` has so run all,
on the true code."""


_Change = Callable[[Job], Job]
"""How a job of a plan is run otherwise than planned."""


@dataclass(frozen=True)
class Proof:
    """What was seen."""

    gold: str
    start: str
    probes: dict[str, Score]
    lazy: dict[str, Score]
    alternatives: tuple[str, ...] = ()
    """Right answers besides the reference answer that earn 1 as well."""


def prove_by_tests(
    task: Task, grading: Answer | Tests, start: Mapping[str, bytes], *, engine: OpenEngine, store: Path
) -> tuple[list[Check], dict[str, bool]]:
    """The checks that need running code, and which lazy answers solve the task.

    Raises ``Skip`` with the name of the check that failed, ``SandboxError`` if the engine is at fault.
    """
    if task.environment is None:
        raise Skip("start-state", "the task has no environment")
    asked = TestedTask.of(task.model_dump(mode="json"))
    sandboxes = engine.sandboxes(task.environment, base_commit=task.base_commit, name=task.repo)
    with Store(store).open(task.snapshot) as snapshot:
        probes, lazy = list(grading.probes(asked, start)), list(grading.lazy_answers(asked, start))
        others = neutral_answers(asked, start)
        proof = prove(asked, start, snapshot, sandboxes, probes=probes, lazy=lazy, alternatives=others)
    for name, score in proof.probes.items():
        if score.resolved:
            raise Skip("probe", f"the cheat {name} is a full success")
    seen = ", ".join(f"{name} {score.reward:.2f}" for name, score in proof.probes.items())
    checks = [
        Check(name="gold", passed=True, evidence=proof.gold),
        Check(name="start-fails", passed=True, evidence=proof.start),
        Check(name="probes", passed=True, evidence=seen),
    ]
    if proof.alternatives:
        evidence = f"the reference answer rewritten earns 1 as well: {', '.join(proof.alternatives)}"
        checks.append(Check(name="alternatives", passed=True, evidence=evidence))
    return checks, {name: score.resolved for name, score in proof.lazy.items()}


def prove(
    task: TestedTask,
    start: Mapping[str, bytes],
    snapshot: Snapshot,
    sandboxes: Sandboxes,
    *,
    probes: Iterable[Probe],
    lazy: Iterable[Probe],
    alternatives: Iterable[Probe] = (),
) -> Proof:
    """The evidence that a task is sound; ``start`` holds the targets' files as the agent meets them.

    Raises ``Skip`` with the name of the check that failed, ``SandboxError`` if the engine is at fault.
    """
    _require_full(grade(task, task.patch, snapshot, sandboxes), "graded as any prediction is")
    bench = _Bench(task, snapshot)
    gold = planned(task, task.patch, snapshot)
    # Written tests have been run in another order already, and on forms that do the same.
    again = _fewer(gold, true=1, neutral=1, mutant=len(task.mutants)) if task.mutants else gold
    repeated = bench.add(again, _shuffled)
    drawn = () if task.mutants else _drawn(task.fail_to_pass or task.pass_to_pass)
    by_itself = partial(replace, fork_each=True, tests=drawn)
    alone = [bench.add(gold, by_itself)] if drawn else []
    met = {path: start[path] for path in gold.overlay if path in start}
    every = (*task.fail_to_pass, *task.pass_to_pass)
    ways: list[tuple[_Change, tuple[str, ...]]] = [(_as_planned, every), (_shuffled, every), (by_itself, drawn)]
    failing = [(bench.add(gold, change, files=met), tests) for change, tests in ways if task.fail_to_pass]
    cheats = {probe.name: probe.patch for probe in probes}
    shortcuts = {probe.name: probe.patch for probe in lazy}
    honest = {probe.name: bench.prediction(probe.patch, _as_planned) for probe in alternatives}
    # Some are both.
    tried = {patch: bench.prediction(patch) for patch in {**cheats, **shortcuts}.values()}
    bench.run(sandboxes, gold)
    _require_full(bench.score(again, repeated), "graded again, in another order")
    for place in alone:
        _require_passing(bench.said(place)[0], drawn)
    for place, tests in failing:
        _require_failing(task, bench.said(place)[0], tests)
    for name, made in honest.items():
        _require_full_too(bench.judged(made), name)
    return Proof(
        alternatives=tuple(honest),
        gold="the gold patch earns 1, in another order too"
        + (f"; {len(drawn)} tests pass with it each by itself" if drawn else ""),
        start=_start_evidence(task, len(drawn)),
        probes={name: bench.judged(tried[patch]) for name, patch in cheats.items()},
        lazy={name: bench.judged(tried[patch]) for name, patch in shortcuts.items()},
    )


class _Bench:
    """Runs to make in one sandbox, and what they said."""

    def __init__(self, task: TestedTask, snapshot: Snapshot) -> None:
        self._task = task
        self._snapshot = snapshot
        self._jobs: list[Job] = []
        self._runs: Sequence[TestRun] = ()

    def add(self, made: GradingPlan, change: _Change, files: Mapping[str, bytes] | None = None) -> slice:
        """Add a plan's jobs, each changed; ``files`` lie in the tree instead of what the prediction changes."""
        begin = len(self._jobs)
        beneath = made.overlay if files is None else files
        for job in map(change, made.jobs):
            self._jobs.append(replace(job, files={**beneath, **job.files}))
        return slice(begin, len(self._jobs))

    def prediction(self, patch: str, change: _Change | None = None) -> tuple[GradingPlan, slice] | Score:
        """Plan the runs of a prediction that may be refused; short ones, as for a cheat, unless told otherwise."""
        try:
            made = planned(self._task, patch, self._snapshot)
        except Refusal as refusal:
            return refused(refusal.reason)
        fewer = _fewer(made, true=1, neutral=1, mutant=1)
        return fewer, self.add(fewer, change or _impatient)

    def run(self, sandboxes: Sandboxes, made: GradingPlan) -> None:
        """Make all runs, over what the plan's tree is without its changes."""
        drive = Drive(tuple(self._jobs))
        with sandboxes.start(state_of(replace(made, overlay={}), self._snapshot, drive)) as sandbox:
            self._runs = drive.run(sandbox)

    def said(self, place: slice) -> Sequence[TestRun]:
        """What some runs said."""
        return self._runs[place]

    def score(self, made: GradingPlan, place: slice) -> Score:
        """The verdict on a prediction's runs."""
        return verdict(self._task, made, self.said(place))

    def judged(self, made: tuple[GradingPlan, slice] | Score) -> Score:
        """The verdict on a prediction that may have been refused."""
        return made if isinstance(made, Score) else self.score(*made)


def _fewer(made: GradingPlan, **most: int) -> GradingPlan:
    """A plan with so many runs of a kind at most: enough to see that an answer is not a full success."""
    seen: Counter[str] = Counter()
    kept = []
    for place, name in enumerate(made.kinds):
        kind = name.partition(" ")[0]
        seen[kind] += 1
        if seen[kind] <= most.get(kind, len(made.kinds)):
            kept.append(place)
    return replace(
        made, jobs=tuple(made.jobs[place] for place in kept), kinds=tuple(made.kinds[place] for place in kept)
    )


def _as_planned(job: Job) -> Job:
    return job


def _shuffled(job: Job) -> Job:
    return replace(job, shuffle=_OTHER_ORDER)


def _impatient(job: Job) -> Job:
    return replace(job, each=_CHEAT_TEST_SECONDS, seconds=_CHEAT_RUN_SECONDS)


def _require_full(score: Score, how: str) -> None:
    if not score.resolved or score.reward != 1:
        reasons = "; ".join(f"{reason.code}: {reason.detail}" for reason in score.reasons)
        raise Skip("gold", f"{how}, the gold patch earns {score.reward}: {reasons}")


def _require_full_too(score: Score, name: str) -> None:
    if not score.resolved or score.reward != 1:
        reasons = "; ".join(f"{reason.code}: {reason.detail}" for reason in score.reasons)
        raise Skip("alternative", f"the reference answer rewritten by {name} earns {score.reward}: {reasons}")


def _drawn(tests: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(tests, key=lambda test: hashlib.blake2b(test.encode()).digest())[:_RUN_BY_ITSELF])


def _require_passing(run: TestRun, tests: Sequence[str]) -> None:
    if run.distrust or not run.passed.issuperset(tests):
        failed = sorted(set(tests) - run.passed)
        raise Skip("gold", f"with the gold patch, {run.distrust or f'{failed[0]} does not pass'} by itself")


def _require_failing(task: TestedTask, run: TestRun, tests: Sequence[str]) -> None:
    """All of some tests that must fail in the start state do, and the others pass."""
    if not run.whole or run.distrust:
        raise Skip("start-fails", run.distrust or f"the tests end early in the start state: {run.log[-300:]}")
    if passed := sorted(run.passed.intersection(task.fail_to_pass)):
        raise Skip("start-fails", f"{passed[0]} passes in the start state")
    if failed := sorted(set(tests).intersection(task.pass_to_pass) - run.passed):
        raise Skip("start-fails", f"{failed[0]} does not pass in the start state")


def _start_evidence(task: TestedTask, alone: int) -> str:
    if task.fail_to_pass:
        return (
            f"all of {len(task.fail_to_pass)} tests to fail fail in the start state and the others pass, "
            f"in order and in another order; {alone} fail each by itself"
        )
    return "nothing written earns nothing" if task.mutants else "the candidate is right: no test fails"
