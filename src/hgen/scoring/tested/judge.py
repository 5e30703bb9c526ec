"""The verdict on an answer, given what the runs of its plan said."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from hgen.scoring.tested.written.runs import secret_order
from hgen.scoring.tested.written.verdict import verdict_on_tests
from hgen.scoring.verdicts import Reason, Score, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hgen.scoring.tested.jobs import Job
    from hgen.scoring.tested.plan import GradingPlan
    from hgen.scoring.tested.report import TestRun
    from hgen.scoring.tested.task import TestedTask


def judged(task: TestedTask, plan: GradingPlan, drive: Callable[[tuple[Job, ...]], Sequence[TestRun]]) -> Score:
    """The verdict on a plan whose jobs are done by ``drive``, which says what each of them did, in their order."""
    # In no order that written tests could foresee: they must not tell a mutant by how often they have been run.
    order = secret_order(plan.kinds, random.SystemRandom())
    runs = dict(zip(order, drive(tuple(plan.jobs[place] for place in order))))
    return verdict(task, plan, [runs[place] for place in range(len(plan.jobs))])


def verdict(task: TestedTask, plan: GradingPlan, runs: Sequence[TestRun]) -> Score:
    """The score, given what the plan's jobs said, in their order."""
    if task.graded_by == "mutants":
        return verdict_on_tests(task, plan.kinds, runs)
    return _judge_answer(task, plan, runs)


def _judge_answer(task: TestedTask, plan: GradingPlan, runs: Sequence[TestRun]) -> Score:
    (run,) = runs
    wanted, kept = task.fail_to_pass, task.pass_to_pass
    reason = _distrust(plan, run)
    if reason is not None:
        return refused(reason)
    passed = run.passed
    hits = sum(test in passed for test in wanted)
    failed = [test for test in (*wanted, *kept) if test not in passed]
    recall = hits / len(wanted) if wanted else 0.0
    if not failed:
        return Score(1.0, True, 1.0, recall, 1.0, ())
    if run.whole:
        codes = Reason("tests-fail", f"{len(failed)} of {len(wanted) + len(kept)}: {failed[0]}")
    else:
        codes = Reason("timed-out" if run.timed_out else "ended-early", f"no result of {failed[0]}")
    return Score(0.0, False, 0.0, recall, 0.0, (codes,))


def _distrust(plan: GradingPlan, run: TestRun) -> Reason | None:
    """Why the outcomes of a run that an answer had a part in are not believed."""
    if run.distrust:
        return Reason("forged-report", run.distrust)
    for event, detail in run.audit:
        if event == "replaced":
            return Reason("runner-replaced", detail)
        if event != "equality":
            return Reason("tests-read", f"{event} {detail}".strip())
        path, _, place = detail.partition(":")
        line, _, name = place.partition(":")
        if line not in map(str, plan.comparisons.get(path, frozenset())):
            return Reason("suspicious-code", f"{path}: {name}")
    if run.whole and (not run.canaries or "missing" in run.canaries.values()):
        return Reason("forged-report", "a test that must fail was not run")
    return None
