"""Prove a task in a container, laid out as an agent will meet it and judged by the grader that travels."""

from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

from hgen.config import ValidateConfig
from hgen.errors import Skip
from hgen.export.grader import answer_file, grader_source, travels
from hgen.records import Task
from hgen.sandbox.check import check_start_state
from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState
from hgen.sandbox.opening import open_sandboxes
from hgen.scoring.start_state import committed_state
from hgen.snapshots import Store


def prove(task: Task, *, config: ValidateConfig, store: Path) -> str:
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
    proof = check_start_state(_sandboxes(config), state, task.patch, grader=_grader(), answer=answer)
    if not proof.passed:
        raise Skip("sandbox", proof.evidence)
    return proof.evidence


@cache
def _sandboxes(config: ValidateConfig) -> Containers:
    """One connection per worker, closed with it: opening probes the engine's limits."""
    opened = open_sandboxes("auto" if config.sandbox == "none" else config.sandbox, base=config.base_image)
    Finalize(None, opened.close, exitpriority=10)
    return opened


@cache
def _grader() -> str:
    return grader_source()
