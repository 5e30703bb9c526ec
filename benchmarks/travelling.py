"""Whether the grader that travels and ``hgen score`` say the same of the same answers, and what each costs.

    python -m benchmarks.travelling OUT [--tasks N] [--seed N] [--base IMAGE]

OUT is the folder of a run that made executable tasks. Of each task the reference answer, no answer, and the reference
answer with one line of it lost are judged three times: by the library in its sandbox, and by ``grader.py`` as root in a
plain container with the environment's image, given the diff and given the tree.
"""

import argparse
import io
import json
import random
import statistics
import tarfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker

from hgen.config import SandboxConfig
from hgen.engines import OpenEngine
from hgen.grader import answer_file, grader_source
from hgen.records import Environment, Task
from hgen.sandbox import labels
from hgen.sandbox.container import Containers
from hgen.sandbox.layout import TREE, StartState
from hgen.scoring import BY_RUNNING
from hgen.scoring.diffs import DiffError, Patched
from hgen.scoring.start_state import start_state
from hgen.scoring.tasks import graded_by
from hgen.scoring.tested.task import TestedTask
from hgen.snapshots import Snapshot, Store
from hgen.tasksets.columns import task_of
from hgen.tasksets.taskset import task_set
from hgen.testbed.grading import grade

Row = dict[str, Any]


@dataclass
class Found:
    """How often the verdicts agree, and how long the grader takes compared with the library."""

    counts: Counter[str] = field(default_factory=Counter)
    ratios: dict[str, list[float]] = field(default_factory=lambda: {"diff": [], "tree": []})


def main() -> None:
    """Judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tasks", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--base", default="", help="the image that OUT was made with, if not the default")
    options = parser.parse_args()
    rows = [task_of(line, place) for place, line in task_set(options.out).rows()]
    rows = [row for row in rows if graded_by(row) in BY_RUNNING]
    chance = random.Random(options.seed)
    chosen = sorted(chance.sample(rows, min(options.tasks, len(rows))), key=lambda row: str(row["environment"]))
    store = Store(options.out / "snapshots")
    sandbox = SandboxConfig(base_image=options.base)
    found = Found()
    with OpenEngine(sandbox, cache=options.out / "wheels", store=options.out / "snapshots") as engine:
        for row in chosen:
            environment = Environment.model_validate(row["environment"])
            sandboxes = engine.sandboxes(environment, base_commit=row["base_commit"], name=row["repo"])
            with store.open(row["snapshot"]) as snapshot:
                compare(row, snapshot, sandboxes, chance, found)
    print(f"{len(chosen)} of {len(rows)} tasks: {dict(Counter(row['family'] for row in chosen))}")
    print(", ".join(f"{name} {count}" for name, count in sorted(found.counts.items())))
    for how, several in found.ratios.items():
        quarters = statistics.quantiles(several, n=4)
        print(f"--{how} / hgen score: median {quarters[1]:.2f}, quartiles {quarters[0]:.2f} to {quarters[2]:.2f}")


def compare(
    row: Row,
    snapshot: Snapshot,
    sandboxes: Containers,
    chance: random.Random,
    found: Found,
) -> None:
    """Judge the answers to one task in all ways."""
    start = start_state(snapshot, row["setup_patch"], row["candidate_patch"])
    private = answer_file(Task.model_validate(row), snapshot)
    for name, diff in answers(row, chance).items():
        try:
            tree = Patched(start, diff)
        except DiffError:
            continue
        begin = time.perf_counter()
        expected = grade(TestedTask.of(row), diff, snapshot, sandboxes).row()
        library = time.perf_counter() - begin
        state = StartState({path: tree[path] for path in tree}, links=snapshot.links)
        for how in ("diff", "tree"):
            files = {"grader.py": grader_source().encode(), "answer.json": private, "agent.diff": diff.encode()}
            files["snapshot.zip"] = Path(snapshot.name).read_bytes()
            judged = ["--start", "/snapshot.zip"]
            judged += ["--tree", str(TREE)] if how == "tree" else ["--diff", "/agent.diff"]
            begin = time.perf_counter()
            with plain(sandboxes, files, state.archive if how == "tree" else None) as run:
                said = run(["/opt/venv/bin/python", "-I", "-S", "/grader.py", "--answer", "/answer.json", *judged])
            seconds = time.perf_counter() - begin
            same = all(said[key] == expected[key] for key in ("reward", "resolved", "precision", "recall", "f1"))
            found.counts[f"{name} {'agree' if same else 'DIFFER'}"] += 1
            if not same:
                print(row["instance_id"], name, how, expected, said)
            if expected["resolved"]:
                found.ratios[how].append(seconds / library)
    print(f"{row['instance_id']}: {len(private)} bytes of answer", flush=True)


def answers(row: Row, chance: random.Random) -> dict[str, str]:
    """Diffs to judge, by what they are."""
    lines = row["patch"].split("\n")
    added = [at for at, line in enumerate(lines) if line.startswith("+") and not line.startswith("+++")]
    flawed = ""
    if added:
        # Commented out, so that the numbers of lines stay right.
        at = chance.choice(added)
        flawed = "\n".join([*lines[:at], "+# " + lines[at][1:], *lines[at + 1 :]])
    return {"gold": row["patch"], "empty": "", "flawed": flawed}


@contextmanager
def plain(sandboxes: Containers, files: Mapping[str, bytes], work: bytes | None) -> Iterator[Any]:
    """A container with the image as it is, root inside."""
    api: Any = docker.APIClient(base_url=sandboxes.client.url, version="auto")
    host = api.create_host_config(network_mode="none", init=True, mem_limit=1 << 30, nano_cpus=10**9)
    argv = ["sleep", "3600"]
    container = api.create_container(sandboxes.image, argv, user="0:0", host_config=host, labels=labels.own(3600))["Id"]
    try:
        api.start(container)
        api.put_archive(container, "/", _archive(files))
        if work is not None:
            api.put_archive(container, "/sandbox", work)

        def run(argv: list[str]) -> Row:
            command = api.exec_create(container, argv)["Id"]
            out, err = api.exec_start(command, demux=True)
            assert out, err
            row: Row = json.loads(out)
            return row

        yield run
    finally:
        api.remove_container(container, force=True)
        api.close()


def _archive(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


if __name__ == "__main__":
    main()
