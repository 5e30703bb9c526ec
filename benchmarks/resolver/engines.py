"""Run the engines, each in a process of its own, over the same tree and the same questions."""

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.resolver.ask import Answers, Index
from benchmarks.resolver.sites import Identity

ENGINES = ("hgen", "jedi", "ty")
SECONDS = 1800
"""After so long by the clock an engine has hung."""


@dataclass(frozen=True)
class Run:
    """What an engine answered and what that cost."""

    answers: Answers
    cpu_seconds: float
    peak_bytes: int
    wall_seconds: float
    complete: dict[Identity, str]
    """hgen only: for each function why it is not complete, or empty."""
    offered: frozenset[Identity]
    """hgen only: the functions that ``dep-search`` may ask about, fewer than the complete ones."""


def run_engine(engine: str, root: Path, questions: Path, result: Path, *, python: Path, limit: float = 0) -> None:
    """Answers and costs go to ``result``; ``limit`` stops Jedi after so many CPU seconds."""
    project = Path(__file__).parents[2]
    argv = [str(python), "-m", f"benchmarks.resolver.engine_{engine}", str(root)]
    argv += [str(result)] if engine == "hgen" else [str(questions), str(result)]
    argv += [str(limit)] if engine == "jedi" else []
    environment = {**os.environ, "PYTHONPATH": f"{project}:{project / 'src'}", "PYTHONHASHSEED": "0"}
    started = time.monotonic()
    process = subprocess.Popen(argv, env=environment, cwd=project)
    try:
        process.wait(timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        process.kill()
        raise RuntimeError(f"{engine} did not end on {root.name} within {SECONDS} s") from error
    if process.returncode:
        raise RuntimeError(f"{engine} ended with status {process.returncode} on {root.name}")
    written = json.loads(result.read_text(encoding="utf-8"))
    written["wall_seconds"] = time.monotonic() - started
    result.write_text(json.dumps(written), encoding="utf-8")


def read_run(engine: str, result: Path, index: Index) -> Run:
    """An engine's answers as they were written, overloads replaced by what they belong to."""
    written = json.loads(result.read_text(encoding="utf-8"))
    answers: Answers = {}
    for file, line, column, found in written["answers"]:
        named = [index.implementation(_identity(each)) for each in found]
        if engine != "hgen":
            # Go-to-definition rightly answers with a property; what is called is its value.
            # Where there are several, the first counts, as in the original: for ty that scores better than all of them.
            named = [each for each in named if not index.definitions[each].is_property][:1]
        answers[file, line, column] = named
    complete = {_identity(each["function"]): "" if each["complete"] else each["reason"] or "incomplete"
                for each in written.get("functions", ())}  # fmt: skip
    offered = frozenset(_identity(each["function"]) for each in written.get("functions", ()) if each["offered"])
    wall = written.get("wall_seconds", 0.0)
    return Run(answers, written["cpu_seconds"], written["peak_bytes"], wall, complete, offered)


def check_seconds(root: Path, *, python: Path) -> float:
    """CPU seconds of ``ty check`` over the whole repository, for reference."""
    argv = [str(python.with_name("ty")), "check", "--exit-zero", "-qq", "."]
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    process = subprocess.Popen(argv, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime


def _identity(row: list[str]) -> Identity:
    return row[0], row[1], int(row[2])
