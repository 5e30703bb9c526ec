"""Jobs for the driver that runs pytest: how they are packed for it, started, and judged once it has reported.

The driver is ``hgen.testbed.inside``; where it runs is the caller's business.
"""

from __future__ import annotations

import io
import json
import random
import zipfile
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hgen.scoring.executable import verdict
from hgen.scoring.testruns import read_report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hgen.scoring.executable import Plan
    from hgen.scoring.testruns import TestRun
    from hgen.scoring.verdicts import Score

ARCHIVE = "driver.zip"
"""What the packed driver is called; the folder that it lies in is its own, and it deletes it."""

ENVIRONMENT = {"PYTHONHASHSEED": "0"}
"""Hash order is decided too: a verdict must not depend on it."""

_START = "import sys; sys.path[0] = {!r}; from inside.main import main; main()"
_STARTUP_SECONDS = 20.0
"""What starting Python and pytest may take on a busy machine, beside the runs themselves."""


@dataclass(frozen=True)
class Job:
    """One run of pytest, in a process of its own."""

    tests: tuple[str, ...] | None = None
    """Node ids, or files of which all tests are wanted; None for all that the repository has."""
    without: tuple[str, ...] = ()
    """Node ids without parameters that are left out."""
    mode: str = "run"
    """``run``, or ``collect`` to only find the tests."""
    path: tuple[str, ...] = ()
    """As ``Environment.path``."""
    options: tuple[str, ...] = ()
    shuffle: int | None = None
    """A seed, to run the files, and the tests of each, in another order."""
    apart: bool = False
    """Whether each test runs in a process of its own, forked when all are collected."""
    trace: bool = False
    """With ``apart``, whether to report which functions each test executes."""
    each: float = 60.0
    """Seconds that a test may take."""
    seconds: float = 600.0
    """Seconds that the whole run may take."""
    cpu: float = 0.0
    """Seconds that the run's own process may compute; 0 for as many as it likes."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Text files that lie in the tree during this run only, by path."""
    canaries: int = 0
    """How many tests that must fail are put among the others."""
    guard: bool = False
    """Whether to note what answers must not do."""
    watched: tuple[str, ...] = ()
    """For the guard: the files that the answer changed."""
    hidden: tuple[str, ...] = ()
    """For the guard: the files that the answer's code must not read, in the tree or by absolute paths."""


def judged(task: Mapping[str, object], made: Plan, drive: Callable[[tuple[Job, ...]], Sequence[TestRun]]) -> Score:
    """The verdict on a plan whose jobs are done by ``drive``, which says what each of them did, in their order."""
    # In no order that written tests could foresee: they must not tell a mutant by how often they have been run.
    order = random.SystemRandom().sample(range(len(made.runs)), len(made.runs))
    runs = dict(zip(order, drive(tuple(Job(**made.runs[place]) for place in order))))
    return verdict(task, made, [runs[place] for place in range(len(made.runs))])


def packed(driver: Mapping[str, bytes], jobs: Sequence[Job], key: bytes) -> bytes:
    """One archive of the driver's modules and what they are to do; the same arguments give the same bytes."""
    job = {"key": key.hex(), "runs": [_row(job) for job in jobs]}
    return _archive({**driver, "job.json": json.dumps(job).encode()})


def command(python: str, archive: str) -> list[str]:
    """What starts a packed driver, in the tree."""
    return [python, "-s", "-c", _START.format(archive)]


def seconds(jobs: Sequence[Job]) -> float:
    """The time limit of all jobs together."""
    return sum(job.seconds for job in jobs) + _STARTUP_SECONDS


def reported(stdout: bytes, stderr: bytes, ended: str, key: bytes, jobs: Sequence[Job]) -> tuple[TestRun, ...]:
    """What each job did, given all that the driver said; ``ended`` tells how its process ended, for people.

    Whatever the repository's code does is in the result: a run that was not begun, because the driver died, is not
    ``whole``.
    """
    note = f"{ended}: {stderr.decode(errors='replace').strip()[-500:]}"
    runs = read_report(stdout, key, len(jobs))
    return tuple(run if run.exit_code is not None else replace(run, log=run.log or note) for run in runs)


def _archive(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as members:
        for path, content in sorted(files.items()):
            members.writestr(zipfile.ZipInfo(path), content)
    return made.getvalue()


def _row(job: Job) -> dict[str, object]:
    files = {path: content.decode("utf-8", "surrogateescape") for path, content in job.files.items()}
    return {**vars(job), "files": files}
