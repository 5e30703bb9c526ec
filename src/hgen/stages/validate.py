"""Validate tasks: prove each one sound, with the evidence beside it, and reject it by the first check that fails."""

import ast
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from hgen.config import SandboxConfig, ValidateConfig
from hgen.describe.corpus import Corpus
from hgen.describe.leaks import leaks
from hgen.engines import worker_engine
from hgen.errors import Skip
from hgen.families import families
from hgen.families.base import Family
from hgen.records import Check, Symbol, Task, Validated
from hgen.scoring import SCORERS, diffs
from hgen.snapshots import Store
from hgen.stages.proving import prove
from hgen.stages.rerunning import prove_by_tests
from hgen.syntax import Broken, parse_module
from hgen.syntax.grammar import parser

Row = dict[str, Any]
"""A task as the JSON row that scorers read."""


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

    ``max_file_bytes`` is that of ``parse``: lazy agents choose among the symbols that tasks were made from.
    Executable families are proven in containers whatever the configuration says: there is no other proof.

    Raises ``Skip`` with the name of the check that failed.
    """
    family = families()[task.family]
    corpus = _corpus(store, task.snapshot, max_file_bytes)
    checks: list[Check] = []
    start = _checked(checks, "start-state", lambda: _start_state(task, corpus))
    if family.executable:
        _checked(checks, "leak", lambda: _no_leak(task))
        engine = worker_engine(sandbox, store, cache_folder)
        more, lazy = prove_by_tests(task, family, start, engine=engine, store=store)
        yield Validated(task=task, checks=(*checks, *more), baselines=lazy)
        return
    row = task.model_dump(mode="json")
    _checked(checks, "gold", lambda: _gold(family, row, start))
    _checked(checks, "no-op", lambda: _nothing(family, row, start))
    _checked(checks, "leak", lambda: _no_leak(task))
    _checked(checks, "probes", lambda: _probes(family, row, start))
    if config.in_sandbox and family.name in SCORERS:
        evidence = prove(task, sandboxes=worker_engine(sandbox, store, cache_folder).generic, store=store)
        checks.append(Check(name="sandbox", passed=True, evidence=evidence))
    chosen = {name: _solves(task, corpus, choose(task, corpus)) for name, choose in family.baselines.items()}
    yield Validated(task=task, checks=tuple(checks), baselines=chosen)


def _checked(checks: list[Check], name: str, check: Callable[[], tuple[Any, str]]) -> Any:
    result, evidence = check()
    checks.append(Check(name=name, passed=True, evidence=evidence))
    return result


def _start_state(task: Task, corpus: Corpus) -> tuple[dict[str, bytes], str]:
    """The start state's contents of all files that the task's patches touch or its targets stand in."""
    try:
        patches = [
            patch
            for text in (task.setup_patch, task.candidate_patch, task.patch)
            if text
            for patch in diffs.parse(text)
        ]
        concerned = {patch.old_path for patch in patches} | {target.file for target in task.targets}
        after = {file: corpus.files[file] for file in sorted(concerned)}
        changed = diffs.apply(task.setup_patch, after) if task.setup_patch else {}
        after |= {file: content for file, content in changed.items() if content is not None}
        candidate = diffs.apply(task.candidate_patch, after) if task.candidate_patch else {}
        after |= {file: content for file, content in candidate.items() if content is not None}
        _require_syntax(after, {target.file for target in task.targets})
    except diffs.DiffError as error:
        raise Skip("start-state", f"the setup patch does not apply: {error}") from None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Skip("start-state", f"the start state does not parse: {error}") from None
    return after, f"the setup patch applies to {len(concerned)} files, and all of them parse"


def _require_syntax(files: Mapping[str, bytes], answered: set[str]) -> None:
    """Python itself reads the files that an answer edits; the decoys' files, many times as many, tree-sitter."""
    for file in sorted(files):
        if file in answered:
            ast.parse(files[file])
        elif parser().parse(files[file].removeprefix(BOM_UTF8)).root_node.has_error:
            raise SyntaxError(f"tree-sitter finds an error in {file}")


def _gold(family: Family, row: Row, start: dict[str, bytes]) -> tuple[None, str]:
    score = family.score(row, row["patch"], start)
    if not score.resolved or score.reward != 1:
        raise Skip("gold", f"the gold patch earns {score.reward}: {score.reasons}")
    return None, "the gold patch earns 1 and is resolved"


def _nothing(family: Family, row: Row, start: dict[str, bytes]) -> tuple[None, str]:
    score = family.score(row, "", start)
    if score.resolved or score.reward != 0:
        raise Skip("no-op", f"the empty diff earns {score.reward}")
    return None, "the empty diff earns 0"


def _no_leak(task: Task) -> tuple[None, str]:
    if seen := leaks(task.problem_statement, task.secrets):
        raise Skip("leak", f"the problem statement gives {seen} away")
    return None, f"none of {len(task.secrets)} secrets can be read in the problem statement"


def _probes(family: Family, row: Row, start: dict[str, bytes]) -> tuple[None, str]:
    tried = []
    for probe in family.probes(row, start):
        score = family.score(row, probe.patch, start)
        if score.resolved:
            raise Skip("probe", f"the cheat {probe.name} is a full success")
        tried.append(f"{probe.name} {score.reward:.2f}")
    return None, ", ".join(tried)


def _solves(task: Task, corpus: Corpus, chosen: frozenset[int]) -> bool:
    wanted = {(target.file, target.qualname) for target in task.targets}
    return {(corpus.symbols[place].file, corpus.symbols[place].qualname) for place in chosen} == wanted


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
