"""``hgen validate --sandbox`` proves tasks in containers, and a broken engine gives no verdict."""

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
from tests.command import hgen

SETTINGS = [
    "--set=mine.sources=[installed:docker]",
    "--set=synth.options.func-localize.cap=2",
    "--set=synth.options.dep-search.cap=2",
]


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("synthesized") / "out"
    for stage in ("mine", "parse", "synth"):
        done = hgen(stage, *SETTINGS, "-o", out, "-j", "1")
        assert done.returncode == 0, done.stderr
    return out


@pytest.mark.container
def test_the_grader_agrees_in_a_container(client, synthesized: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(synthesized, out)
    done = hgen("validate", "--sandbox", client.kind, "-o", out, "-j", "1", "--json")
    assert done.returncode == 0, done.stderr
    (stage,) = json.loads(done.stdout)
    assert stage["out"] == stage["in"] >= 3
    for shard in done_shards(out, "validate"):
        for found in read_shard(shard, Validated):
            assert "the travelling grader says 0 untouched and 1" in found.checks[-1].evidence


def test_an_engine_that_is_not_there_leaves_the_shard_undone(synthesized: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(synthesized, out)
    done = subprocess.run(
        [sys.executable, "-m", "hgen", "validate", "--sandbox", "auto", "-o", str(out), "-j", "1"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"DOCKER_HOST": f"unix://{tmp_path}/no.sock"},
    )
    assert done.returncode == 1
    assert "validate/00000.jsonl is undone: no container engine answers" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (out / "validate/00000.receipt.json").exists()
