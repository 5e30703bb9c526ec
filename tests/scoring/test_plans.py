"""The grader that travels plans how tests judge an answer as the library does, on any Python from 3.9 on."""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from hgen.grader import grader_source
from hgen.records import Environment
from hgen.scoring.standalone.answer_file import AnswerFile, pack, unpack
from hgen.scoring.standalone.main import tree_diff
from hgen.scoring.standalone.start import Start
from hgen.scoring.standalone.trees import FolderTree
from hgen.scoring.tested.plan import plan
from hgen.scoring.tested.task import TestedTask
from hgen.scoring.verdicts import Refusal
from hgen.snapshots import Snapshot
from tests.scoring.packing import answer_for, archived
from tests.scoring.test_grader import interpreters, write
from tests.testbed import world
from tests.testbed.test_cheats import CHEATS
from tests.testbed.test_grading import HONEST, PERCENT, SUM, UNFIT, written
from tests.testbed.world import BODY, LIBRARY, MUTANTS, TESTS, library, snapshot_files, start_files

RUN = Path(__file__).with_name("run_plans.py")
ENVIRONMENT = {
    "path": ["."], "options": [], "generated": {"shop/_version.py": "version = '1'\n"}, "python": "3.11", "wheels": [],
    "editable": False,
}  # fmt: skip

Changes = dict[str, bytes | None]

ANSWERS: list[tuple[str, Changes, str | None]] = [
    *(("func-gen", changes, None) for changes in CHEATS.values()),
    *(("func-gen", {LIBRARY: library(body)}, None) for body in HONEST.values()),
    ("func-gen", {LIBRARY: None}, None),
    ("func-gen", {LIBRARY: b"def total(:\n"}, None),
    ("func-gen", {LIBRARY: library().replace(b"\n", b"\r\n")}, None),
    ("func-gen", {LIBRARY: library() + b"# \xff\n"}, None),
    ("func-gen", {LIBRARY: library()[:-1]}, None),
    ("verify-repair", {LIBRARY: library()}, MUTANTS[1]),
    ("verify-repair", {}, MUTANTS[1]),
    ("verify-repair", {}, BODY),
    ("verify-repair", {LIBRARY: library(MUTANTS[1])}, BODY),
    ("test-gen", written(SUM, PERCENT), None),
    ("test-gen", {"tests/data.bin": bytes(range(1, 256)), **written(SUM)}, None),
    *(("test-gen", changes, None) for changes, _ in UNFIT.values()),
]


@dataclass(frozen=True)
class Asked:
    """A task, and the snapshot that it starts from."""

    answer: AnswerFile
    snapshot: Snapshot

    @property
    def start(self) -> Start:
        return Start(self.snapshot, frozenset())

    def tree_diff(self, tree: Path) -> str:
        return tree_diff(self.answer, self.start, FolderTree(str(tree)))


def asked(folder: Path, family: str, candidate: str | None = None) -> Asked:
    snapshot = archived(folder / "store", snapshot_files())
    return Asked(answer_for(world.task(family, ENVIRONMENT, candidate), snapshot), snapshot)


def met(family: str, candidate: str | None) -> dict[str, bytes]:
    start = start_files(family)
    return start if candidate is None else start | {LIBRARY: library(candidate)}


def planned(asked: Asked, patch: str) -> list[Any]:
    task, tests = asked.answer.task, asked.answer.tests
    assert isinstance(task, TestedTask)
    assert tests is not None
    try:
        made = plan(task, patch, asked.snapshot, coin=random.Random(7))
    except Refusal as refusal:
        return ["refused", refusal.reason.code]
    tree = made.tree()
    digests = sorted([path, hashlib.sha256(content).hexdigest()] for path, content in tree.items())
    runs = [{**vars(job), "files": repr(job.files)} for job in made.jobs]
    return json.loads(json.dumps(["planned", digests, runs, made.kinds]))


@pytest.mark.parametrize("python", interpreters())
def test_a_diff_and_a_tree_lead_to_the_librarys_plan(python: str, tmp_path: Path) -> None:
    grader = tmp_path / "grader.py"
    grader.write_text(grader_source(), encoding="utf-8")
    rows, expected = [], []
    for number, (family, changes, candidate) in enumerate(ANSWERS):
        one, start = asked(tmp_path, family, candidate), met(family, candidate)
        given, patch = {"answer": pack(one.answer).decode(), "start": one.snapshot.name}, world.patch(start, changes)
        rows.append({**given, "patch": patch})
        expected.append(planned(one, patch))
        tree = tmp_path / str(number)
        write(tree, {path: content for path, content in {**start, **changes}.items() if content is not None})
        write(tree, {".git/config": b"[core]\n", "shop/__pycache__/x.pyc": b"\0", "shop/_version.py": b"agents()"})
        rows.append({**given, "tree": str(tree)})
        expected.append(expected[-1])
    cases = tmp_path / "cases.jsonl"
    cases.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = subprocess.run([python, "-I", "-S", RUN, grader, cases], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(expected)
    for row, wanted, case in zip(found, expected, [one for one in ANSWERS for _ in "dt"], strict=True):
        assert row == wanted, case


# Tests would be run by a user who, on a developer's machine, may not even reach the Python; these are written here.
AS_ONESELF = ["setpriv", "--bounding-set", "-setuid"] if os.geteuid() == 0 else []


@pytest.mark.skipif(sys.platform != "linux" or bool(AS_ONESELF and not shutil.which("setpriv")), reason="needs setpriv")
@pytest.mark.parametrize("python", interpreters())
def test_answers_are_judged_by_tests_on_any_python(python: str, tmp_path: Path) -> None:
    (tmp_path / "grader.py").write_text(grader_source(), encoding="utf-8")
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    for family, changes, reward in (
        ("func-gen", {LIBRARY: library()}, 1.0),
        ("func-gen", {LIBRARY: library(MUTANTS[0])}, 0.0),
        ("test-gen", written(SUM, PERCENT), 0.75),
    ):
        one = asked(tmp_path, family)
        task = one.answer.task
        assert isinstance(task, TestedTask)
        task = replace(task, environment=replace(task.environment, python=here))
        (tmp_path / "answer.json").write_bytes(pack(replace(one.answer, task=task)))
        (tmp_path / "answer.diff").write_text(world.patch(met(family, None), changes), encoding="utf-8")
        argv = [*AS_ONESELF, python, "grader.py", "--answer", "answer.json", "--diff", "answer.diff"]
        argv += ["--start", one.snapshot.name]
        argv += ["--python", str(Path(sys.prefix, "bin/python"))]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["reward"] == reward, done.stdout
        assert "may not change users" in done.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path / "tree", met("func-gen", None))
    return tmp_path / "tree"


def test_links_pipes_and_what_cannot_be_read_are_gone(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.py").write_bytes(library())
    (tree / LIBRARY).unlink()
    (tree / LIBRARY).symlink_to(tmp_path / "elsewhere.py")
    one = asked(tmp_path, "func-gen")
    assert planned(one, one.tree_diff(tree)) == ["refused", "file-deleted"]
    (tree / LIBRARY).unlink()
    os.mkfifo(tree / LIBRARY)
    assert planned(one, one.tree_diff(tree)) == ["refused", "file-deleted"]
    (tree / LIBRARY).unlink()
    (tree / "shop/__init__.py").unlink()
    (tree / "shop").rmdir()
    write(tmp_path / "elsewhere", {"pricing.py": library(), "__init__.py": b""})
    (tree / "shop").symlink_to(tmp_path / "elsewhere")
    assert planned(one, one.tree_diff(tree)) == ["refused", "file-deleted"]


def test_beside_written_tests_nothing_but_files_may_be_added(tmp_path: Path) -> None:
    one = asked(tmp_path, "test-gen")
    tree = tmp_path / "tree"
    write(tree, met("test-gen", None))
    (tree / "tests/test_link.py").symlink_to(tree / TESTS)
    assert planned(one, one.tree_diff(tree)) == ["refused", "mode-changed"]


def test_a_huge_file_is_refused_unread(tree: Path, tmp_path: Path) -> None:
    with (tree / LIBRARY).open("r+b") as file:
        file.truncate(1 << 40)
    with pytest.raises(Refusal, match="too-large"):
        asked(tmp_path, "func-gen").tree_diff(tree)


def test_tests_may_take_half_as_long_again_as_where_they_were_found_stable() -> None:
    row = world.task("func-gen", ENVIRONMENT)
    environment = ENVIRONMENT | {"test_seconds": 60.0, "run_seconds": 900.0}
    for given, limits in ((ENVIRONMENT, (30.0, 300.0)), (environment, (90.0, 900.0))):
        (job,) = plan(TestedTask.of({**row, "environment": given}), row["patch"], snapshot_files()).jobs
        assert (job.each, job.seconds) == limits


def test_what_rows_of_old_mean_is_the_same_to_records_and_to_scoring() -> None:
    record = Environment.model_validate({**ENVIRONMENT, "snapshot": "0" * 64, "machine": "x86_64"})
    asked = TestedTask.of(world.task("func-gen", ENVIRONMENT)).environment
    assert "test_seconds" not in ENVIRONMENT
    assert (record.test_seconds, record.run_seconds) == (asked.test_seconds, asked.run_seconds)


def test_an_answer_file_holds_what_went_into_it(tmp_path: Path) -> None:
    for family, candidate in (("test-gen", None), ("verify-repair", MUTANTS[1])):
        answer = asked(tmp_path, family, candidate).answer
        assert unpack(pack(answer)) == answer
