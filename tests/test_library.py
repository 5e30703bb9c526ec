"""hgen from Python: the page of the documentation as it stands, and what each function promises."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest

from hgen.config import Config, parse
from hgen.errors import ConfigError, MachineError, ShardError
from hgen.records import Task
from hgen.run import State, export, materialise, problems, run, run_stages, score, tasks
from hgen.scoring import diffs
from hgen.snapshots import Store, TreeLimits
from tests.command import environment

PAGE = (Path(__file__).parents[1] / "docs/library.md").read_text(encoding="utf-8")
STATES = get_args(State)
EXAMPLE = PAGE.split("```python\n")[1].partition("```")[0]


def test_the_example_of_the_documentation_runs(tmp_path: Path) -> None:
    (tmp_path / "example.py").write_text(EXAMPLE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment()
    )
    assert (done.returncode, done.stderr) == (0, "")
    for step in ("mine", "parse", "synth", "validate", "export"):
        assert f"{step}: " in done.stdout
    for family in ("func-localize", "dep-search"):
        assert f"{family}: 4 of 4 resolved, mean 1.0" in done.stdout
    assert len(list((tmp_path / "trees").iterdir())) == 8


def test_importing_it_loads_nothing_that_is_slow() -> None:
    slow = {"pydantic", "yaml", "rich", "datasets", "pyarrow", "docker", "git", "tree_sitter", "jinja2", "requests"}
    code = f"import sys, hgen.run; print(sorted({slow} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config = parse({"mine": {"sources": ["installed:iniconfig", "installed:no-such-package"]}})
    outcome = run(config, tmp_path / "out")
    assert outcome.stages[0].rejects.total() == 1
    assert capfd.readouterr() == ("", "")


def names(folder: Path) -> dict[str, tuple[str, bytes]]:
    """What is below a folder: mode and content by path; links with what they name."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            found[str(path.relative_to(folder))] = ("link", str(path.readlink()).encode())
        elif path.is_file():
            found[str(path.relative_to(folder))] = (oct(path.stat().st_mode), path.read_bytes())
    return found


def apply(patch: str, folder: Path) -> None:
    if patch:
        subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=folder, check=True)


def test_trees_are_what_git_apply_makes_of_the_snapshot(undisturbed: Path, tmp_path: Path) -> None:
    found = [sound.task for sound in tasks(undisturbed)]
    assert len({task.instance_id for task in found}) == len(found) > 30
    chosen = {task.family: task for task in found}.values()
    assert len(chosen) == 2
    for number, task in enumerate(chosen):
        oracle = tmp_path / f"oracle{number}"
        Store(undisturbed / "snapshots").extract(task.snapshot, oracle)
        for state, patch in zip(STATES, (task.setup_patch, "", task.patch), strict=True):
            apply(patch, oracle)
            tree = tmp_path / f"{state}{number}"
            materialise(task, tree, out=undisturbed, state=state)
            assert names(tree) == names(oracle)


FILES = {"pkg/a.py": b"x = 1\n", "run.sh": b"#!/bin/sh\n", "tests/test_a.py": b"def test_a(): pass\n"}


@pytest.fixture
def repair(undisturbed: Path, tmp_path: Path) -> Task:
    """A task of which every patch does something: hides a test, breaks a file, and repairs it with a new one."""
    task = next(iter(tasks(undisturbed))).task
    tree = tmp_path / "tree"
    for path, content in FILES.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    (tree / "run.sh").chmod(0o755)
    (tree / "link.py").symlink_to("pkg/a.py")
    added = Store(tmp_path / "out/snapshots").add(tree, TreeLimits(files=9, total_bytes=10**6, file_bytes=10**6))
    a = FILES["pkg/a.py"]
    return task.model_copy(
        update={
            "snapshot": added.digest,
            "setup_patch": diffs.render({"tests/test_a.py": FILES["tests/test_a.py"]}, {}),
            "candidate_patch": diffs.render({"pkg/a.py": a}, {"pkg/a.py": b"x = 2\n"}),
            "patch": diffs.render({"pkg/a.py": b"x = 2\n"}, {"pkg/a.py": b"x = 3\n", "tests/new/b.py": b"y = 1\n"}),
        }
    )


def test_each_state_has_one_patch_more_than_the_one_before(repair: Task, tmp_path: Path) -> None:
    oracle = tmp_path / "tree"
    for state, patch in zip(STATES, (repair.setup_patch, repair.candidate_patch, repair.patch), strict=True):
        apply(patch, oracle)
        materialise(repair, tmp_path / state, out=tmp_path / "out", state=state)
        assert names(tmp_path / state) == names(oracle)
    assert (tmp_path / "gold/tests/new/b.py").exists()
    assert not (tmp_path / "gold/tests/test_a.py").exists()
    assert os.access(tmp_path / "gold/run.sh", os.X_OK)


@pytest.mark.parametrize("path", ["../outside.py", ".git/hooks/post-checkout", "pkg/.GIT/config"])
def test_a_patch_writes_nothing_outside_the_tree_or_into_its_git(repair: Task, path: str, tmp_path: Path) -> None:
    bad = repair.model_copy(update={"setup_patch": f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n"})
    with pytest.raises(ShardError):
        materialise(bad, tmp_path / "bad", out=tmp_path / "out")
    assert not (tmp_path / "outside.py").exists()
    assert not list(tmp_path.rglob("hooks"))


def test_paths_may_be_text(undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(undisturbed, tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    task = next(iter(tasks("out"))).task
    materialise(task, "tree", out="out")
    assert (tmp_path / "tree").is_dir()
    answer = {"instance_id": task.instance_id, "model_patch": task.patch}
    (tmp_path / "predictions.jsonl").write_text(json.dumps(answer) + "\n", encoding="utf-8")
    for rewards in (None, "others.jsonl"):
        summary = score("out", "predictions.jsonl", rewards, out="out", cache="cache")
        assert (summary.families[0].resolved, summary.rewards.is_file()) == (1, True)
    assert export(Config(), "out", formats=["jsonl"]).formats
    mined = run_stages(["mine"], parse({"mine": {"sources": ["installed:iniconfig"]}}), "new", cache="cache")
    assert (mined[0].given, problems(mined, "new")) == (1, ())


def test_a_folder_that_nobody_has_mined_into_is_not_made(tmp_path: Path) -> None:
    for name in ("typo", "empty"):
        if name == "empty":
            (tmp_path / name).mkdir()
        for wrong in (lambda out: run_stages(["parse"], Config(), out), lambda out: export(Config(), out)):
            with pytest.raises(ShardError, match="is no out folder yet"):
                wrong(tmp_path / name)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == ["empty"]


def test_errors_are_hgens_own(undisturbed: Path, tmp_path: Path) -> None:
    task = next(iter(tasks(undisturbed))).task
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="not an empty folder"):
        materialise(task, tmp_path / "full", out=undisturbed)
    with pytest.raises(ShardError, match="is missing"):
        materialise(task, tmp_path / "tree", out=tmp_path)
    with pytest.raises(MachineError):
        materialise(task, tmp_path / "file/tree", out=undisturbed)
    unknown: Any = "bogus"
    with pytest.raises(ConfigError, match="unknown state 'bogus'; known: committed, start, gold"):
        materialise(task, tmp_path / "tree", out=undisturbed, state=unknown)
    with pytest.raises(ConfigError, match="jobs is -1"):
        run_stages(["mine"], parse({"mine": {"sources": ["installed:iniconfig"]}}), tmp_path / "new", jobs=-1)
    assert not (tmp_path / "new").exists()
    with pytest.raises(ConfigError, match="unknown stage"):
        run_stages(["mien"], Config(), tmp_path / "out")
    with pytest.raises(ConfigError, match="nothing to mine"):
        run_stages(["mine"], Config(), tmp_path / "out")
    with pytest.raises(ConfigError, match="no out folder"):
        run_stages(["parse"], Config(), tmp_path / "full")
    with pytest.raises(ShardError, match="holds no shards"):
        next(tasks(tmp_path / "out"))
    with pytest.raises(ConfigError, match="unknown format"):
        export(Config(), tmp_path / "out", formats=["csv"])
    with pytest.raises(ConfigError, match="cannot read"):
        score(undisturbed, tmp_path / "none.jsonl", out=undisturbed)
