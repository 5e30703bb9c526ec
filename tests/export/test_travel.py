"""The exported grader grades a real tree away from hgen, as the library does."""

import gzip
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from hgen.config import Config
from hgen.export.environment import recipe
from hgen.export.formats import grader
from hgen.export.view import views
from hgen.grader import answer_file
from hgen.records import Validated
from hgen.runner import done_shards
from hgen.scoring.standalone.answer_file import AnswerFileError, pack, unpack
from hgen.scoring.standalone.start import opened
from hgen.scoring.tested.task import TestedTask
from hgen.shards import read_shard
from hgen.snapshots import Store
from hgen.snapshots.tree import TreeLimits
from tests.answers import answers
from tests.command import hgen


def test_the_exported_grader_gives_gold_1_and_the_untouched_tree_0(undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    subprocess.run(["cp", "-r", undisturbed, out], check=True)
    done = hgen("export", "--format", "grader", "-o", out)
    assert done.returncode == 0, done.stderr
    shards = done_shards(out, "validate")
    tasks = [found.task for shard in shards for found in read_shard(shard, Validated)]
    assert answers(out / "export/grader/answers.zip").keys() == {task.instance_id for task in tasks}
    kept = {path.stem: path for path in (out / "export/grader/snapshots").iterdir()}
    assert kept.keys() == {task.snapshot for task in tasks}
    for digest, archive in kept.items():
        assert archive.samefile(Store(out / "snapshots").archive(digest))
    for task in tasks[:: len(tasks) // 6]:
        tree = tmp_path / task.instance_id
        Store(out / "snapshots").extract(task.snapshot, tree)
        grade = [sys.executable, "-I", "-S", out / "export/grader/grader.py"]
        grade += ["--answer", out / "export/grader/answers.zip", "--task", task.instance_id]
        grade += ["--start", kept[task.snapshot], "--tree", tree]
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


def test_a_task_that_runs_tests_carries_what_grading_needs_besides_its_snapshot(
    repaired: Validated, tmp_path: Path
) -> None:
    files = {"x.py": b"x = 0\n", "run.py": b"#!", "data/\u00e9.bin": bytes(range(256))}
    validated = stored(tmp_path, repaired, files)
    task = validated.task
    summary = grader.write(views([validated], tmp_path / "store"), tmp_path / "grader", Config())
    assert summary.tasks == {"verify-repair": 1}
    content = answers(tmp_path / "grader/answers.zip")[task.instance_id]
    answer = unpack(content)
    assert answer.listing.digest == task.snapshot
    assert set(answer.listing.files) == files.keys()
    assert (answer.listing.executable, answer.listing.links) == (("run.py",), (("link", "x.py"),))
    assert isinstance(answer.task, TestedTask)
    assert answer.task.fail_to_pass == task.FAIL_TO_PASS
    assert answer.task.environment.generated == {"src/_version.py": "version = '1'\n"}
    assert answer.tests is not None
    assert set(answer.tests.driver) >= {"hgen_driver/main.py", "hgen_driver/session.py", "hgen_driver/guard.py"}
    assert unpack(pack(answer)) == answer
    with opened(str(tmp_path / f"grader/snapshots/{task.snapshot}.zip"), answer) as start:
        assert dict(start.snapshot) == files
    for damaged in (b"", b"[]", content[:-100], content.replace(b'"wheels": [', b'"heels": [')):
        with pytest.raises(AnswerFileError):
            unpack(damaged)


def test_what_the_grader_cannot_judge_is_left_out_and_said_to_be(repaired: Validated, tmp_path: Path) -> None:
    strange = repaired.model_copy(
        update={"task": repaired.task.model_copy(update={"family": "riddles", "graded_by": "family"})}
    )
    summary = grader.write(views([strange], tmp_path / "store"), tmp_path / "grader", Config())
    assert summary.tasks == {}
    assert not answers(tmp_path / "grader/answers.zip")
    assert summary.left_out == {"riddles: the single-file grader does not judge it, `hgen score` does": 1}


def test_an_answer_file_does_not_grow_with_the_contents_of_the_snapshot(repaired: Validated, tmp_path: Path) -> None:
    sizes = []
    for size in (1, 10**6):
        folder = tmp_path / str(size)
        folder.mkdir()
        validated = stored(folder, repaired, {"x.py": b"x = 0\n", "run.py": b"", "data": random.randbytes(size)})
        grader.write(views([validated], folder / "store"), folder / "grader", Config())
        sizes.append(len(answers(folder / "grader/answers.zip")[validated.task.instance_id]))
    assert abs(sizes[1] - sizes[0]) < 100


def test_the_start_state_that_an_exported_image_holds_is_believed(undisturbed: Path, tmp_path: Path) -> None:
    store = Store(undisturbed / "snapshots")
    tasks = [found.task for shard in done_shards(undisturbed, "validate") for found in read_shard(shard, Validated)]
    for task in tasks[:: len(tasks) // 3]:
        context, place = tmp_path / task.instance_id, tmp_path / task.instance_id / "repo"
        context.mkdir()
        for name, content in {**recipe.tools(), recipe.START: gzip.compress(recipe.start(task))}.items():
            (context / name).write_bytes(content)
        (context / f"{task.snapshot}.zip").symlink_to(store.archive(task.snapshot).absolute())
        lay_out = [sys.executable, "-I", context / "lay_out.py", context, place, context / "start.tar.gz"]
        subprocess.run(lay_out, check=True)
        (context / "start").mkdir()
        subprocess.run(["tar", "-xzf", context / "start.tar.gz", "-C", context / "start"], check=True)
        with store.open(task.snapshot) as snapshot:
            answer = unpack(answer_file(task, snapshot))
            for found in (place, context / "start"):
                with opened(str(found), answer) as start:
                    assert dict(start.snapshot) == dict(snapshot)
