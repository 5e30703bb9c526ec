"""Measure the pipeline as a user runs it: seconds and peak memory of each stage, tasks, and the start-up of `hgen`.

Run it with hgen's own environment: ``python benchmarks/pipeline.py [--large pypi:NAME]``. The first run downloads.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HGEN = [sys.executable, "-m", "hgen"]
STAGES = ("mine", "parse", "synth", "validate", "export")


@dataclass(frozen=True)
class Usage:
    """One finished command: seconds, and the largest resident size of it or a child of it, in megabytes."""

    wall: float
    cpu: float
    peak: float
    stdout: bytes


def main() -> None:
    """Print the tables."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--config", default="configs/quickstart.yaml")
    arguments.add_argument("--large", default="pypi:sympy", help="one large repository for the memory figures")
    arguments.add_argument("--jobs", default="2")
    options = arguments.parse_args()
    print(f"hgen --help: {_start_up():.3f} s (median of 9)\n")
    with tempfile.TemporaryDirectory() as folder:
        print(f"{options.config}, -j {options.jobs}")
        _stages(Path(folder) / "out", ["-c", options.config], options.jobs)
        print(f"\n{options.large} alone, -j 1")
        settings = ["--set", f"mine.sources=[{options.large}]", "--set", "mine.decontaminate=[]"]
        _stages(Path(folder) / "large", settings, "1")
        print("\nmemory by the number of repositories (the quick start's, -j 1), MB at the peak")
        _growth(Path(folder), options.config)


def _start_up() -> float:
    return statistics.median(run([*HGEN, "--help"]).wall for _ in range(9))


def _stages(out: Path, settings: Sequence[str], jobs: str) -> None:
    print(f"{'stage':10} {'wall s':>8} {'cpu s':>8} {'peak MB':>8}  in → out")
    total = 0.0
    for stage in STAGES:
        workers = [] if stage == "export" else ["-j", jobs]
        used = run([*HGEN, stage, *settings, "-o", str(out), *workers, "--json"])
        total += 0 if stage == "mine" else used.wall
        answer = json.loads(used.stdout)
        said = answer["formats"][0]["tasks"] if stage == "export" else f"{answer[0]['in']:,} → {answer[0]['out']:,}"
        print(f"{stage:10} {used.wall:8.2f} {used.cpu:8.2f} {used.peak:8.0f}  {said}")
    print(f"{'all but mine':10} {total:6.2f}")


def _growth(folder: Path, config: str) -> None:
    import yaml  # noqa: PLC0415

    sources = yaml.safe_load(Path(config).read_text(encoding="utf-8"))["mine"]["sources"]
    for stage_count in (1, len(sources) // 2, len(sources)):
        out = folder / f"growth-{stage_count}"
        settings = ["--set", f"mine.sources=[{','.join(sources[:stage_count])}]"]
        peaks = []
        for stage in STAGES:
            workers = [] if stage == "export" else ["-j", "1"]
            peaks.append(run([*HGEN, stage, *settings, "-o", str(out), *workers, "--json"]).peak)
        print(f"{stage_count:3} repositories: " + "  ".join(f"{s} {p:.0f}" for s, p in zip(STAGES, peaks, strict=True)))


def run(command: Sequence[str]) -> Usage:
    """Run to the end and account for it; a failing command ends the benchmark."""
    with tempfile.TemporaryFile() as stdout:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=stdout)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}")
        stdout.seek(0)
        unit = 1 if sys.platform == "darwin" else 1024
        return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6, stdout.read())


if __name__ == "__main__":
    main()
