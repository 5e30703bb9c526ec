"""Tests that somebody has written earn what they notice of behaviour, and nothing for what they know of code."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hgen.scoring import Refusal, Score
from hgen.scoring.start_state import start_state
from hgen.scoring.tested.jobs import Job
from hgen.scoring.tested.task import TestedTask
from hgen.scoring.tested.written.forms import Forms
from hgen.scoring.tested.written.runs import WrittenRuns, shown, written_runs
from hgen.scoring.tested.written.verdict import verdict_on_tests
from tests.testbed import world
from tests.testbed.bench_here import run, said_of, together
from tests.testbed.honest_tests import HONEST_TESTS
from tests.testbed.world import LIBRARY, MUTANTS, library, snapshot_files, start_files
from tests.testbed.written_attacks import COPIES, LOOKS

ENVIRONMENT: dict[str, Any] = {
    "path": ["."], "options": [], "generated": {}, "python": "3.11", "wheels": [], "editable": False,
}  # fmt: skip
TASK = TestedTask.of(world.task("test-gen", ENVIRONMENT))
START = start_files("test-gen")
JOB = Job(path=(".",))
Files = Mapping[str, bytes]


def looking(name: str, expected: str) -> dict[str, bytes]:
    text = f"from shop.pricing import total\n{LOOKS[name]}\n\ndef test_look():\n    assert look(total) == {expected}\n"
    return {"tests/test_total.py": text.encode()}


def on_plain_code(changes: Files) -> WrittenRuns:
    """As a naive grader would run them: on the true code and on each mutant, as they are."""
    job = replace(JOB, tests=tuple(path for path in changes if path.rpartition("/")[2].startswith("test_")))
    bodies = [library(), *(library(body) for body in MUTANTS)]
    jobs = tuple(replace(job, files={LIBRARY: body}) for body in bodies)
    return WrittenRuns(START, changes, jobs, ("true", *(f"mutant {number}" for number in range(len(MUTANTS)))))


def as_graded(changes: Files) -> WrittenRuns:
    return written_runs(TASK, patch(changes), snapshot_files(), JOB, random.SystemRandom())


def patch(changes: Files) -> str:
    return world.patch(START, dict(changes))


@pytest.fixture(scope="module")
def seen_on_true_code(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each look gives on the code as it is."""
    tree = tmp_path_factory.mktemp("true")
    for path, content in START.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    script = (
        "import json, sys\nsys.path.insert(0, '.')\nfrom shop.pricing import total\n"
        "found = {}\nfor name, text in json.load(sys.stdin).items():\n    space = {}\n    exec(text, space)\n"
        "    found[name] = repr(space['look'](total))\nprint(json.dumps(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(LOOKS), cwd=tree, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def judged(folder: Path, made: WrittenRuns, modules: Mapping[str, frozenset[str]]) -> dict[str, Score]:
    """The verdict on each answer, given the runs of all."""
    runs = run(folder, made, START)
    return {
        name: verdict_on_tests(TASK, made.kinds, [said_of(each, own) for each in runs]) for name, own in modules.items()
    }


@pytest.fixture(scope="module")
def naive(seen_on_true_code: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Score]:
    """What a naive grader says of all that is no honest test."""
    looks = {name: looking(name, expected) for name, expected in seen_on_true_code.items()}
    files, modules = together({**looks, **COPIES})
    return judged(tmp_path_factory.mktemp("naive"), on_plain_code(files), modules)


@pytest.fixture(scope="module")
def on_forms(seen_on_true_code: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Score]:
    """What is said of honest tests and of looks at the code when nobody asks what they hold."""
    looks = {name: looking(name, expected) for name, expected in seen_on_true_code.items()}
    files, modules = together({**looks, **HONEST_TESTS})
    start = start_state(snapshot_files(), TASK.setup_patch, "")
    made = shown(TASK, files, start, Forms(TASK, start), job=JOB, coin=random.Random(15))
    return judged(tmp_path_factory.mktemp("forms"), made, modules)


@pytest.mark.parametrize("name", HONEST_TESTS)
def test_honest_tests_earn_what_they_notice_in_whatever_style(name: str, on_forms: dict[str, Score]) -> None:
    assert as_graded(HONEST_TESTS[name]).kinds, "no screen refuses them"
    score = on_forms[name]
    assert score.resolved, score
    assert score.reward >= 0.75, score


@pytest.mark.parametrize("name", LOOKS)
def test_a_look_at_the_code_fools_a_naive_grader_and_finds_nothing_in_forms(
    name: str, naive: dict[str, Score], on_forms: dict[str, Score]
) -> None:
    assert naive[name].reward > 0, naive[name]
    score = on_forms[name]
    assert (score.reward, score.resolved) == (0.0, False), score


ALLOWED = {"the digest of all files of the library"}
"""Nothing in it says that it is about code."""


@pytest.mark.parametrize("name", [name for name in LOOKS if name not in ALLOWED])
def test_a_look_at_the_code_is_told_from_tests_before_anything_runs(
    name: str, seen_on_true_code: dict[str, str]
) -> None:
    with pytest.raises(Refusal) as refused:
        as_graded(looking(name, seen_on_true_code[name]))
    assert refused.value.reason.code == "reaches-for-code"


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_of_the_function_is_no_oracle(name: str, naive: dict[str, Score]) -> None:
    assert naive[name].resolved, naive[name]
    with pytest.raises(Refusal) as refused:
        as_graded(COPIES[name])
    assert refused.value.reason.code in ("copied-code", "reaches-for-code")
