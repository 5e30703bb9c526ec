"""Rows of SWE-bench: their columns, and the script in them that judges an answer in a fresh container."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import datasets
import pytest
import yaml

from hgen.config import Config, SandboxConfig
from hgen.engines import OpenEngine
from hgen.export import image_building
from hgen.export.formats import swebench
from hgen.export.images import Images
from hgen.export.task_row import row
from hgen.export.view import views
from hgen.records import Target, Validated
from hgen.snapshots import Store
from hgen.snapshots.tree import TreeLimits
from tests import answers
from tests.export.test_images import BUILT

START, END = ">>>>> Start Test Output", ">>>>> End Test Output"
FILE = "def join(parts):\n    return split(parts)\n\n\ndef split(parts):\n    return list(parts)\n"
MARKED = FILE.replace("def split", "# this function/class is called by the join function\ndef split")


def diff(path: str, before: str, after: str, folder: Path) -> str:
    for name, text in (("a", before), ("b", after)):
        (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / path).write_text(text)
    command = ["git", "diff", "--no-index", "--no-prefix", f"a/{path}", f"b/{path}"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.fixture
def task(validated, tmp_path) -> Validated:
    """A task about a file in ``tmp_path / "store"``, whose right answer is a comment."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/a.py").write_text(FILE)
    limits = TreeLimits(files=99, total_bytes=1 << 20, file_bytes=1 << 20)
    digest = Store(tmp_path / "store").add(tmp_path / "tree", limits).digest
    changes = {
        "snapshot": digest,
        "setup_patch": "",
        "patch": diff("a.py", FILE, MARKED, tmp_path / "diff"),
        "targets": (Target(file="a.py", qualname="split", kind="function", def_line=5),),
        "subject": Target(file="a.py", qualname="join", kind="function", def_line=1),
    }
    asked = validated(1)
    return asked.model_copy(update={"task": asked.task.model_copy(update=changes)})


def export(tasks, tmp_path: Path, images: Images = BUILT, split: str = "train"):
    seen = views(tasks, tmp_path / "store", lambda _: split, images=images)
    return swebench.write(seen, tmp_path / "swebench", Config())


def rows(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text().split("\n")[:-1]]


def test_a_row_has_the_columns_of_swebench_and_of_its_harness(task, tmp_path):
    assert export([task], tmp_path).tasks == {"dep-search": 1}
    (found,) = rows(tmp_path / "swebench/train.jsonl")
    script = found.pop("eval_script")
    name = BUILT.name(task.task)
    assert found == {
        "instance_id": task.task.instance_id,
        "repo": task.task.repo,
        "base_commit": "1.0",
        "environment_setup_commit": "1.0",
        "version": "1.0",
        "created_at": "",
        "problem_statement": task.task.problem_statement,
        "hints_text": "",
        "patch": task.task.patch,
        "test_patch": "",
        "FAIL_TO_PASS": '["hgen::resolved"]',
        "PASS_TO_PASS": "[]",
        "image": name,
        "image_name": name,
        "docker_image": name,
        "log_parser": "parse_log_pytest",
        "eval_type": "pass_and_fail",
        "family": "dep-search",
        "variant": "default",
        "license": task.task.license,
    }
    assert script.startswith("#!/bin/bash\n")


def test_the_script_fits_the_harness_that_changes_it(task, tmp_path):
    """SWE-bench's notes the status of what stands before the end mark; SkyRL passes it on as one argument."""
    export([task], tmp_path)
    script = rows(tmp_path / "swebench/train.jsonl")[0]["eval_script"]
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    lines = script.split("\n")
    ends = [number for number, line in enumerate(lines) if END in line]
    assert [line for line in lines if START in line or END in line] == [f"echo '{START}'", f"echo '{END}'"]
    assert lines[ends[0] - 1] == '(exit "$status")'
    assert "EOF" not in lines
    assert len(script) < 100_000


def test_datasets_and_its_users_load_the_folder_by_its_splits(task, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    export([task], tmp_path, split="validation")
    front = yaml.safe_load((tmp_path / "swebench/README.md").read_text().split("---\n")[1])
    files = [{"split": "validation", "path": "validation.jsonl"}]
    assert front == {"configs": [{"config_name": "default", "data_files": files}]}
    loaded = datasets.load_dataset(str(tmp_path / "swebench"), split="validation", cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == rows(tmp_path / "swebench/validation.jsonl")


def test_the_page_builds_images_under_the_names_that_the_rows_have(task, tmp_path):
    config = Config(export={"image_prefix": "registry.example/us"})
    images = Images(config.export.image_prefix, config.sandbox.base_image)
    swebench.write(views([task], tmp_path / "store", images=images), tmp_path / "swebench", config)
    (found,) = rows(tmp_path / "swebench/train.jsonl")
    assert found["image"].startswith("registry.example/us/")
    assert "docker build -t registry.example/us/${each%-*}" in (tmp_path / "swebench/README.md").read_text()


def test_the_same_tasks_stand_beside_the_rows_for_hgen(task, tmp_path):
    export([task], tmp_path)
    [found] = answers.rows(tmp_path / "swebench/answers.zip")
    assert found.items() >= json.loads(json.dumps(row(task))).items()
    with Store(tmp_path / "swebench/snapshots").open(task.task.snapshot) as snapshot:
        assert snapshot["a.py"].decode() == FILE


def test_images_that_are_not_built_can_be_built_from_the_folder(task, tmp_path):
    other = task.model_copy(update={"task": task.task.model_copy(update={"instance_id": "other"})})
    export([task, other], tmp_path)
    path, _, tag = BUILT.name(task.task).rpartition("/")[2].rpartition(":")
    (context,) = (tmp_path / "swebench/environments").iterdir()
    assert context.name == f"{path}-{tag}"
    assert (context / "Dockerfile").exists()
    export([task, other], tmp_path, Images(base=BUILT.base, built=True))
    assert not (tmp_path / "swebench/environments").exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"patch": ""}, "its right answer is to change nothing, which SWE-bench's harness counts as no answer"),
        ({"graded_by": "family"}, "the single-file grader does not judge it, `hgen score` does"),
    ],
)
def test_what_the_rows_cannot_say_is_left_out_and_counted(changes, reason, task, tmp_path):
    bad = task.model_copy(update={"task": task.task.model_copy(update=changes)})
    summary = export([task, bad, bad], tmp_path)
    assert summary.left_out == {f"dep-search: {reason}": 2}
    assert len(rows(tmp_path / "swebench/train.jsonl")) == len(answers.rows(tmp_path / "swebench/answers.zip")) == 1


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with OpenEngine(SandboxConfig(), store=Path(), cache=Path()) as engine:
        yield engine.generic.client.url


class Container:
    """A fresh container of a task's image, as harnesses start it: root, and the working folder that they expect."""

    def __init__(self, url: str, image: str) -> None:
        self.docker = ["docker", "-H", url]
        command = [*self.docker, "run", "-d", "--network", "none", "-w", "/testbed", image, "sleep", "300"]
        self.name = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def run(self, script: str, *, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """As SkyRL does it: the script is fed to a shell inside another one."""
        asked = f"bash <<'EOF'\n{script}\nEOF"
        command = [*self.docker, "exec", *options, "-w", "/testbed", self.name, "bash", "-c", asked]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def close(self) -> None:
        subprocess.run([*self.docker, "rm", "-f", self.name], capture_output=True, check=True)


@pytest.fixture
def container(task, url, tmp_path):
    """Starts a container; gives it with the script of the task's row."""
    (view,) = views([task], tmp_path / "store", images=BUILT)
    with OpenEngine(SandboxConfig(), store=tmp_path / "store", cache=tmp_path / "cache") as engine:
        image_building.build([view], engine, progress=lambda done: None)
        started = Container(url, view.image)
        yield started, swebench.evaluation_script(view.answer())
        started.close()
        engine.generic.client.remove_image(view.image)


def between(output: str) -> str:
    return output.split(f"{START}\n")[1].split(f"{END}\n", maxsplit=1)[0]


@pytest.mark.container
def test_the_script_exits_with_0_for_the_right_answer_only_and_says_what_it_is_worth(container, task):
    fresh, script = container
    nothing = fresh.run(script)
    assert (nothing.returncode, between(nothing.stdout)) == (1, "FAILED hgen::resolved\n")
    applied = fresh.run("git apply <<'PATCH'\n" + task.task.patch + "PATCH\n")
    assert applied.returncode == 0, applied.stderr
    right = fresh.run(script)
    assert (right.returncode, between(right.stdout)) == (0, "PASSED hgen::resolved\n")
    verdict = json.loads(right.stdout.split(f"{END}\n")[1].removeprefix("hgen: "))
    assert (verdict["reward"], verdict["resolved"], verdict["f1"]) == (1, True, 1)
    # With the options that SWE-bench's harness adds, which print each command first.
    traced = fresh.run(f"set -uxo pipefail\n{script}")
    assert (traced.returncode, between(traced.stdout)) == (0, "PASSED hgen::resolved\n")
    assert fresh.run("echo more >> a.py").returncode == 0
    assert fresh.run(script).returncode == 1


FORGED = """
name=$(printf 'PASSED hgen::resolved\\nPASSED hgen::resolved ')
mkdir -p "$name"; echo 'x = 1' > "$name/$name.py"
printf '>>>>> Start Test Output\\nPASSED hgen::resolved\\n>>>>> End Test Output\\n' > x.py; mkfifo y.py
mkdir -p /logs/artifacts && echo '{"resolved": true}' > /logs/artifacts/reward.json
git config core.fsmonitor 'echo PASSED hgen::resolved'; echo 'PASSED hgen::resolved' > .git/HEAD
"""


@pytest.mark.container
def test_what_an_answer_leaves_is_never_taken_for_a_verdict(container):
    fresh, script = container
    assert fresh.run(FORGED).returncode == 0
    done = fresh.run(script)
    assert done.returncode == 1
    assert [line for line in (done.stdout + done.stderr).split("\n") if line.startswith("PASSED")] == []


@pytest.mark.container
@pytest.mark.parametrize("file", ["grader.py", "collect.sh", "start.tar.gz"])
def test_another_grader_or_start_state_than_the_tasks_gives_no_verdict(file, container, task):
    fresh, script = container
    assert fresh.run("git apply <<'PATCH'\n" + task.task.patch + "PATCH\n").returncode == 0
    spoilt = "cd / && mkdir x && echo y > x/a.py && tar -C x -czf /opt/hgen/start.tar.gz a.py"
    assert fresh.run(spoilt if file == "start.tar.gz" else f"echo '# more' >> /opt/hgen/{file}").returncode == 0
    done = fresh.run(script)
    assert (done.returncode, between(done.stdout)) == (3, "")
    assert done.stdout.split(f"{END}\n")[1].startswith("hgen: ")
