"""Whole repositories: what hgen, ``ty`` and Jedi cost, side by side in one run, with nothing about who is right."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.resolver.ask import Index, Question, write_questions
from benchmarks.resolver.engines import check_seconds, run_engine
from benchmarks.resolver.sites import Definition, python_files


@dataclass(frozen=True)
class Cost:
    """What an engine spent on some functions of a repository."""

    functions: int
    cpu_seconds: float
    peak_bytes: int

    @property
    def rate(self) -> float:
        """Functions per CPU second."""
        return self.functions / max(self.cpu_seconds, 1e-9)


@dataclass(frozen=True)
class Scale:
    """One repository's costs."""

    name: str
    files: int
    lines: int
    hgen: Cost
    """All functions, files without syntax errors; nothing cached, parsing included, the start of Python not."""
    hgen_total: float
    """Its CPU seconds with the start of Python and all imports."""
    ty: Cost
    """All functions with a call in them, in one server."""
    jedi: Cost
    """A hash sample, as far as the time given went."""
    check_seconds: float
    """CPU seconds of ``ty check``."""


def measure(name: str, root: Path, folder: Path, *, python: Path, jedi_seconds: float) -> Scale:
    """Run all three over the repository at ``root``."""
    folder.mkdir(parents=True, exist_ok=True)
    index = Index(root)
    functions = [each for each in index.definitions.values() if not each.is_class]
    asked = sorted((each for each in functions if _questions(each)), key=lambda each: each.identity)
    files = python_files(root)
    sheet = folder / f"{name}.questions.json"

    def run(engine: str, definitions: Iterable[Definition]) -> dict[str, float | list[object]]:
        write_questions([question for each in definitions for question in _questions(each)], sheet)
        result = folder / f"{name}.{engine}.json"
        run_engine(engine, root, sheet, result, python=python, limit=jedi_seconds)
        found: dict[str, float | list[object]] = json.loads(result.read_text(encoding="utf-8"))
        return found

    hgen, ty = run("hgen", ()), run("ty", asked)
    order = sorted(asked, key=lambda each: hashlib.blake2b(repr(each.identity).encode()).digest())
    jedi = run("jedi", order)
    return Scale(
        name,
        len(files),
        sum(path.read_bytes().count(b"\n") for path in files),
        _cost(len(functions), hgen),
        _seconds(hgen, "total_seconds"),
        _cost(len(asked), ty),
        _cost(_answered(order, jedi["answers"]), jedi),
        check_seconds(root, python=python),
    )


def table(scales: list[Scale]) -> str:
    """The costs as a Markdown table."""
    head = (
        "package", "files", "lines", "functions", "hgen CPU s", "with start", "peak MB", "functions/s",
        "ty CPU s", "peak MB", "functions/s", "ty check CPU s", "Jedi functions/s", "asked", "hgen : ty", "hgen : Jedi",
    )  # fmt: skip
    rows = [head, tuple("---" for _ in head), *(_row(each) for each in scales)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _row(scale: Scale) -> tuple[str, ...]:
    hgen, ty, jedi = scale.hgen, scale.ty, scale.jedi
    return (
        scale.name, str(scale.files), f"{scale.lines:,}", str(hgen.functions),
        f"{hgen.cpu_seconds:.2f}", f"{scale.hgen_total:.2f}", f"{hgen.peak_bytes / 1e6:.0f}", f"{hgen.rate:.0f}",
        f"{ty.cpu_seconds:.2f}", f"{ty.peak_bytes / 1e6:.0f}", f"{ty.rate:.0f}", f"{scale.check_seconds:.2f}",
        f"{jedi.rate:.2f}", str(jedi.functions),
        f"{ty.cpu_seconds / hgen.cpu_seconds:.1f}", f"{hgen.rate / max(jedi.rate, 1e-9):.0f}",
    )  # fmt: skip


def _questions(definition: Definition) -> list[Question]:
    file = definition.identity[0]
    return [
        Question(file, site.line, site.column, site.end, site.written, site.kind)
        for site in definition.sites
        if site.named
    ]


def _cost(functions: int, written: dict[str, float | list[object]]) -> Cost:
    return Cost(functions, _seconds(written, "cpu_seconds"), round(_seconds(written, "peak_bytes")))


def _seconds(written: dict[str, float | list[object]], name: str) -> float:
    value = written[name]
    assert not isinstance(value, list)
    return float(value)


def _answered(order: list[Definition], rows: object) -> int:
    """How many functions' questions were all answered before the time was up."""
    left = len(rows) if isinstance(rows, list) else 0
    for position, each in enumerate(order):
        left -= len(_questions(each))
        if left < 0:
            return position
    return len(order)
