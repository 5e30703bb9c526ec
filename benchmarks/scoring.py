"""What scoring costs, against the bare ``ast.parse`` of the same files; CPU time, one run.

    python benchmarks/scoring.py [--files N] [--predictions N]

For each of N real files (the standard library and this environment's packages, chosen by hash): tasks of both static
families, each with right answers and wrong ones. The bare cost is one parse of the start state for all predictions of
a file and one of each answer. Then the same work goes through ``hgen score`` with one and with two workers.
"""

import argparse
import ast
import gc
import hashlib
import json
import os
import shutil
import sys
import sysconfig
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hgen.probes import dep_search, func_localize
from hgen.run import score as score_predictions
from hgen.scoring import StaticTask, score
from hgen.scoring.diffs import DiffError, apply
from hgen.scoring.python.definitions import docstring_of, first_line, places
from hgen.scoring.python.sources import SourceError, parse_start
from hgen.snapshots import Store, TreeLimits

KINDS = {"right", "neighbour-too", "code-beside", "all-but-one", "comment-only", "wrong-text"}
"""Predictions as agents give them; probes that refuse to parse or that rewrite whole files would flatter the figure."""


@dataclass(frozen=True)
class Work:
    """A file, its tasks, and a prediction for each."""

    path: str
    content: bytes
    tasks: tuple[dict[str, object], ...]
    patches: tuple[str, ...]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=150)
    parser.add_argument("--predictions", type=int, default=8, help="per file")
    options = parser.parse_args()
    works = list(_works(options.files, options.predictions))
    # What the benchmark itself holds must not cost anybody garbage collections.
    gc.freeze()
    _against_parse(works)
    _by_size(works)
    _through_hgen_score(works)


def _works(files: int, predictions: int) -> Iterator[Work]:
    roots = {Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))}
    found = sorted({path for root in roots for path in root.rglob("*.py") if 2_000 < path.stat().st_size < 400_000})
    found.sort(key=lambda path: hashlib.blake2b(str(path).encode()).digest())
    count = 0
    for path in found:
        if count == files:
            return
        work = _work(f"m{count}.py", path.read_bytes(), predictions)
        if work:
            yield work
            count += 1


def _work(path: str, content: bytes, predictions: int) -> Work | None:
    try:
        source = parse_start(content)
    except SourceError:
        return None
    chosen = [
        place
        for place in places(source.body)
        if docstring_of(place.node.body) is None and first_line(source, place.node.body[0]) > place.node.lineno
    ][:predictions]
    tasks, patches = [], []
    for number, place in enumerate(chosen):
        kind = "class" if isinstance(place.node, ast.ClassDef) else "function"
        target = {"file": path, "qualname": place.qualname, "kind": kind, "def_line": place.node.lineno}
        family = "dep-search" if number % 2 else "func-localize"
        task = {"family": family, "targets": [target], "subject": {**target, "qualname": "subject"}}
        probes = dep_search.probes if family == "dep-search" else func_localize.probes
        for probe in probes(StaticTask.of(task), {path: content}):
            if probe.name in KINDS and len(patches) < predictions:
                tasks.append({**task, "instance_id": f"{path}-{len(tasks)}"})
                patches.append(probe.patch)
    return Work(path, content, tuple(tasks), tuple(patches)) if patches else None


def _against_parse(works: list[Work]) -> None:
    bare, ours = (min(sum(map(cost, works)) for _ in range(3)) for cost in (_bare, _ours))
    count = sum(len(work.patches) for work in works)
    size = sum(len(work.content) for work in works)
    print(f"files {len(works)}, {size / 1e6:.1f} MB, predictions {count}")
    print(f"bare ast.parse   {bare:7.2f} s CPU  {bare / count * 1000:6.2f} ms a prediction")
    print(f"score            {ours:7.2f} s CPU  {ours / count * 1000:6.2f} ms a prediction")
    print(f"ratio            {ours / bare:7.2f}")
    gc.disable()
    quick = sum(map(_bare, works))
    gc.enable()
    print(f"bare, no garbage collector: {quick:.2f} s, ratio {ours / quick:.2f}")


def _by_size(works: list[Work]) -> None:
    """Linear in file size means that the cost a kilobyte does not grow."""
    for low, high in ((2, 10), (10, 30), (30, 100), (100, 400)):
        group = [work for work in works if low * 1000 <= len(work.content) < high * 1000]
        if group:
            size = sum(len(work.content) * len(work.patches) for work in group) / 1000
            bare, ours = sum(map(_bare, group)), sum(map(_ours, group))
            cost = f"{ours / size * 1e6:6.1f} µs/kB, parse {bare / size * 1e6:6.1f}"
            print(f"{low:3}-{high:3} kB: {cost}, ratio {ours / bare:.2f}")


def _bare(work: Work) -> float:
    answers = [_answer(work, patch) for patch in work.patches]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        begin = time.process_time()
        ast.parse(work.content)
        for answer in answers:
            try:
                ast.parse(answer)
            except (SyntaxError, ValueError):
                continue
        return time.process_time() - begin


def _answer(work: Work, patch: str) -> bytes:
    try:
        return apply(patch, {work.path: work.content})[work.path] or b""
    except DiffError:
        return b""


def _ours(work: Work) -> float:
    parse_start.cache_clear()
    files = {work.path: work.content}
    begin = time.process_time()
    for task, patch in zip(work.tasks, work.patches, strict=True):
        score(task, patch, files)
    return time.process_time() - begin


def _through_hgen_score(works: list[Work]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tree").mkdir()
        for work in works:
            (folder / "tree" / work.path).write_bytes(work.content)
        limits = TreeLimits(files=10_000, total_bytes=10**9, file_bytes=10**8)
        snapshot = Store(folder / "snapshots").add(folder / "tree", limits).digest
        rows = [
            (
                {**task, "snapshot": snapshot, "setup_patch": ""},
                {"instance_id": task["instance_id"], "model_patch": patch},
            )
            for work in works
            for task, patch in zip(work.tasks, work.patches, strict=True)
        ]
        for index, file in enumerate(("tasks.jsonl", "predictions.jsonl")):
            (folder / file).write_text("".join(json.dumps(row[index]) + "\n" for row in rows), encoding="utf-8")
        alone = len(rows) / min(_alone(works) for _ in range(3))
        print(f"score() alone    {alone:7.0f} predictions a CPU second")
        for jobs in (1, 2):
            # What one run costs more than none, but for two workers: starting them is part of each run.
            seconds = min(_run(folder, jobs, times=3) for _ in range(3)) - min(
                _run(folder, jobs, times=1) for _ in range(3)
            )
            seconds /= 2
            rate = len(rows) / seconds
            print(f"hgen score -j {jobs}  {rate:7.0f} predictions a CPU second, {rate / alone:.0%} of score()")


def _alone(works: list[Work]) -> float:
    parse_start.cache_clear()
    files = {work.path: work.content for work in works}
    begin = time.process_time()
    for work in works:
        for task, patch in zip(work.tasks, work.patches, strict=True):
            score(task, patch, files)
    return time.process_time() - begin


def _run(folder: Path, jobs: int, *, times: int) -> float:
    """CPU seconds of this process and its workers."""
    begin = os.times()
    for _ in range(times):
        parse_start.cache_clear()
        done = score_predictions(folder / "tasks.jsonl", folder / "predictions.jsonl", out=folder, jobs=jobs)
        shutil.rmtree(done.folder)
    return sum(os.times()[:4]) - sum(begin[:4])


if __name__ == "__main__":
    sys.exit(main())
