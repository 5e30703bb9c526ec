"""Run a repository's tests in a sandbox with the driver, and read what it reports."""

import io
import json
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

from hgen.errors import SandboxError
from hgen.sandbox.base import Sandbox
from hgen.sandbox.layout import JOB
from hgen.scoring.testruns import TestRun, read_report

PYTHON = "/opt/venv/bin/python"
_ARCHIVE = "driver.zip"
_START = f"import sys; sys.path[0] = '{JOB / _ARCHIVE}'; from inside.main import main; main()"
_BESIDE = 20.0
"""Seconds that all runs of a job may need beside their own: the start of Python and of pytest, on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run of pytest, in a process of its own."""

    tests: tuple[str, ...] | None = None
    """Node ids, or files of which all tests are wanted; None for all that the repository has."""
    without: tuple[str, ...] = ()
    """Node ids without parameters that are left out."""
    mode: Literal["run", "collect"] = "run"
    path: tuple[str, ...] = ()
    """As ``Environment.path``."""
    options: tuple[str, ...] = ()
    shuffle: int | None = None
    """A seed, to run the files, and the tests of each, in another order."""
    apart: bool = False
    """Whether each test runs in a process of its own, forked when all are collected."""
    trace: bool = False
    """Whether to report which functions each test executes."""
    each: float = 60.0
    """Seconds that a test may take."""
    seconds: float = 600.0
    """Seconds that the whole run may take."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Text files that lie in the tree during this run only, by path."""
    canaries: int = 0
    """How many tests that must fail are put among the others."""
    guard: bool = False
    """Whether to note what answers must not do."""
    watched: tuple[str, ...] = ()
    """For the guard: the files that the answer changed."""
    hidden: tuple[str, ...] = ()
    """For the guard: the files that the answer's code must not read."""


@dataclass(frozen=True)
class Drive:
    """Jobs ready to be laid out: with a start state, as its ``job``, so that nothing else must be copied in."""

    jobs: tuple[Job, ...]
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def files(self) -> dict[str, bytes]:
        """What lies in the job's folder: one archive of the driver and what it is to do."""
        job = {"key": self.key.hex(), "runs": [_row(job) for job in self.jobs]}
        return {_ARCHIVE: archive({**driver(), "job.json": json.dumps(job).encode()})}

    def run(self, sandbox: Sandbox) -> tuple[TestRun, ...]:
        """Run jobs that were laid out with the sandbox's start state; once."""
        limit = sum(job.seconds for job in self.jobs) + _BESIDE
        # Hash order is decided too: a verdict must not depend on it.
        done = sandbox.exec([PYTHON, "-s", "-c", _START], timeout=limit, env={"PYTHONHASHSEED": "0"})
        said = done.stderr.decode(errors="replace").strip()[-500:]
        if done.ended == "exited" and not done.ok and not done.stdout:
            # The first line comes before any code of the repository has run.
            raise SandboxError(f"the test driver does not start (status {done.exit_code}): {said}")
        runs = read_report(done.stdout, self.key, len(self.jobs))
        note = f"{done.ended} {done.exit_code}: {said}"
        return tuple(run if run.exit_code is not None else replace(run, log=run.log or note) for run in runs)


def run_jobs(sandbox: Sandbox, jobs: Sequence[Job]) -> tuple[TestRun, ...]:
    """Run pytest once for each job, one after the other, each in a fresh process of one command in the sandbox.

    Whatever the repository's code does is in the result: a run that was not begun, because the sandbox died, is not
    ``whole``. Raises ``SandboxError`` if the engine is at fault.
    """
    drive = Drive(tuple(jobs))
    for path, content in drive.files.items():
        sandbox.write_file(JOB / path, content)
    return drive.run(sandbox)


def run_tests(sandbox: Sandbox, job: Job) -> TestRun:
    """Run pytest once; see ``run_jobs``."""
    return run_jobs(sandbox, [job])[0]


@cache
def driver() -> dict[str, bytes]:
    """The driver's modules, by their path in the archive."""
    folder = Path(__file__).parent / "inside"
    return {f"inside/{file.name}": file.read_bytes() for file in sorted(folder.glob("*.py"))}


def archive(files: Mapping[str, bytes]) -> bytes:
    """A zip archive from which Python imports; the same files give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as members:
        for path, content in sorted(files.items()):
            members.writestr(zipfile.ZipInfo(path), content)
    return packed.getvalue()


def _row(job: Job) -> dict[str, object]:
    files = {path: content.decode("utf-8", "surrogateescape") for path, content in job.files.items()}
    return {**vars(job), "files": files}
