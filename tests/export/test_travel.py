"""The exported grader grades a real tree away from hgen, as the library does."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hgen.config import Config
from hgen.export.formats import grader
from hgen.export.view import views
from hgen.records import Validated
from hgen.runner import done_shards
from hgen.scoring.standalone import tested_answer_file
from hgen.scoring.standalone.answer_file import AnswerFileError, read
from hgen.shards import read_shard
from hgen.snapshots import Store
from hgen.snapshots.tree import TreeLimits
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


def stored(tmp_path: Path, validated: Validated, files: dict[str, bytes]) -> Validated:
    """The task, about a snapshot that is in ``tmp_path / "store"``."""
    for path, content in files.items():
        (tmp_path / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / path).write_bytes(content)
    (tmp_path / "tree" / "run.py").chmod(0o755)
    (tmp_path / "tree" / "link").symlink_to("x.py")
    kept = Store(tmp_path / "store").add(
        tmp_path / "tree", TreeLimits(files=9, total_bytes=1 << 30, file_bytes=1 << 30)
    )
    return validated.model_copy(update={"task": validated.task.model_copy(update={"snapshot": kept.digest})})


def test_a_task_that_runs_tests_carries_all_that_grading_needs(repaired: Validated, tmp_path: Path) -> None:
    files = {"x.py": b"x = 0\n", "run.py": b"#!", "data/\u00e9.bin": bytes(range(256))}
    validated = stored(tmp_path, repaired, files)
    summary = grader.write(views([validated], tmp_path / "store"), tmp_path / "grader", Config())
    assert summary.tasks == {"verify-repair": 1}
    content = (tmp_path / "grader/answers" / f"{validated.task.instance_id}.json").read_bytes()
    answer = tested_answer_file.unpack(read(content))
    assert answer.snapshot == files
    assert (answer.executable, answer.links) == ({"run.py"}, {"link": "x.py"})
    assert answer.task.fail_to_pass == validated.task.FAIL_TO_PASS
    assert answer.task.environment.generated == {"src/_version.py": "version = '1'\n"}
    assert set(answer.driver) >= {"hgen_driver/main.py", "hgen_driver/session.py", "hgen_driver/guard.py"}
    assert tested_answer_file.pack(answer) == content
    for damaged in (
        b"",
        b"[]",
        content[:-100],
        content.replace(b'"wheels": [', b'"heels": ['),
        content.replace(b'"entries": [[', b'"entries": [["snapshot", "a", 1], ['),
    ):
        with pytest.raises(AnswerFileError):
            tested_answer_file.unpack(read(damaged))


def test_what_the_grader_cannot_judge_or_carry_is_left_out_and_said_to_be(repaired: Validated, tmp_path: Path) -> None:
    large = stored(tmp_path, repaired, {"x.py": b"", "run.py": b"", "data": bytes(100_000_001)})
    strange = repaired.model_copy(
        update={"task": repaired.task.model_copy(update={"family": "riddles", "graded_by": "family"})}
    )
    summary = grader.write(views([large, strange], tmp_path / "store"), tmp_path / "grader", Config())
    assert summary.tasks == {}
    assert not any((tmp_path / "grader/answers").iterdir())
    assert summary.left_out == {
        "pypi:pack0: its snapshot is too large to be carried along; use `hgen score`": 1,
        "riddles: the single-file grader does not judge it, `hgen score` does": 1,
    }
