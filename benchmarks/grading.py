"""Grading an answer against the bare container run of the same tests, measured in turns in one run.

    python -m benchmarks.grading OUT [--family func-gen] [--tasks N] [--rounds N]

OUT is the folder of a run that made executable tasks. The bare run lays the same tree out in a sandbox of the same
environment and has pytest run the same tests there, with nothing between: one start, one archive, one command. Grading
is what ``hgen score`` does, of the reference answer, the time for planning and judging included.
"""

import argparse
import os
import statistics
import time
from pathlib import Path
from typing import Any

from hgen.config import SandboxConfig
from hgen.engines import OpenEngine
from hgen.records import Environment
from hgen.sandbox.container import Containers
from hgen.sandbox.layout import TREE, StartState
from hgen.scoring.tested.task import TestedTask
from hgen.snapshots import Store
from hgen.snapshots.snapshot import Snapshot
from hgen.tasksets.columns import task_of
from hgen.tasksets.taskset import task_set
from hgen.testbed.grading import grade

Task = dict[str, Any]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--family", default="func-gen", choices=["func-gen", "verify-repair"])
    parser.add_argument("--tasks", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    tasks = read(options.out, options.family)
    step = max(1, len(tasks) // options.tasks)
    chosen = tasks[::step][: options.tasks]
    print(
        f"{len(chosen)} of {len(tasks)} {options.family} tasks, {os.cpu_count()} processors, "
        f"load {os.getloadavg()[0]:.0f}"
    )
    ratios = []
    store = options.out / "snapshots"
    with OpenEngine(SandboxConfig(), cache=options.out / "wheels", store=store) as engine:
        for task in chosen:
            environment = Environment.model_validate(task["environment"])
            sandboxes = engine.sandboxes(environment, base_commit=task["base_commit"], name=task["repo"])
            with Store(store).open(task["snapshot"]) as snapshot:
                ratios += measure(task, snapshot, sandboxes, options.rounds)
    quarters = statistics.quantiles(ratios, n=4)
    print(f"grading / bare run: median {quarters[1]:.2f}, quartiles {quarters[0]:.2f} to {quarters[2]:.2f}")


def read(out: Path, family: str) -> list[Task]:
    """The tasks of a family, in the order of their ids."""
    rows = [task_of(line, place) for place, line in task_set(out).rows()]
    return sorted((row for row in rows if row["family"] == family), key=lambda row: str(row["instance_id"]))


def measure(task: Task, snapshot: Snapshot, sandboxes: Containers, rounds: int) -> list[float]:
    """The ratios of one task, one for each round after a first one that warms up."""
    ratios = []
    for turn in range(rounds + 1):
        begin = time.perf_counter()
        bare(task, snapshot, sandboxes)
        between = time.perf_counter()
        score = grade(TestedTask.of(task), task["patch"], snapshot, sandboxes)
        end = time.perf_counter()
        assert score.resolved, (task["instance_id"], score)
        if turn:
            ratios.append((end - between) / (between - begin))
            print(f"{task['instance_id']}: bare {between - begin:.2f} s, graded {end - between:.2f} s")
    return ratios


def bare(task: Task, snapshot: Snapshot, sandboxes: Containers) -> None:
    """Run the task's tests on the true code with pytest itself."""
    environment = task["environment"]
    generated = {path: text.encode() for path, text in environment["generated"].items()}
    state = StartState(
        {**generated, **{path: snapshot[path] for path in snapshot}},
        frozenset(path for path in snapshot if snapshot.is_executable(path)),
        snapshot.links,
    )
    tests = [*task["FAIL_TO_PASS"], *task["PASS_TO_PASS"]]
    folders = ":".join(str(TREE / folder) for folder in environment["path"])
    command = ["/opt/venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *environment["options"], *tests]
    with sandboxes.start(state) as sandbox:
        done = sandbox.exec(command, timeout=300, env={"PYTHONPATH": folders} if folders else {})
    assert done.ok, (task["instance_id"], done)


if __name__ == "__main__":
    main()
