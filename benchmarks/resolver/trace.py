"""Traces: for each function of a package, the definitions that its call sites called under the package's tests."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.resolver.confine import Confinement, run
from benchmarks.resolver.packages import Package
from benchmarks.resolver.recorder import Job, Target
from benchmarks.resolver.sites import Identity

START = "from benchmarks.resolver.recorder import main; main()"
PYTEST = ("--continue-on-collection-errors", "-p", "no:cacheprovider", "-p", "no:randomly", "-W", "ignore", "--tb=line")


@dataclass(frozen=True)
class TracedSite:
    """One call site and every target that was seen there."""

    line: int
    column: int
    end: tuple[int, int]
    targets: tuple[Target, ...]


Trace = dict[Identity, list[TracedSite]]


def trace(package: Package, source: Path, folder: Path, *, python: Path, confined: bool) -> Path:
    """Run the package's tests on an instrumented copy; the trace's file, with what pytest said beside it."""
    tree = folder / "traced" / package.name
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(source, tree, symlinks=True)
    seen = Path("/confined/tree") if confined else tree
    job = Job(
        root=str(seen),
        sources=list(package.sources),
        paths=list(package.paths),
        pytest=[*PYTEST, *package.options, *package.tests],
        result=str(seen / "trace.json"),
    )
    code = Path(__file__).parents[2]
    done = run(Confinement(tree, python, code), ["-P", "-c", START, json.dumps(asdict(job))], confined=confined)
    result = folder / "traces" / f"{package.name}.json"
    result.parent.mkdir(parents=True, exist_ok=True)
    result.with_suffix(".log").write_text(f"{done.stdout}\n{done.stderr}", encoding="utf-8")
    shutil.move(tree / "trace.json", result)
    shutil.rmtree(tree)
    return result


def read_trace(path: Path) -> Trace:
    """The sites of each traced function, those that never ran included."""
    found: Trace = {}
    for site in json.loads(path.read_text(encoding="utf-8"))["sites"]:
        targets = tuple(_targets(site["targets"]))
        traced = TracedSite(site["line"], site["column"], tuple(site["end"]), targets)
        found.setdefault(_identity(site["function"]), []).append(traced)
    return found


def _targets(rows: list[tuple[list[str], list[str], list[list[str]]]]) -> Iterator[Target]:
    for observed, named, overridden in rows:
        yield _identity(observed), _identity(named), tuple(_identity(each) for each in overridden)


def _identity(row: list[str]) -> Identity:
    file, qualname, line = row
    return file, qualname, int(line)
