"""What must hold for every task, checked on the tasks of a real run with ``ast`` as the oracle."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hgen.records import Task, Validated
from hgen.runner import done_shards
from hgen.scoring import diffs
from hgen.shards import read_shard
from hgen.snapshots import Store

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@pytest.fixture(scope="module")
def tasks(undisturbed: Path) -> list[Task]:
    return [found.task for shard in done_shards(undisturbed, "validate") for found in read_shard(shard, Validated)]


@pytest.fixture(scope="module")
def snapshots(undisturbed: Path, tasks: list[Task]) -> dict[str, dict[str, bytes]]:
    store = Store(undisturbed / "snapshots")
    trees = {}
    for digest in sorted({task.snapshot for task in tasks}):
        with store.open(digest) as files:
            trees[digest] = {file: files[file] for file in files if file.endswith(".py")}
    return trees


def states(task: Task, files: dict[str, bytes]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The start state and the gold state."""
    start = files | present(task.setup_patch, files)
    return start, start | present(task.patch, start)


def present(patch: str, files: dict[str, bytes]) -> dict[str, bytes]:
    changed = diffs.apply(patch, files) if patch else {}
    return {file: content for file, content in changed.items() if content is not None}


def definitions(source: bytes) -> dict[str, Definition]:
    return dict(_walk(ast.parse(source), ""))


def _walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, Definition]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Definition):
            yield prefix + child.name, child
            inner = "." if isinstance(child, ast.ClassDef) else ".<locals>."
            yield from _walk(child, f"{prefix}{child.name}{inner}")
        else:
            yield from _walk(child, prefix)


def without_docstrings(source: bytes) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, Definition) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Expr(ast.Constant(...))]
    return ast.dump(tree)


def test_there_are_tasks_of_both_families_and_variants(tasks: list[Task]) -> None:
    kinds = {(task.family, task.variant) for task in tasks}
    assert kinds >= {("func-localize", "named"), ("func-localize", "masked"), ("dep-search", "default")}
    assert len({task.instance_id for task in tasks}) == len(tasks)


def test_func_localize_takes_docstrings_away_and_nothing_else(
    tasks: list[Task], snapshots: dict[str, dict[str, bytes]]
) -> None:
    for task in tasks:
        if task.family == "func-localize":
            files = snapshots[task.snapshot]
            start, _ = states(task, files)
            for file in [file for file in files if files[file] != start[file]]:
                assert without_docstrings(start[file]) == without_docstrings(files[file])


def test_func_localize_hides_its_targets_among_twenty(
    tasks: list[Task], snapshots: dict[str, dict[str, bytes]]
) -> None:
    for task in tasks:
        if task.family == "func-localize":
            files = snapshots[task.snapshot]
            start, _ = states(task, files)
            lost = sum(
                ast.get_docstring(was) is not None and ast.get_docstring(now) is None
                for file in files
                if files[file] != start[file]
                for was, now in zip(definitions(files[file]).values(), definitions(start[file]).values(), strict=True)
            )
            assert lost == task.difficulty["undocumented"]
            assert lost >= 20


def test_func_localize_gold_gives_the_targets_their_own_docstrings_back(
    tasks: list[Task], snapshots: dict[str, dict[str, bytes]]
) -> None:
    for task in tasks:
        if task.family == "func-localize":
            files = snapshots[task.snapshot]
            start, gold = states(task, files)
            for target in task.targets:
                was, now, then = (definitions(tree[target.file])[target.qualname] for tree in (files, start, gold))
                assert ast.get_docstring(now) is None
                assert now.lineno == target.def_line
                assert ast.get_docstring(then, clean=False) == ast.get_docstring(was, clean=False)


def test_dep_search_gold_only_adds_its_marker_above_each_target(
    tasks: list[Task], snapshots: dict[str, dict[str, bytes]]
) -> None:
    for task in tasks:
        if task.family == "dep-search":
            assert task.subject is not None
            files = snapshots[task.snapshot]
            start, gold = states(task, files)
            marker = f"# this function/class is called by the {task.subject.qualname} function".encode()
            assert start == files
            assert sum(gold[file].count(marker) - start[file].count(marker) for file in files) == len(task.targets)
            for target in task.targets:
                node = definitions(gold[target.file])[target.qualname]
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                assert gold[target.file].split(b"\n")[first - 2].strip() == marker
                assert ast.dump(ast.parse(gold[target.file])) == ast.dump(ast.parse(start[target.file]))


def test_no_problem_statement_names_a_file_of_the_repository(
    tasks: list[Task], snapshots: dict[str, dict[str, bytes]]
) -> None:
    for task in tasks:
        named = task.subject.file if task.subject else ""
        statement = task.problem_statement.replace(f"`{named}`", "")
        for target in task.targets:
            assert target.file not in statement
            assert target.file.rsplit("/", 1)[-1] not in statement


def test_masked_statements_hold_no_name_of_their_targets(tasks: list[Task]) -> None:
    for task in tasks:
        if task.variant == "masked":
            for target in task.targets:
                for name in target.qualname.split("."):
                    assert name.lower() not in task.problem_statement.lower().replace(" ", "_").split("_"), name
