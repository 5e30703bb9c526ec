"""The verdict on written tests, given what their runs said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hgen.scoring.tested.written.runs import AS_IT_IS, MUTANT, NEUTRAL
from hgen.scoring.verdicts import Reason, Score, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hgen.scoring.tested.report import TestRun
    from hgen.scoring.tested.task import TestedTask


def verdict_on_tests(task: TestedTask, kinds: Sequence[str], runs: Sequence[TestRun]) -> Score:
    """The score, given what runs of these kinds said; those of a plan of which some were left out do, too."""
    for run in runs:
        if run.forged:
            return refused(Reason("forged-report", run.forged))
    right = [(kind, run) for kind, run in zip(kinds, runs) if kind in (AS_IT_IS, NEUTRAL)]
    # What the code as it is says comes first: on it a failure has nothing to do with the form.
    right.sort(key=lambda pair: pair[0] != AS_IT_IS)
    written = _judges(right[0][1])
    for kind, run in right:
        reason = _objection(kind, run, written)
        if reason is not None:
            return refused(reason)
    if not written:
        return refused(Reason("no-tests", "the files added or changed have no test that is not skipped"))
    noticed = tuple(
        _noticing(written, [run for kind, run in zip(kinds, runs) if kind == f"{MUTANT} {number}"])
        for number in range(len(task.mutants))
        if f"{MUTANT} {number}" in kinds
    )
    count, killed = len(noticed), sum(map(bool, noticed))
    share = killed / count if count else 0.0
    reasons = () if killed == count else (Reason("mutants-live", f"{count - killed} of {count}"),)
    resolved = bool(count) and share >= task.resolved_share
    return Score(round(share, 6), resolved, 1.0, share, share, reasons, {"mutants": share}, noticed)


def _objection(kind: str, run: TestRun, written: frozenset[str]) -> Reason | None:
    """What is wrong with a run on right code, if anything is."""
    code = "wrong-on-true-code" if kind == AS_IT_IS else "judges-the-text"
    if not run.whole:
        return Reason("timed-out" if run.timed_out else "ended-early", "a run on right code")
    if run.broken:
        return Reason(code, f"cannot be collected: {sorted(run.broken)[0]}")
    judges = _judges(run)
    if failed := sorted(judges - run.passed):
        return Reason(code, f"{len(failed)} of {len(written)}: {failed[0]}")
    if sometimes := sorted(judges ^ written):
        return Reason("wrong-on-true-code", f"not run or skipped each time: {sometimes[0]}")
    return None


def _judges(run: TestRun) -> frozenset[str]:
    """The tests that say something of the code."""
    return frozenset(run.results) - run.skipped_or_xfailed


def _noticing(written: frozenset[str], runs: Sequence[TestRun]) -> tuple[str, ...]:
    """The tests that notice a mutant each time that it is shown."""
    noticing = [frozenset() if run.broken else written - run.skipped_or_xfailed - run.passed for run in runs]
    return tuple(sorted(frozenset.intersection(*noticing))) if noticing else ()
