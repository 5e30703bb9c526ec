"""Validate tasks: prove each one sound, with the evidence beside it, and reject it by the first check that fails."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from hgen.config import SandboxConfig, ValidateConfig
from hgen.describe.corpus import Corpus
from hgen.engines import worker_engine
from hgen.families import chosen
from hgen.families.base import Static, solved_by
from hgen.records import Check, Symbol, Task, Validated
from hgen.snapshots import Store
from hgen.soundness.by_tests import prove_by_tests
from hgen.soundness.laid_out import prove_laid_out
from hgen.soundness.static import met_files, no_leak, prove_static
from hgen.syntax import Broken, parse_module


def validate(
    task: Task,
    *,
    store: Path,
    config: ValidateConfig,
    sandbox: SandboxConfig,
    cache_folder: Path,
    max_file_bytes: int,
) -> Iterator[Validated]:
    """The task with its evidence; a container starts only for a task that holds all static checks.

    Tasks that are judged by running tests are proven in containers whatever the configuration says: there is no
    other proof. ``max_file_bytes`` is that of ``parse``: lazy agents choose among the symbols that tasks were made
    from.

    Raises ``Skip`` with the name of the check that failed, ``ConfigError`` if the task's family is not installed.
    """
    grading = chosen((task.family,))[0].grading
    corpus = _corpus(store, task.snapshot, max_file_bytes)
    start, check = met_files(task, corpus.files)
    checks: list[Check] = [check]
    if not isinstance(grading, Static):
        checks.append(no_leak(task))
        engine = worker_engine(sandbox, store, cache_folder)
        more, solved = prove_by_tests(task, grading, start, engine=engine, store=store)
        yield Validated(task=task, checks=(*checks, *more), baselines=solved)
        return
    checks += prove_static(task, grading, start)
    if config.in_sandbox:
        engine = worker_engine(sandbox, store, cache_folder)
        checks.append(prove_laid_out(task, sandboxes=engine.generic, store=store))
    yield Validated(task=task, checks=tuple(checks), baselines=solved_by(task, corpus, grading))


@lru_cache(maxsize=1)
def _corpus(store: Path, digest: str, max_file_bytes: int) -> Corpus:
    """The repository of the tasks at hand; tasks of one repository follow each other."""
    with Store(store).open(digest) as snapshot:
        files = {file: snapshot[file] for file in snapshot if file.endswith(".py")}
    symbols = (symbol for file in sorted(files) for symbol in _symbols(file, files[file], max_file_bytes))
    return Corpus(files, tuple(symbols))


def _symbols(file: str, source: bytes, max_file_bytes: int) -> Iterator[Symbol]:
    """A file's symbols as the baselines need them: where they are, and what they call is nobody's business."""
    try:
        module = parse_module(file, source, max_bytes=max_file_bytes)
    except Broken:
        return
    for found in module.symbols:
        yield Symbol(
            file=file,
            qualname=found.qualname,
            kind=found.kind,
            start_line=found.start_line,
            def_line=found.def_line,
            body_line=found.body_line,
            end_line=found.end_line,
            docstring=found.docstring,
            statements=found.statements,
            signature=found.signature,
            decorators=found.decorators,
            body_digest="",
            offered=False,
            unresolved="not resolved",
            deps=(),
        )
