"""One package, all engines, the same functions: scores and costs, ready for the report."""

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.resolver.ask import Index, hash_sample, write_questions
from benchmarks.resolver.engines import ENGINES, Run, read_run, run_engine
from benchmarks.resolver.packages import Package
from benchmarks.resolver.score import Tally, judge, tally
from benchmarks.resolver.sites import Identity
from benchmarks.resolver.trace import read_trace
from benchmarks.resolver.truth import KnownFunction, ground_truth, own, questions


@dataclass(frozen=True)
class Comparison:
    """A package's result."""

    package: Package
    traced: list[KnownFunction]
    """Everything that ran; ``single`` and ``asked`` are parts of it."""
    single: list[KnownFunction]
    """Functions whose set of callees is known and has one answer per site."""
    asked: list[KnownFunction]
    """Those of which all engines were asked."""
    runs: dict[str, Run]

    def tallies(self) -> dict[str, Tally]:
        """Scores over the functions that call the repository, or of which some engine says so."""
        counted = [each for each in self.asked if self._counts(each)]
        return {engine: tally(counted, run.answers) for engine, run in self.runs.items()}

    def _counts(self, function: KnownFunction) -> bool:
        said = any(run.answers.get(site.key) for run in self.runs.values() for site in function.sites)
        return function.calls_repository or said

    def agreement(self) -> tuple[int, int]:
        """At how many sites Jedi and ``ty`` agree, and at how many of these the trace saw something else."""
        same = differ = 0
        for function in self.asked:
            for site in function.sites:
                said = {each for each in self.runs["ty"].answers.get(site.key, []) if not own(each, function.identity)}
                if said and said == set(self.runs["jedi"].answers.get(site.key, [])):
                    same += 1
                    differ += not said & site.allowed
        return same, differ

    def callers(self) -> list[KnownFunction]:
        """All functions that the trace saw calling a definition of the repository."""
        return [each for each in self.traced if each.calls_repository and not each.injected]

    def claimed(self, claim: str) -> frozenset[Identity]:
        """The functions that hgen calls ``complete`` or ``offered``."""
        run = self.runs["hgen"]
        return run.offered if claim == "offered" else frozenset(each for each, why in run.complete.items() if not why)

    def claimed_share(self, claim: str) -> tuple[int, int]:
        """For how many of ``callers`` hgen makes the claim, and how many there are."""
        claimed, callers = self.claimed(claim), self.callers()
        return sum(each.identity in claimed for each in callers), len(callers)

    def checkable(self, claim: str) -> list[KnownFunction]:
        """Claims that the trace can judge: all sites ran, and the trace or hgen sees a call into the repository."""
        claimed, answers = self.claimed(claim), self.runs["hgen"].answers
        known = [each for each in self.traced if each.whole and not each.injected and each.identity in claimed]
        return [each for each in known if each.calls_repository or any(answers.get(site.key) for site in each.sites)]


def compare(package: Package, folder: Path, *, python: Path, engines: tuple[str, ...], again: bool) -> Comparison:
    """Ask the engines that have not answered yet, or all with ``again``."""
    root = folder / "src" / package.name
    index = Index(root)
    traced = ground_truth(read_trace(folder / "traces" / f"{package.name}.json"), index)
    single = [each for each in traced if each.whole and not each.polymorphic and not each.injected]
    chosen = set(hash_sample([each.identity for each in single], package.cap))
    asked = [each for each in single if each.identity in chosen]
    sheet = folder / "questions" / f"{package.name}.json"
    sheet.parent.mkdir(exist_ok=True)
    write_questions([each for one in asked for each in questions(one, index.definitions[one.identity])], sheet)
    runs = {}
    for engine in engines:
        result = folder / "answers" / engine / f"{package.name}.json"
        result.parent.mkdir(parents=True, exist_ok=True)
        if again or not result.exists():
            run_engine(engine, root, sheet, result, python=python)
        runs[engine] = read_run(engine, result, index)
    return Comparison(package, traced, single, asked, runs)


def errors(comparison: Comparison, folder: Path) -> str:
    """Every wrong and missing edge of hgen with its source line, functions called complete first."""
    root = folder / "src" / comparison.package.name
    run = comparison.runs["hgen"]
    lines = []
    known = [each for each in comparison.traced if not each.injected]
    for function in sorted(known, key=lambda each: (run.complete.get(each.identity) != "", each.identity)):
        reason = run.complete.get(function.identity, "function unknown to hgen")
        if function.polymorphic and reason:
            continue
        verdict = judge(function, run.answers)
        if verdict.exact and not (function.polymorphic and not reason):
            continue
        file, qualname, line = function.identity
        state = "COMPLETE" if not reason else f"incomplete ({reason})"
        lines.append(f"{file}:{line} {qualname} [{state}]" + (" polymorphic" if function.polymorphic else ""))
        source = (root / file).read_text(encoding="utf-8").split("\n")
        for site in function.sites:
            said = set(run.answers.get(site.key, []))
            right = said & site.allowed or not site.required
            if right and not said & verdict.wrong and not (site.polymorphic and not reason):
                continue
            lines.append(f"    {site.line}: {source[site.line - 1].strip()}")
            lines.append(f"        truth {_names(site.observed)}  named {_names(site.required)}  hgen {_names(said)}")
    return "\n".join(lines) + "\n"


def _names(identities: set[Identity] | frozenset[Identity]) -> str:
    return ", ".join(f"{file}:{line}:{name}" for file, name, line in sorted(identities)) or "-"


def summary(comparison: Comparison) -> dict[str, object]:
    """The figures of one package as JSON."""
    engines = {
        engine: {
            "functions": each.functions,
            "precision": each.precision,
            "recall": each.recall,
            "exact": each.exact_share,
            "found": each.found,
            "missing": each.missing,
            "wrong": each.wrong,
            "cpu_seconds": comparison.runs[engine].cpu_seconds,
            "peak_bytes": comparison.runs[engine].peak_bytes,
        }
        for engine, each in comparison.tallies().items()
    }
    return {"package": comparison.package.name, "group": comparison.package.group, "engines": engines}


def write_summary(comparison: Comparison, folder: Path) -> None:
    """Keep the figures beside the answers."""
    path = folder / "results" / f"{comparison.package.name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(summary(comparison), indent=1), encoding="utf-8")


__all__ = ["ENGINES", "Comparison", "compare", "errors", "summary", "write_summary"]
