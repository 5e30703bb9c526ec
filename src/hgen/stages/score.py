"""The stage ``score``: a prediction beside its task becomes a verdict."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from hgen.config import SandboxConfig
from hgen.predictions.grading import graded, verdict_on
from hgen.records import Reject, Scored, Submission
from hgen.runner import Stage, name_of
from hgen.scoring import UNGRADABLE


def stage(store: Path, sandbox: SandboxConfig, cache_folder: Path) -> Stage:
    """The stage, ready for the runner; ``store`` holds the tasks' snapshots."""
    fingerprint = hashlib.sha256(sandbox.fingerprint().encode()).hexdigest()
    apply = partial(score, store=store, sandbox=sandbox, cache_folder=cache_folder)
    return Stage("score", "predictions", Submission, Scored, apply, fingerprint)


def score(
    submission: Submission, *, store: Path, sandbox: SandboxConfig, cache_folder: Path
) -> Iterator[Scored | Reject]:
    """The verdict; where there is none, a row without a reward and a reject that says why."""
    task, prediction = submission.task, submission.prediction
    verdict = graded(task, prediction.model_patch, store=store, sandbox=sandbox, cache_folder=cache_folder)
    faults = [reason for reason in verdict.reasons if reason.code in UNGRADABLE]
    yield Scored(
        instance_id=prediction.instance_id,
        family=str(task["family"]),
        model_name_or_path=prediction.model_name_or_path,
        row=prediction.row,
        origin=prediction.origin,
        **verdict_on(verdict),
    )
    for fault in faults:
        yield Reject(source=name_of(submission), reason=fault.code, detail=fault.detail)
