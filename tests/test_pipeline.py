"""The whole pipeline as a user runs it, on packages of the test environment: the same bytes whatever happens."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.command import HGEN, environment, hgen

pytestmark = pytest.mark.long

STAGES = ("mine", "parse", "synth", "validate")


def contents(out: Path) -> dict[str, bytes]:
    """Every shard, reject and snapshot, and the export; receipts hold times and are left out."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and not path.name.endswith(".receipt.json")
    }


def test_one_command_makes_sound_tasks_of_both_families(undisturbed: Path) -> None:
    found = json.loads(hgen("stats", "-o", undisturbed, "--json").stdout)
    families = {name: family["tasks"] for name, family in found["families"].items()}
    assert families["dep-search"] >= 10
    assert families["func-localize"] >= 20


def test_output_depends_neither_on_workers_nor_on_hash_order(config: Path, undisturbed: Path, tmp_path: Path) -> None:
    done = hgen("run", "-c", config, "-o", tmp_path / "out", "-j", "2", hash_seed="4242")
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "out") == contents(undisturbed)


@pytest.mark.parametrize("stage", STAGES)
def test_kill_9_in_a_stage_then_the_same_command_gives_the_same_bytes(
    stage: str, config: Path, undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [*HGEN, "run", "-c", str(config), "-o", str(out), "-j", "2"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(), start_new_session=True
    )
    deadline = time.monotonic() + 60
    while not list((out / stage).glob(".*.tmp")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (out / "export").exists(), "the run ended before it could be killed"
    done = hgen("run", "-c", config, "-o", out, "-j", "2")
    assert done.returncode == 0, done.stderr
    assert contents(out) == contents(undisturbed)


def test_a_second_run_does_nothing_again(config: Path, undisturbed: Path) -> None:
    before = contents(undisturbed)
    done = hgen("run", "-c", config, "-o", undisturbed, "--json")
    stages = json.loads(done.stdout.splitlines()[0])
    assert all(stage["up_to_date"] == stage["shards"] == 4 for stage in stages)
    assert contents(undisturbed) == before


def test_a_changed_seed_redoes_synth_and_what_follows_only(config: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    subprocess.run(["cp", "-r", undisturbed, out], check=True)
    done = hgen("run", "-c", config, "-o", out, "--set", "synth.seed=1", "--json")
    stages = {stage["stage"]: stage["up_to_date"] for stage in json.loads(done.stdout.splitlines()[0])}
    assert stages == {"mine": 4, "parse": 4, "synth": 0, "validate": 0}


def test_a_cut_shard_is_made_again_by_its_own_stage(config: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    subprocess.run(["cp", "-r", undisturbed, out], check=True)
    shard = out / "parse" / "00001.jsonl"
    shard.write_bytes(shard.read_bytes()[:1000])
    refused = hgen("synth", "-c", config, "-o", out)
    assert refused.returncode == 1
    assert "parse/00001.jsonl is damaged" in refused.stderr
    assert hgen("run", "-c", config, "-o", out).returncode == 0
    assert contents(out) == contents(undisturbed)


def test_ctrl_c_exits_130_and_the_same_command_goes_on(config: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [*HGEN, "run", "-c", str(config), "-o", str(out), "-j", "2"]
    # Shells start background jobs with the interrupt ignored, which they inherit; a test run may be one.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True)
    signal.signal(signal.SIGINT, before)
    while not (out / "mine").exists() and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.strip().endswith("interrupted; the same command goes on from here")
    assert hgen("run", "-c", config, "-o", out).returncode == 0
    assert contents(out) == contents(undisturbed)


def test_the_two_patches_apply_with_git(undisturbed: Path, tmp_path: Path) -> None:
    """``git apply`` is the oracle for what hgen writes: snapshot, setup patch, gold patch."""
    from hgen.records import Validated
    from hgen.runner import done_shards
    from hgen.shards import read_shard
    from hgen.snapshots import Store

    store = Store(undisturbed / "snapshots")
    tasks = [found.task for shard in done_shards(undisturbed, "validate") for found in read_shard(shard, Validated)]
    assert len(tasks) > 30
    for digest in sorted({task.snapshot for task in tasks}):
        store.extract(digest, tmp_path / digest)
    for task in tasks:
        tree = tmp_path / task.snapshot
        patches = [patch for patch in (task.setup_patch, task.patch) if patch]
        for patch in patches:
            subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tree, check=True)
        for patch in reversed(patches):
            subprocess.run(["git", "apply", "-R", "-"], input=patch.encode(), cwd=tree, check=True)
