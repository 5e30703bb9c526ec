"""Prove tasks that are judged by running tests, in containers with the environments of their repositories."""

from collections.abc import Mapping
from pathlib import Path

from hgen.engines import OpenEngine
from hgen.errors import Skip
from hgen.families.base import Answer, Tests
from hgen.records import Check, Task
from hgen.scoring.tested.task import TestedTask
from hgen.snapshots import Store
from hgen.soundness.by_tests import prove


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
        proof = prove(asked, start, snapshot, sandboxes, probes=probes, lazy=lazy)
    for name, score in proof.probes.items():
        if score.resolved:
            raise Skip("probe", f"the cheat {name} is a full success")
    seen = ", ".join(f"{name} {score.reward:.2f}" for name, score in proof.probes.items())
    checks = [
        Check(name="gold", passed=True, evidence=proof.gold),
        Check(name="start-fails", passed=True, evidence=proof.start),
        Check(name="probes", passed=True, evidence=seen),
    ]
    return checks, {name: score.resolved for name, score in proof.lazy.items()}
