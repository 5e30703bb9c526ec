"""Which runs of tests judge an answer, and among which files.

A plan says what lies in the tree and what is run; whoever runs it, in whatever container, gives the runs back, and
``judge`` makes the verdict of them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hgen.scoring.python.sources import SourceError
from hgen.scoring.roles import is_library
from hgen.scoring.start_state import committed_state, patched, start_state
from hgen.scoring.tested.jobs import Job
from hgen.scoring.tested.screen import screen
from hgen.scoring.tested.taken_files import library_changes, library_changes_from_either_base, touched
from hgen.scoring.tested.written.runs import written_runs
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hgen.scoring.diffs import Patched
    from hgen.scoring.tested.task import TestedTask

_CANARIES = 2
"""How many tests that must fail stand among the hidden ones."""
_LONGER = 1.5
"""So many times as long as in ``build`` may a test take: on another machine it is slower."""


@dataclass(frozen=True)
class GradingPlan:
    """How a prediction is graded."""

    base: Mapping[str, bytes]
    """What the tree is laid out from: the snapshot, with all its tests, or the start state."""
    generated: Mapping[str, str]
    """Files that building the repository made, where ``base`` has none of that path."""
    overlay: Mapping[str, bytes]
    """What lies over the base, by path: what is taken from the prediction."""
    jobs: tuple[Job, ...]
    kinds: tuple[str, ...]
    """What each job is for: ``answer``, or a kind of ``hgen.scoring.tested.written.runs``."""
    comparisons: Mapping[str, frozenset[int]] = field(default_factory=dict)
    """Lines of the answer's files at which known methods of comparison begin."""

    def tree(self) -> dict[str, bytes]:
        """The files among which the jobs are run."""
        generated = {path: text.encode() for path, text in self.generated.items()}
        return {**generated, **{path: self.base[path] for path in self.base}, **self.overlay}


def plan(
    task: TestedTask,
    patch: object,
    snapshot: Mapping[str, bytes],
    *,
    coin: random.Random | None = None,
) -> GradingPlan:
    """What must be run to judge a prediction; raises ``Refusal`` if that needs no run.

    ``coin`` chooses the forms in which written tests see the code: a secret one, unless a test of ours gives its own.
    """
    if task.graded_by == "mutants":
        runs = written_runs(task, patch, snapshot, _job(task), coin or random.SystemRandom())
        return GradingPlan(runs.base, task.environment.generated, runs.overlay, runs.jobs, runs.kinds)
    return _plan_answer(task, patch, snapshot)


def _plan_answer(task: TestedTask, patch: object, snapshot: Mapping[str, bytes]) -> GradingPlan:
    committed = committed_state(snapshot, task.setup_patch)
    start = start_state(snapshot, task.setup_patch, task.candidate_patch)
    before = {**touched(committed), **touched(start)}
    if task.candidate_patch:
        changed = library_changes_from_either_base(patch, start, committed)
    else:
        changed = library_changes(patch, start)
        if not changed:
            raise Refusal("empty-patch", "no module of the library is changed")
    overlay = {path: content for path, content in {**before, **changed}.items() if path in snapshot}
    tests = (*task.fail_to_pass, *task.pass_to_pass)
    hidden = {test.partition("::")[0] for test in tests} | {path for path in committed.changed if not is_library(path)}
    job = replace(
        _job(task),
        tests=tests,
        canaries=_CANARIES,
        guard=True,
        watched=tuple(sorted(changed)),
        hidden=tuple(sorted(hidden)),
    )
    comparisons = _screened(task, changed, committed, start)
    return GradingPlan(snapshot, task.environment.generated, overlay, (job,), ("answer",), comparisons)


def _screened(
    task: TestedTask, changed: Mapping[str, bytes], committed: Patched, start: Patched
) -> dict[str, frozenset[int]]:
    """See ``GradingPlan.comparisons``; raises ``Refusal`` for suspicious code."""
    gold = touched(patched(start, task.patch, "the gold patch"))
    qualnames = frozenset(target.qualname for target in task.targets)
    comparisons = {}
    for path, content in changed.items():
        known = (committed[path], gold.get(path, start[path]))
        try:
            comparisons[path] = screen(path, content, known, qualnames)
        except SourceError as error:
            raise Refusal("start-state", f"{path}: {error}") from None
    return comparisons


def _job(task: TestedTask) -> Job:
    environment = task.environment
    return Job(
        path=environment.path,
        options=environment.options,
        each=_LONGER * environment.test_seconds,
        seconds=environment.run_seconds,
    )
