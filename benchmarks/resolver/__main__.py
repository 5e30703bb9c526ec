"""The benchmark's command line: ``python -m benchmarks.resolver COMMAND FOLDER [PACKAGE...]``."""

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.resolver import confine
from benchmarks.resolver.compare import ENGINES, compare, errors, write_summary
from benchmarks.resolver.environments import environment_python, prepare
from benchmarks.resolver.fetch import fetch
from benchmarks.resolver.packages import PACKAGES, Package
from benchmarks.resolver.report import report
from benchmarks.resolver.scale import measure, table
from benchmarks.resolver.score import strictly_exact, tally
from benchmarks.resolver.trace import trace


def main() -> int:
    """Run one command over the chosen packages."""
    options = _arguments()
    chosen = [each for each in PACKAGES if not options.packages or each.name in options.packages]
    options.folder.mkdir(parents=True, exist_ok=True)
    folder = options.folder.resolve()
    if options.command == "prepare":
        prepare(folder)
    elif options.command == "trace":
        _trace(chosen, folder, unconfined=options.run_foreign_code_unconfined)
    elif options.command == "compare":
        _compare(chosen, folder, options)
    elif options.command == "errors":
        _errors(chosen, folder)
    elif options.command == "scale":
        _scale(chosen, folder, options.jedi_seconds)
    return 0


def _trace(chosen: list[Package], folder: Path, *, unconfined: bool) -> None:
    if not unconfined and not confine.available():
        sys.exit("bubblewrap is missing: install it, or pass --run-foreign-code-unconfined on a machine of no value")
    python = environment_python(folder, "tests")
    for package in chosen:
        try:
            result = trace(package, fetch(package, folder), folder, python=python, confined=not unconfined)
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"{package.name}: no trace: {error}", file=sys.stderr)
            continue
        log = result.with_suffix(".log").read_text(encoding="utf-8").split("\n")
        summary = [line for line in log if " passed" in line]
        print(f"{package.name}: {summary[-1:] or log[-5:]}", file=sys.stderr)


def _compare(chosen: list[Package], folder: Path, options: argparse.Namespace) -> None:
    engines = tuple(options.engine or ENGINES)
    python = environment_python(folder, "engines")
    comparisons = []
    for package in chosen:
        if not (folder / "traces" / f"{package.name}.json").exists():
            print(f"{package.name}: no trace", file=sys.stderr)
            continue
        found = compare(package, folder, python=python, engines=engines, again=options.again)
        write_summary(found, folder)
        comparisons.append(found)
        for engine, scored in found.tallies().items():
            run = found.runs[engine]
            print(
                f"{package.name:15} {engine:5} n={scored.functions:5} P={scored.precision:.4f} R={scored.recall:.4f}"
                f" exact={scored.exact_share:.3f} cpu={run.cpu_seconds:.1f} peak={run.peak_bytes >> 20}M"
                f" (traced {len(found.traced)} single {len(found.single)} asked {len(found.asked)})",
                file=sys.stderr,
            )
    if "hgen" in engines and comparisons:
        print(report(comparisons))


def _scale(chosen: list[Package], folder: Path, jedi_seconds: float) -> None:
    python = environment_python(folder, "engines")
    scales = []
    for package in chosen:
        source = fetch(package, folder)
        scales.append(measure(package.name, source, folder / "scale", python=python, jedi_seconds=jedi_seconds))
        print(table(scales[-1:]), file=sys.stderr)
    print(table(scales))


def _errors(chosen: list[Package], folder: Path) -> None:
    """Run hgen alone again, and list its errors on the packages that its developers may look at."""
    python = environment_python(folder, "engines")
    target = folder / "errors"
    target.mkdir(exist_ok=True)
    for package in chosen:
        if package.group not in ("tune", "studied"):
            continue
        try:
            found = compare(package, folder, python=python, engines=("hgen",), again=True)
        except RuntimeError as error:
            print(f"{package.name}: {error}", file=sys.stderr)
            continue
        path = target / f"{package.name}.txt"
        path.write_text(errors(found, folder), encoding="utf-8")
        scored = tally([each for each in found.single if each.calls_repository], found.runs["hgen"].answers)
        claims = found.checkable("complete")
        exact = sum(strictly_exact(each, found.runs["hgen"].answers) for each in claims)
        complete, callers = found.claimed_share("complete")
        print(
            f"{path} P={scored.precision:.4f} R={scored.recall:.4f} exact={scored.exact_share:.3f}"
            f" complete {complete}/{callers}, exact within {exact}/{len(claims)}"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resolver", description=__doc__)
    parser.add_argument("command", choices=["prepare", "trace", "compare", "errors", "scale"])
    parser.add_argument("folder", type=Path, help="where sources, traces and results are kept")
    parser.add_argument("packages", nargs="*", help="names from packages.py; default: all")
    parser.add_argument("--engine", action="append", choices=ENGINES, help="default: all")
    parser.add_argument("--jedi-seconds", type=float, default=60, help="scale: CPU seconds for Jedi per package")
    parser.add_argument("--again", action="store_true", help="ask again even if there are answers")
    parser.add_argument("--run-foreign-code-unconfined", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
