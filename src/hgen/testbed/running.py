"""Run a repository's tests in a sandbox with the driver, and read what it reports."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from hgen.errors import SandboxError
from hgen.sandbox.base import Sandbox
from hgen.sandbox.layout import JOB
from hgen.scoring.tested.driver import ARCHIVE, ENVIRONMENT, command, packed, reported, seconds
from hgen.scoring.tested.jobs import Job
from hgen.scoring.tested.report import TestRun

PYTHON = "/opt/venv/bin/python"


@dataclass(frozen=True)
class Drive:
    """Jobs ready to be laid out: with a start state, as its ``job``, so that nothing else must be copied in."""

    jobs: tuple[Job, ...]
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def files(self) -> dict[str, bytes]:
        """What lies in the job's folder: one archive of the driver and what it is to do."""
        return {ARCHIVE: packed(driver(), self.jobs, self.key)}

    def run(self, sandbox: Sandbox) -> tuple[TestRun, ...]:
        """Run jobs that were laid out with the sandbox's start state; once."""
        argv = command(PYTHON, str(JOB / ARCHIVE))
        done = sandbox.exec(argv, timeout=seconds(self.jobs), env=ENVIRONMENT)
        if done.ended == "exited" and not done.ok and not done.stdout:
            # The first line comes before any code of the repository has run.
            said = done.stderr.decode(errors="replace").strip()[-500:]
            raise SandboxError(f"the test driver does not start (status {done.exit_code}): {said}")
        return reported(done.stdout, done.stderr, f"{done.ended} {done.exit_code}", self.key, self.jobs)


def run_jobs(sandbox: Sandbox, jobs: Sequence[Job]) -> tuple[TestRun, ...]:
    """Run pytest once for each job, one after the other, each in a fresh process of one command in the sandbox.

    Whatever the repository's code does is in the result: a run that was not begun, because the sandbox died, is not
    ``whole``. Raises ``SandboxError`` if the engine is at fault.
    """
    drive = Drive(tuple(jobs))
    for path, content in drive.files.items():
        sandbox.write_file(JOB / path, content)
    return drive.run(sandbox)


@cache
def driver() -> dict[str, bytes]:
    """The driver's modules, by their path in the archive."""
    folder = Path(__file__).parent / "driver"
    return {f"hgen_driver/{file.name}": file.read_bytes() for file in sorted(folder.glob("*.py"))}
