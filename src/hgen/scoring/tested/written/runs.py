"""Which runs judge written tests, and among which files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hgen.scoring.python.definitions import places
from hgen.scoring.python.sources import SourceError, parse_start
from hgen.scoring.roles import is_test_module
from hgen.scoring.start_state import start_state
from hgen.scoring.tested.taken_files import test_changes
from hgen.scoring.tested.written.copies import require_no_copy
from hgen.scoring.tested.written.forms import TRUE, Forms
from hgen.scoring.tested.written.reaching import require_no_reaching
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

    from hgen.scoring.tested.jobs import Job
    from hgen.scoring.tested.task import TestedTask

AS_IT_IS = "true"
"""A run on the true code as the repository has it, in another order."""
NEUTRAL = "neutral"
"""A run on a form of the true code."""
MUTANT = "mutant"
"""A run on a form of a mutant; its number follows."""

_RIGHT_FORMS = 4
_FORMS_OF_A_MUTANT = 2
"""Tests that fail whenever they please must not seem to notice anything: the same test must notice both."""


@dataclass(frozen=True)
class WrittenRuns:
    """What a plan needs; see ``hgen.scoring.tested.plan.GradingPlan``."""

    base: Mapping[str, bytes]
    overlay: Mapping[str, bytes]
    jobs: tuple[Job, ...]
    kinds: tuple[str, ...]


def written_runs(
    task: TestedTask, patch: object, snapshot: Mapping[str, bytes], job: Job, coin: random.Random
) -> WrittenRuns:
    """The runs that judge the tests of a prediction, like ``job``; raises ``Refusal`` if they need none.

    The code as it is lies in no tree but the last run's: tests that were run before have nothing to compare with.
    """
    start = start_state(snapshot, task.setup_patch, task.candidate_patch)
    # What is wrong with the task is said whatever the answer is.
    forms = Forms(task, start)
    changed = test_changes(patch, start, task.environment.generated)
    if not any(map(is_test_module, changed)):
        raise Refusal("no-tests", "no test module is added or changed")
    require_no_reaching(changed, snapshot, task.targets)
    require_no_copy(changed, start, snapshot, task.targets)
    return shown(task, changed, start, forms, job=job, coin=coin)


def shown(
    task: TestedTask,
    changed: Mapping[str, bytes],
    start: Mapping[str, bytes],
    forms: Forms,
    *,
    job: Job,
    coin: random.Random,
) -> WrittenRuns:
    """The runs in which changed files see forms of the code; nothing is asked of what these files hold."""
    modules = tuple(filter(is_test_module, changed))
    without = tuple(name for path in modules for name in _unchanged(path, changed[path], start))
    job = replace(job, tests=modules, without=without)
    variants = [(NEUTRAL, TRUE)] * _RIGHT_FORMS
    variants += [(f"{MUTANT} {number}", number) for number in range(len(task.mutants))] * _FORMS_OF_A_MUTANT
    jobs = [replace(job, files=forms.files(number, coin)) for _, number in variants]
    targets = {target.file: start[target.file] for target in task.targets}
    return WrittenRuns(
        base=start,
        overlay={**changed, **forms.files(TRUE, coin)},
        jobs=(*jobs, replace(job, files=targets, shuffle=1)),
        kinds=(*(kind for kind, _ in variants), AS_IT_IS),
    )


def secret_order(kinds: Sequence[str], coin: random.Random) -> list[int]:
    """The order in which runs of these kinds are made: by the coin, those on the code as it is after all others."""
    order = coin.sample(range(len(kinds)), len(kinds))
    return sorted(order, key=lambda place: kinds[place] == AS_IT_IS)


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
