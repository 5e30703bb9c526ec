"""Written tests run on this machine with the Python of these tests: many answers at once, each judged by itself."""

import os
import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hgen.scoring.tested.driver import ARCHIVE, command, reported
from hgen.scoring.tested.report import TestRun
from hgen.scoring.tested.written.runs import WrittenRuns, secret_order
from hgen.testbed.running import Drive


def together(answers: Mapping[str, Mapping[str, bytes]]) -> tuple[dict[str, bytes], dict[str, frozenset[str]]]:
    """The files of all answers, each with a test module of its own, and by answer the test modules."""
    files: dict[str, bytes] = {}
    modules: dict[str, frozenset[str]] = {}
    for number, (name, changes) in enumerate(answers.items()):
        own = {path.replace("test_total.py", f"test_total_{number}.py"): content for path, content in changes.items()}
        files |= own
        modules[name] = frozenset(path for path in own if path.rpartition("/")[2].startswith("test_"))
    return files, modules


def said_of(run: TestRun, modules: frozenset[str]) -> TestRun:
    """What a run said of some test modules."""
    results = {test: result for test, result in run.results.items() if test.partition("::")[0] in modules}
    return replace(run, results=results, broken={name: why for name, why in run.broken.items() if name in modules})


def run(folder: Path, made: WrittenRuns, files: Mapping[str, bytes]) -> list[TestRun]:
    """Make runs in a secret order over some files, which are a repository of one commit; they are given in theirs."""
    tree, place, temporary = (folder / name for name in ("tree", "job", "temporary"))
    for each in (tree, place, temporary):
        each.mkdir()
    order = secret_order(made.kinds, random.SystemRandom())
    jobs = [replace(job, each=20.0, files={**made.overlay, **job.files}) for job in made.jobs]
    drive = Drive(tuple(jobs[number] for number in order))
    for root, contents in ((tree, files), (place, drive.files)):
        for path, content in contents.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PYTEST", "COVERAGE", "GIT_"))}
    environment = {
        **kept, "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0",
    }  # fmt: skip
    who = ["-c", "user.name=hgen", "-c", "user.email=hgen@localhost"]
    for arguments in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "Start"]):
        subprocess.run(["git", *arguments], cwd=tree, check=True, env=environment)
    argv = command(sys.executable, str(place / ARCHIVE))
    done = subprocess.run(argv, cwd=tree, capture_output=True, check=False, env=environment)
    runs = reported(done.stdout, done.stderr, f"exited {done.returncode}", drive.key, drive.jobs)
    return [run for _, run in sorted(zip(order, runs, strict=True), key=lambda pair: pair[0])]
