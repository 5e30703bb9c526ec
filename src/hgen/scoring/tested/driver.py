"""The driver that runs pytest, seen from outside: how jobs are packed for it, how it is started, what it reported.

The driver is ``hgen.testbed.driver``; where it runs is the caller's business.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from hgen.scoring.tested.report import read_report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hgen.scoring.tested.jobs import Job
    from hgen.scoring.tested.report import TestRun

ARCHIVE = "driver.zip"
"""What the packed driver is called; the folder that it lies in is its own, and it deletes it."""

ENVIRONMENT = {"PYTHONHASHSEED": "0"}
"""Hash order is decided too: a verdict must not depend on it."""

_START = "import sys; sys.path[0] = {!r}; from hgen_driver.main import main; main()"
_STARTUP_SECONDS = 20.0
"""What starting Python and pytest may take, on a busy machine, beyond the time of the runs themselves."""


def packed(driver: Mapping[str, bytes], jobs: Sequence[Job], key: bytes) -> bytes:
    """One archive of the driver's modules and what they are to do; the same arguments give the same bytes."""
    job = {"key": key.hex(), "runs": [job.row() for job in jobs]}
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
