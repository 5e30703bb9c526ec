"""Grade an answer on the spot by running tests: the plan, driver and verdict of the library, without its sandboxes.

What is run is laid out freshly from the answer file; of the agent's work only the contents that the plan allows come
into it. Where this process may change users, the tests run as one who can read neither it nor the answer file.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hgen.scoring.standalone import lay_out, other_user
from hgen.scoring.standalone.python_check import Someone, require
from hgen.scoring.tested import driver
from hgen.scoring.tested.judge import judged
from hgen.scoring.tested.plan import plan
from hgen.scoring.tested.task import TestedTask
from hgen.scoring.verdicts import NoVerdict, Refusal, Score, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hgen.scoring.standalone.answer_file import AnswerFile, Listing, TestRunning
    from hgen.scoring.standalone.start import Start
    from hgen.scoring.tested.jobs import Job
    from hgen.scoring.tested.plan import GradingPlan
    from hgen.scoring.tested.report import TestRun

_COMMIT = """git init --quiet --template= && git symbolic-ref HEAD refs/heads/main && git add --all --force \
&& git commit --quiet --message=Start"""
_GIT_SECONDS = 120.0
_WHO = "hgen", "hgen@localhost", "946684800 +0000"


def grade(
    answer: AnswerFile, start: Start, patch: str, *, python: str, secrets_in: Sequence[str], agent: Someone
) -> Score:
    """The verdict on a diff; ``secrets_in`` are the answer file and the snapshot's archive, which tests must not read.

    Raises ``NoVerdict`` or ``OSError`` if there can be none.
    """
    task, tests = answer.task, answer.tests
    assert isinstance(task, TestedTask)
    assert tests is not None
    try:
        made = plan(task, patch, start.snapshot)
    except Refusal as refusal:
        return refused(refusal.reason)
    require(python, task.environment, agent)
    os.umask(0o022)
    # What is laid out must be removed again, also if somebody loses patience.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    also = tuple(map(os.path.realpath, secrets_in))
    jobs = tuple(replace(job, hidden=(*job.hidden, *also)) if job.guard else job for job in made.jobs)
    made = replace(made, jobs=jobs)
    other_user.harden()
    with other_user.free_user(taken=agent.user) as user:
        _hide(secrets_in, user)
        return judged(task, made, lambda jobs: _run(answer.listing, tests, made, jobs, python=python, user=user))


def _hide(files: Sequence[str], user: int | None) -> None:
    """Keep the answer from others, and say so where that cannot be done.

    A file with several names, such as an archive that a store of snapshots shares with its exports, stays as it is for
    the other names; under this one there is then a copy of its own.
    """
    if user is None:
        sys.stderr.write(
            "grader: this process may not change users, so the tests run as its own: what keeps the answer's code from "
            "the answer file and from other processes of this user is screening and a guard only\n"
        )
        return
    for file in files:
        if Path(file).stat().st_mode & 0o077:
            try:
                _make_private(Path(os.path.realpath(file)))
            except OSError as error:
                why = f"can be read by others, and that cannot be changed: {error.strerror}"
                sys.stderr.write(f"grader: {file} {why}\n")


def _make_private(file: Path) -> None:
    if file.stat().st_nlink == 1:
        file.chmod(0o600)
        return
    # Only its user may read what is made so.
    descriptor, copy = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(descriptor, "wb") as written, file.open("rb") as content:
            shutil.copyfileobj(content, written)
        Path(copy).replace(file)
    except OSError:
        Path(copy).unlink()
        raise


def _run(
    listing: Listing, tests: TestRunning, made: GradingPlan, jobs: Sequence[Job], *, python: str, user: int | None
) -> tuple[TestRun, ...]:
    files = made.tree()
    key = secrets.token_bytes(32)
    with lay_out.folders(tests.place, user) as (tree, job, scratch):
        lay_out.lay(tree, files, executable=frozenset(listing.executable), links=dict(listing.links), owner=user)
        packed = driver.packed(tests.driver, jobs, key)
        lay_out.lay(job, {driver.ARCHIVE: packed}, executable=(), links={}, owner=user)
        job.chmod(0o700)
        environment = _minimum(python, tree, scratch)
        _commit(tree, environment, user)
        done = other_user.run(
            driver.command(python, str(job / driver.ARCHIVE)), user=user, folder=str(tree),
            environment={**environment, **driver.ENVIRONMENT}, seconds=driver.seconds(jobs),
        )  # fmt: skip
    if done.ended == "exited" and done.exit_code and not done.stdout:
        said = done.stderr.decode(errors="replace").strip()[-500:]
        raise NoVerdict(f"the test driver does not start (status {done.exit_code}): {said}")
    return driver.reported(done.stdout, done.stderr, f"{done.ended} {done.exit_code}", key, jobs)


def _minimum(python: str, tree: Path, scratch: Path) -> dict[str, str]:
    """The environment of all commands, as in hgen's sandboxes: nothing of ours."""
    return {
        "PATH": f"{Path(python).parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "PWD": str(tree),
    }


def _commit(tree: Path, environment: dict[str, str], user: int | None) -> None:
    """Make a tree a repository of one commit, as in hgen's sandboxes; where there is no git, tests get none."""
    name, address, date = _WHO
    who = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", name), ("EMAIL", address), ("DATE", date))
    }
    settings = {"core.compression": "1", "core.fsync": "none", "core.logAllRefUpdates": "false", "gc.auto": "0"}
    given = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (setting, value) in enumerate(settings.items()):
        given |= {f"GIT_CONFIG_KEY_{number}": setting, f"GIT_CONFIG_VALUE_{number}": value}
    # Before any code of the repository runs; its attributes name filters, but no configuration defines any.
    other_user.run(
        ["/bin/sh", "-c", _COMMIT], user=user, folder=str(tree), environment={**environment, **who, **given},
        seconds=_GIT_SECONDS,
    )  # fmt: skip
