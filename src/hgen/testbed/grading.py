"""Grade predictions for tasks that are judged by running tests, in fresh sandboxes."""

from collections.abc import Sequence

from hgen.sandbox.base import Sandboxes
from hgen.sandbox.layout import StartState
from hgen.scoring.tested.jobs import Job
from hgen.scoring.tested.judge import judged
from hgen.scoring.tested.plan import GradingPlan, plan
from hgen.scoring.tested.report import TestRun
from hgen.scoring.tested.task import TestedTask
from hgen.scoring.verdicts import Refusal, Score, refused
from hgen.snapshots import Snapshot
from hgen.testbed.running import Drive


def grade(task: TestedTask, prediction: object, snapshot: Snapshot, sandboxes: Sandboxes) -> Score:
    """The score of a prediction, in one fresh sandbox of the task's environment.

    Raises ``SandboxError`` if the engine is at fault: then there is no verdict.
    """
    try:
        made = planned(task, prediction, snapshot)
    except Refusal as refusal:
        return refused(refusal.reason)

    def run(jobs: tuple[Job, ...]) -> Sequence[TestRun]:
        drive = Drive(jobs)
        with sandboxes.start(state_of(made, snapshot, drive)) as sandbox:
            return drive.run(sandbox)

    return judged(task, made, run)


def planned(task: TestedTask, prediction: object, snapshot: Snapshot) -> GradingPlan:
    """How a prediction is graded; raises ``Refusal`` if that needs no run."""
    return plan(task, prediction, snapshot)


def state_of(made: GradingPlan, snapshot: Snapshot, drive: Drive) -> StartState:
    """The tree in which a plan's jobs are run, and what drives them."""
    files = made.tree()
    executable = frozenset(path for path in snapshot if snapshot.is_executable(path) and path in files)
    return StartState(files, executable, snapshot.links, drive.files)
