"""Which runs of tests judge an answer, and among which files.

A plan says what lies in the tree and what is run; whoever runs it, in whatever container, gives the runs back, and
``judge`` makes the verdict of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hgen.scoring.python.definitions import places
from hgen.scoring.python.sources import SourceError, parse_start
from hgen.scoring.roles import is_library, is_test_module
from hgen.scoring.start_state import committed_state, patched, start_state
from hgen.scoring.tested.jobs import Job
from hgen.scoring.tested.screen import screen
from hgen.scoring.tested.taken_files import library_changes, library_changes_from_either_base, test_changes, touched
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    """What each job is for: ``answer``, or ``true``, ``neutral`` and ``mutant`` for written tests."""
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
    neutral: Sequence[Mapping[str, bytes]] = (),
) -> GradingPlan:
    """What must be run to judge a prediction; raises ``Refusal`` if that needs no run.

    ``neutral`` are variants of the files of the targets with the same meaning, which written tests must not notice.
    """
    if task.graded_by == "mutants":
        return _plan_tests(task, patch, snapshot, neutral)
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


def _plan_tests(
    task: TestedTask, patch: object, snapshot: Mapping[str, bytes], neutral: Sequence[Mapping[str, bytes]]
) -> GradingPlan:
    start = start_state(snapshot, task.setup_patch, task.candidate_patch)
    changed = test_changes(patch, start, task.environment.generated)
    modules = tuple(path for path in changed if is_test_module(path))
    if not modules:
        raise Refusal("no-tests", "no test module is added or changed")
    without = tuple(name for path in modules for name in _unchanged(path, changed[path], start))
    job = replace(_job(task), tests=modules, without=without)
    mutants = [touched(patched(start, mutant, "a mutant")) for mutant in task.mutants]
    variants: list[tuple[str, Mapping[str, bytes]]] = [
        *(("true", {}) for _ in range(3)),
        *(("neutral", files) for files in neutral),
        *(("mutant", files) for files in mutants),
    ]
    jobs = [replace(job, files=dict(files)) for _, files in variants]
    jobs[1] = replace(jobs[1], shuffle=1)
    kinds = tuple(kind for kind, _ in variants)
    return GradingPlan(start, task.environment.generated, changed, tuple(jobs), kinds)


def _unchanged(path: str, content: bytes, start: Mapping[str, bytes]) -> list[str]:
    """Test functions that stood in the file already, as node ids without parameters."""
    if path not in start:
        return []
    try:
        before, after = parse_start(start[path]), parse_start(content)
    except SourceError:
        return []
    texts = {
        place.qualname: before.span(place.node.lineno, place.node.end_lineno or 0) for place in places(before.body)
    }
    return [
        f"{path}::{place.qualname.replace('.', '::')}"
        for place in places(after.body)
        if texts.get(place.qualname) == after.span(place.node.lineno, place.node.end_lineno or 0)
        and not hasattr(place.node, "bases")
    ]


def _job(task: TestedTask) -> Job:
    environment = task.environment
    return Job(
        path=environment.path,
        options=environment.options,
        each=_LONGER * environment.test_seconds,
        seconds=environment.run_seconds,
    )
