"""Prove a task in a container, laid out as an agent will meet it and judged by the grader that travels."""

from functools import cache
from pathlib import Path

from hgen.errors import Skip
from hgen.grader import answer_file, grader_source, travels
from hgen.records import Check, Task
from hgen.sandbox.base import Sandboxes
from hgen.sandbox.layout import StartState
from hgen.scoring.start_state import committed_state
from hgen.snapshots import Store
from hgen.soundness.layout_check import check_start_state


def prove_laid_out(task: Task, *, sandboxes: Sandboxes, store: Path) -> Check:
    """What was seen when the gold patch and the untouched tree were graded in a fresh sandbox.

    Raises ``Skip("sandbox")`` if the task does not hold there, ``SandboxError`` if the engine is at fault.
    """
    with Store(store).open(task.snapshot) as snapshot:
        start = committed_state(snapshot, task.setup_patch)
        state = StartState(
            files={file: start[file] for file in start},
            executable=frozenset(file for file in snapshot if snapshot.is_executable(file)),
            links=snapshot.links,
        )
        answer = answer_file(task, snapshot) if travels(task) else None
    archive = Store(store).archive(task.snapshot).read_bytes()
    proof = check_start_state(sandboxes, state, task.patch, grader=_grader(), answer=answer, snapshot=archive)
    if not proof.passed:
        raise Skip("sandbox", proof.evidence)
    return Check(name="sandbox", passed=True, evidence=proof.evidence)


@cache
def _grader() -> str:
    return grader_source()
