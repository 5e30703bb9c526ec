"""Grade an answer on the spot by running tests: the plan, driver and verdict of the library, without its sandboxes.

What is run is laid out freshly from the answer file; of the agent's work only the contents that the plan allows come
into it. Where this process may change users, the tests run as one who can read neither it nor the answer file.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hgen.scoring.standalone import lay_out, other_user, worktree
from hgen.scoring.standalone.python_check import Someone, require
from hgen.scoring.start_state import start_state
from hgen.scoring.tested import driver
from hgen.scoring.tested.judge import judged
from hgen.scoring.tested.plan import plan
from hgen.scoring.verdicts import NoVerdict, Refusal, Score, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hgen.scoring.standalone.tested_answer_file import TestedAnswer
    from hgen.scoring.tested.jobs import Job
    from hgen.scoring.tested.plan import GradingPlan
    from hgen.scoring.tested.report import TestRun

_COMMIT = """git init --quiet --template= && git symbolic-ref HEAD refs/heads/main && git add --all --force \
&& git commit --quiet --message=Start"""
_GIT_SECONDS = 120.0
_WHO = "hgen", "hgen@localhost", "946684800 +0000"


def tree_diff(answer: TestedAnswer, root: str) -> str:
    """What an agent made of the tree, as a diff that can be graded; raises ``Refusal`` for what is none."""
    task = answer.task
    start = start_state(answer.snapshot, task.setup_patch, task.candidate_patch)
    return worktree.prediction(
        root,
        {path: start[path] for path in start},
        answer.links,
        aside=task.environment.generated,
        added=task.graded_by == "mutants",
    )


def grade(answer: TestedAnswer, patch: str, *, python: str, secret: str, agent: Someone) -> Score:
    """The verdict on a diff; ``secret`` is the answer file, which tests must not read.

    Raises ``NoVerdict`` or ``OSError`` if there can be none.
    """
    try:
        made = plan(answer.task, patch, answer.snapshot, neutral=answer.neutral)
    except Refusal as refusal:
        return refused(refusal.reason)
    require(python, answer.task.environment, agent)
    os.umask(0o022)
    # What is laid out must be removed again, also if somebody loses patience.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    also = os.path.realpath(secret)
    jobs = tuple(replace(job, hidden=(*job.hidden, also)) if job.guard else job for job in made.jobs)
    made = replace(made, jobs=jobs)
    other_user.harden()
    with other_user.free_user(taken=agent.user) as user:
        _hide(secret, user)
        return judged(answer.task, made, lambda jobs: _run(answer, made, jobs, python=python, user=user))


def _hide(secret: str, user: int | None) -> None:
    """Keep the answer file from others, and say so where that cannot be done."""
    if user is None:
        sys.stderr.write(
            "grader: this process may not change users, so the tests run as its own: what keeps the answer's code from "
            "the answer file and from other processes of this user is screening and a guard only\n"
        )
    elif Path(secret).stat().st_mode & 0o077:
        try:
            Path(secret).chmod(0o600)
        except OSError as error:
            sys.stderr.write(f"grader: {secret} can be read by others, and that cannot be changed: {error.strerror}\n")


def _run(
    answer: TestedAnswer, made: GradingPlan, jobs: Sequence[Job], *, python: str, user: int | None
) -> tuple[TestRun, ...]:
    files = made.tree()
    key = secrets.token_bytes(32)
    with lay_out.folders(answer.place, user) as (tree, job, scratch):
        lay_out.lay(tree, files, executable=answer.executable, links=answer.links, owner=user)
        packed = driver.packed(answer.driver, jobs, key)
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
