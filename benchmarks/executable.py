"""The executable families on real packages by hgen's own commands, and their grades again where no cache is warm.

    python -m benchmarks.executable OUT [--rounds N] [--jobs N]

Makes the tasks of executable.yaml in OUT, or goes on with them, and prints what each package gave. Then the exported
tasks and snapshots are copied to where no cache of hgen is, the images of their environments are removed from the
engine, and `hgen score` grades the gold patch and the empty diff of each task, N rounds of both: a verdict that is not
the same in each round is flaky.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker

from hgen.records import Codebase, Reject, Validated
from hgen.runner import done_shards
from hgen.shards import read_shard
from hgen.testbed.environment.images import MARK

HGEN = [sys.executable, "-m", "hgen"]
CONFIG = Path(__file__).with_suffix(".yaml")
FAMILIES = ("func-gen", "test-gen", "verify-repair")

Verdicts = dict[tuple[str, str], list[tuple[float, bool]]]
"""By the task's id and the kind of prediction the reward and whether it is resolved, once for each round."""


def main() -> None:
    """Make, print, grade again, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--jobs", default="2")
    options = parser.parse_args()
    began = time.perf_counter()
    subprocess.run([*HGEN, "run", "-c", str(CONFIG), "-o", str(options.out), "-j", options.jobs], check=True)
    print(f"hgen run: {time.perf_counter() - began:.0f} s, -j {options.jobs}\n")
    packages(options.out)
    layers(options.out)
    with tempfile.TemporaryDirectory() as cold:
        copied = Path(cold, "out")
        shutil.copytree(options.out / "export" / "jsonl", copied / "export")
        shutil.copytree(options.out / "snapshots", copied / "snapshots")
        subprocess.run([*HGEN, "doctor", "--clean"], check=True)
        again(copied, options.rounds, options.jobs)


def packages(out: Path) -> None:
    """One line for each package: its stable tests, and its sound tasks by family; or why there are none."""
    sound: dict[str, Counter[str]] = defaultdict(Counter)
    for shard in done_shards(out, "validate"):
        for validated in read_shard(shard, Validated):
            sound[validated.task.repo][validated.task.family] += 1
    built = list(codebases(out))
    reasons = {reject.source.partition("@")[0]: reject.reason for reject in rejects(out, "build")}
    print(f"{'package':24} {'tests':>6} " + " ".join(f"{family:>13}" for family in FAMILIES))
    for codebase in built:
        name = codebase.repo.repo
        told = f"{len(codebase.testbed.tests):6}" if codebase.testbed else f"{reasons.get(name, '')}"
        print(f"{name:24} {told} " + " ".join(f"{sound[name][family]:13}" for family in FAMILIES))
    running = sum(codebase.testbed is not None for codebase in built)
    print(f"{running} of {len(built)} packages run; {sum(map(Counter.total, sound.values()))} sound tasks")
    print("not sound:", dict(Counter(reject.reason for reject in rejects(out, "validate"))), "\n")


def rejects(out: Path, stage: str) -> Iterator[Reject]:
    """What a stage passed over."""
    for file in sorted((out / stage).glob("*.rejects.jsonl")):
        yield from read_shard(file, Reject)


def layers(out: Path) -> None:
    """The size of what the engine keeps for each environment, without the generic image below it."""
    snapshots = [codebase.repo.snapshot for codebase in codebases(out) if codebase.testbed]
    client = docker.from_env()
    found = [client.images.list(filters={"label": f"{MARK}={snapshot}"}) for snapshot in snapshots]
    newest = [max(images, key=lambda image: str(image.attrs["Created"])) for images in found if images]
    # The uppermost layer that is one: labels add steps without any.
    sizes = [next(step["Size"] for step in image.history() if step["Size"]) / 1e6 for image in newest]
    median, mean = statistics.median(sizes), statistics.mean(sizes)
    print(f"layers of {len(sizes)} environments: median {median:.0f} MB, {min(sizes):.0f} to {max(sizes):.0f} MB")
    print(f"a thousand repositories like these: {mean:.0f} GB\n")


def codebases(out: Path) -> Iterator[Codebase]:
    """The repositories, with the testbeds of those that have one."""
    for shard in done_shards(out, "build"):
        yield from read_shard(shard, Codebase)


def again(out: Path, rounds: int, jobs: str) -> None:
    """Grade gold patches and empty diffs so many times, and compare."""
    tasks = [json.loads(line) for file in sorted((out / "export").glob("*.jsonl")) for line in file.open()]
    given = {"gold": [(task, task["patch"]) for task in tasks], "empty": [(task, "") for task in tasks]}
    verdicts: Verdicts = defaultdict(list)
    environment = {**os.environ, "HGEN_CACHE": str(out / "cache")}
    for turn in range(rounds):
        for kind, predictions in given.items():
            began = time.perf_counter()
            for row in graded(out, predictions, jobs, environment):
                verdicts[row["instance_id"], kind].append((row["reward"], row["resolved"]))
            print(f"round {turn + 1}, {kind}: {len(tasks)} graded in {time.perf_counter() - began:.0f} s")
    # A candidate may be right as it is: then nothing is the right answer.
    right = {task["instance_id"] for task in tasks if task["family"] == "verify-repair" and not task["patch"]}
    wanted = {(task["instance_id"], "gold"): (1.0, True) for task in tasks}
    wanted |= {(task["instance_id"], "empty"): wanted[task["instance_id"], "gold"] for task in tasks}
    wanted |= {(task["instance_id"], "empty"): (0.0, False) for task in tasks if task["instance_id"] not in right}
    as_wanted = sum(verdicts[key] == [value] * rounds for key, value in wanted.items())
    flaky = [key for key, found in verdicts.items() if len(set(found)) > 1]
    graded_count = sum(map(len, verdicts.values()))
    print(f"{graded_count} gradings of {len(tasks)} tasks ({len(right)} with a right candidate), {len(flaky)} flaky")
    print(f"gold 1 and empty 0 (or right): {as_wanted} of {len(wanted)}")
    for key in sorted(key for key, value in wanted.items() if verdicts[key] != [value] * rounds):
        print(" ", *key, verdicts[key])


def graded(
    out: Path, predictions: list[tuple[dict[str, Any], str]], jobs: str, environment: dict[str, str]
) -> list[dict[str, Any]]:
    """What `hgen score` says of predictions."""
    file, rewards = out / "predictions.jsonl", out / "rewards.jsonl"
    rows = [{"instance_id": task["instance_id"], "model_patch": patch} for task, patch in predictions]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    rewards.unlink(missing_ok=True)
    command = [*HGEN, "score", str(out / "export"), str(file), "--rewards", str(rewards), "-o", str(out), "-j", jobs]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    return [json.loads(line) for line in rewards.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
