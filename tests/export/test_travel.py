"""The exported grader grades a real tree away from hgen, as the library does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hgen.export import travel
from hgen.records import Validated
from hgen.runner import done_shards
from hgen.shards import read_shard
from hgen.snapshots import Store
from tests.command import hgen


def test_the_exported_grader_gives_gold_1_and_the_untouched_tree_0(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    subprocess.run(["cp", "-r", undisturbed, out], check=True)
    done = hgen("export", "--format", "grader", "-o", out)
    assert done.returncode == 0, done.stderr
    shards = done_shards(out, "validate")
    tasks = [found.task for shard in shards for found in read_shard(shard, Validated)]
    assert {path.stem for path in (out / "export/grader/answers").iterdir()} == {task.instance_id for task in tasks}
    for task in tasks[:: len(tasks) // 6]:
        tree = tmp_path / task.instance_id
        Store(out / "snapshots").extract(task.snapshot, tree)
        grade = [sys.executable, "-I", "-S", out / "export/grader/grader.py"]
        grade += ["--answer", out / f"export/grader/answers/{task.instance_id}.json", "--tree", tree]
        rewards = []
        for patch in (task.setup_patch, task.patch):
            if patch:
                subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tree, check=True)
            graded = subprocess.run(grade, capture_output=True, text=True, check=True)
            rewards.append(json.loads(graded.stdout)["reward"])
        assert rewards == [0, 1], task.instance_id


def test_tasks_that_run_tests_are_left_out_and_said_to_be(
    repaired: Validated, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    summary = travel.write([repaired], tmp_path / "grader", store=tmp_path)
    assert summary.tasks == {}
    assert not any((tmp_path / "grader/answers").iterdir())
    assert "verify-repair 1" in caplog.text
