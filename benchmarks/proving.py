"""What proving an executable task costs, in gradings of its gold patch, both measured in turn in the same run.

    python -m benchmarks.proving OUT [--tasks N] [--engine docker|podman|auto]

OUT is the folder of a run with executable families; N tasks of each family are drawn by hash from its sound tasks.
"""

import argparse
import hashlib
import os
import statistics
import time
from collections import defaultdict
from pathlib import Path

from hgen.config import SandboxConfig
from hgen.engines import OpenEngine
from hgen.families import families
from hgen.families.base import Static
from hgen.records import Task, Validated
from hgen.runner import done_shards
from hgen.scoring import BY_RUNNING
from hgen.scoring.start_state import start_state
from hgen.scoring.tested.task import TestedTask
from hgen.shards import read_shard
from hgen.snapshots import Store
from hgen.soundness.by_tests import prove
from hgen.testbed.grading import grade


def main() -> None:
    """Measure and print, one line for each family."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tasks", type=int, default=10)
    parser.add_argument("--engine", choices=["auto", "docker", "podman"], default="auto")
    options = parser.parse_args()
    cache = Path(os.environ.get("HGEN_CACHE") or Path.home() / ".cache" / "hgen")
    store = options.out / "snapshots"
    with OpenEngine(SandboxConfig(engine=options.engine), cache=cache, store=store) as engine:
        for family, tasks in drawn(options.out, options.tasks).items():
            costs = [measured(task, store, engine) for task in tasks]
            ratios = [proof / grading for grading, proof in costs]
            print(
                f"{family}: {len(tasks)} tasks, a grading {statistics.median(grading for grading, _ in costs):.2f} s, "
                f"a proof {statistics.median(ratios):.1f} gradings at the median, {max(ratios):.1f} at most"
            )


def drawn(out: Path, count: int) -> dict[str, list[Task]]:
    """So many sound tasks of each family that tests judge; those of one repository follow each other."""
    found: dict[str, list[Task]] = defaultdict(list)
    for shard in done_shards(out, "validate"):
        for validated in read_shard(shard, Validated):
            if validated.task.graded_by in BY_RUNNING:
                found[validated.task.family].append(validated.task)
    for family, tasks in found.items():
        chosen = sorted(tasks, key=lambda task: hashlib.blake2b(task.instance_id.encode()).digest())[:count]
        found[family] = sorted(chosen, key=lambda task: task.instance_id)
    return found


def measured(task: Task, store: Path, engine: OpenEngine) -> tuple[float, float]:
    """Seconds for grading the gold patch once, and for the whole proof."""
    assert task.environment is not None
    sandboxes = engine.sandboxes(task.environment, base_commit=task.base_commit, name=task.repo)
    grading, asked = families()[task.family].grading, TestedTask.of(task.model_dump(mode="json"))
    assert not isinstance(grading, Static)
    with Store(store).open(task.snapshot) as snapshot:
        start = start_state(snapshot, task.setup_patch, task.candidate_patch)
        files = {target.file: start[target.file] for target in task.targets}
        probes, lazy = list(grading.probes(asked, files)), list(grading.lazy_answers(asked, files))
        began = time.perf_counter()
        grade(asked, task.patch, snapshot, sandboxes)
        graded = time.perf_counter()
        prove(asked, files, snapshot, sandboxes, probes=probes, lazy=lazy)
        return graded - began, time.perf_counter() - graded


if __name__ == "__main__":
    main()
