"""Grade predictions of the executable families in fresh sandboxes."""

from collections.abc import Mapping, Sequence
from typing import Any

from hgen.sandbox.base import Sandboxes
from hgen.sandbox.layout import StartState
from hgen.scoring.tested.driver import Job, judged
from hgen.scoring.tested.plan import Plan, plan, tree_of
from hgen.scoring.tested.report import TestRun
from hgen.scoring.verdicts import Refusal, Score, refused
from hgen.snapshots import Snapshot
from hgen.testbed.neutral import neutral_files
from hgen.testbed.running import Drive


def grade(task: Mapping[str, Any], prediction: object, snapshot: Snapshot, sandboxes: Sandboxes) -> Score:
    """The score of a prediction, in one fresh sandbox of the task's environment.

    ``task`` is the task's JSON row. Raises ``SandboxError`` if the engine is at fault: then there is no verdict.
    """
    try:
        made = planned(task, prediction, snapshot)
    except Refusal as refusal:
        return refused(refusal.reason)

    def run(jobs: tuple[Job, ...]) -> Sequence[TestRun]:
        drive = Drive(jobs)
        with sandboxes.start(state_of(task, made, snapshot, drive)) as sandbox:
            return drive.run(sandbox)

    return judged(task, made, run)


def planned(task: Mapping[str, Any], prediction: object, snapshot: Snapshot) -> Plan:
    """How a prediction is graded; raises ``Refusal`` if that needs no run."""
    return plan(task, prediction, snapshot, neutral=neutral_files(task, snapshot))


def state_of(task: Mapping[str, Any], made: Plan, snapshot: Snapshot, drive: Drive) -> StartState:
    """The tree in which a plan's runs are made, and what drives them."""
    files = tree_of(task, made, snapshot)
    executable = frozenset(path for path in snapshot if snapshot.is_executable(path) and path in files)
    return StartState(files, executable, snapshot.links, drive.files)
