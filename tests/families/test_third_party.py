"""A family from another package is known to every command."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hgen.records import Validated
from hgen.runner import done_shards
from hgen.shards import read_shard
from tests.answers import answers
from tests.command import hgen
from tests.testbed import world

LICENSE = (Path(__file__).parents[2] / "LICENSE").read_bytes()
PROJECT = b"""[project]
name = "shop"
version = "1.0"
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[tool.setuptools]
packages = ["shop"]
[tool.pytest.ini_options]
testpaths = ["tests"]
"""
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
MODULE = next(block for block in README.split("```python\n")[1:] if "FAMILY = Family(" in block).partition("```")[0]
"""The example that shows users how to add a family."""


TESTED = """from dataclasses import replace

from hgen.families.func_gen import FAMILY as PARENT

FAMILY = replace(PARENT, name="my-func-gen")
"""
"""A family like one of hgen's own that is judged by tests, under another name."""

OWN_SCORER = """from dataclasses import replace

from hgen.families.dep_search import FAMILY as PARENT
from hgen.scoring import SCORERS


def score(task, changed, files):
    return SCORERS["markers"](task, changed, files)


FAMILY = replace(PARENT, name="my-search", grading=replace(PARENT.grading, scorer=score))
"""
"""A family that brings a scorer of its own, which does not travel."""


class Installed:
    """hgen with another package beside it, which brings a family."""

    def __init__(self, site: Path, name: str, module: str) -> None:
        info = site / "mine-1.0.dist-info"
        info.mkdir(parents=True)
        (site / "mine_family.py").write_text(module, encoding="utf-8")
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[hgen.families]\n{name} = mine_family:FAMILY\n", encoding="utf-8")
        self._environment = os.environ | {"PYTHONPATH": str(site)}

    def hgen(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end, which must be good."""
        argv = [sys.executable, "-m", "hgen", *map(str, arguments)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, env=self._environment)
        assert done.returncode == 0, done.stderr
        return done


def predictions(out: Path, file: Path, family: str) -> int:
    """Write the gold patches of a run's sound tasks as predictions; all tasks are of the family."""
    found = [each.task for shard in done_shards(out, "validate") for each in read_shard(shard, Validated)]
    assert {task.family for task in found} == {family}
    rows = [{"instance_id": task.instance_id, "model_patch": task.patch} for task in found]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return len(rows)


@pytest.mark.container
@pytest.mark.network
def test_tests_judge_the_tasks_of_another_packages_family(tmp_path: Path) -> None:
    installed = Installed(tmp_path / "site", "my-func-gen", TESTED)
    for path, content in {**world.snapshot_files(), "LICENSE": LICENSE, "pyproject.toml": PROJECT}.items():
        (tmp_path / "shop" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / path).write_bytes(content)
    out = tmp_path / "out"
    settings = ["--set", f"sandbox.base_image='{world.BASE}'", "--set", "build.min_tests=2"]
    installed.hgen("mine", tmp_path / "shop", "-o", out)
    installed.hgen("parse", "-o", out)
    installed.hgen("synth", "--task", "my-func-gen", *settings, "-o", out)
    (stage,) = json.loads(installed.hgen("validate", *settings, "--json", "-o", out).stdout)
    assert stage["out"] == stage["in"] >= 1
    count = predictions(out, tmp_path / "gold.jsonl", "my-func-gen")
    installed.hgen("score", out, tmp_path / "gold.jsonl", *settings, "-o", out)
    rows = [json.loads(line) for line in (tmp_path / "gold.rewards.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["reward"] for row in rows] == [1.0] * count
    installed.hgen("export", "--format", "grader", "-o", out)
    assert len(answers(out / "export/grader/answers.zip")) == count


@pytest.mark.container
def test_a_family_with_a_scorer_of_its_own_is_proven_in_a_container_and_scored_where_it_is_installed(
    undisturbed: Path, tmp_path: Path
) -> None:
    installed = Installed(tmp_path / "site", "my-search", OWN_SCORER)
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)
    settings = ["--set", f"sandbox.base_image='{world.BASE}'", "--set", "synth.options.my-search.cap=1"]
    installed.hgen("synth", "--task", "my-search", *settings, "-o", out)
    installed.hgen("validate", "--sandbox", "auto", *settings, "-o", out)
    count = predictions(out, tmp_path / "gold.jsonl", "my-search")
    shown = json.loads(installed.hgen("show", "--json", "-o", out).stdout)
    assert "does not travel" in {check["name"]: check["evidence"] for check in shown["checks"]}["sandbox"]
    installed.hgen("score", out, tmp_path / "gold.jsonl", "-o", out)
    rows = [json.loads(line) for line in (tmp_path / "gold.rewards.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["reward"] for row in rows] == [1.0] * count
    said = installed.hgen("export", "--format", "grader", "-o", out).stderr
    assert f"{count} tasks left out: my-search" in said
    away = hgen("score", out, tmp_path / "gold.jsonl", "--rewards", tmp_path / "away.jsonl", "-o", out)
    assert away.returncode == 1
    rows = [json.loads(line) for line in (tmp_path / "away.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["reward"] for row in rows] == [None] * count


def test_an_installed_family_is_synthesized_validated_and_shown(undisturbed: Path, tmp_path: Path) -> None:
    installed = Installed(tmp_path / "site", "pair-search", MODULE)
    template = tmp_path / "site/pair-search.md.j2"
    template.write_text("Mark the two that `{{ name }}` calls directly.\n", encoding="utf-8")
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)
    installed.hgen("synth", "--task", "pair-search", "--set", "synth.options.pair-search.cap=2", "-o", out)
    (stage,) = json.loads(installed.hgen("validate", "--json", "-o", out).stdout)
    assert 1 <= stage["out"] == stage["in"] <= 8
    assert "Mark the two that" in installed.hgen("show", "-o", out).stdout
    assert "pair-search" in installed.hgen("stats", "-o", out).stdout
    count = predictions(out, tmp_path / "gold.jsonl", "pair-search")
    # A scorer of hgen's travels, whatever the family is called.
    installed.hgen("export", "--format", "jsonl", "--format", "grader", "-o", out)
    assert (out / "export/jsonl/pair_search.jsonl").exists()
    assert len(answers(out / "export/grader/answers.zip")) == count
