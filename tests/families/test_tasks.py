"""What must hold for every task, checked on the tasks of a real run with ``ast`` as the oracle."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hgen.describe.corpus import Corpus
from hgen.describe.rivals import undocumented_twin
from hgen.describe.wording import items, said
from hgen.families.func_localize import TEMPLATE
from hgen.families.lazy import candidates
from hgen.records import Codebase, Task, Validated
from hgen.runner import done_shards
from hgen.scoring import diffs
from hgen.scoring.roles import is_library
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
    localize = {("func-localize", level) for level in ("named", "masked", "masked-hard")}
    assert kinds >= {*localize, ("dep-search", "default")}
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


def words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text))}


def test_masked_statements_hold_not_all_words_of_a_name_of_their_targets(tasks: list[Task]) -> None:
    asked = [task for task in tasks if task.variant in ("masked", "masked-hard")]
    assert asked
    for task in asked:
        told = [words(said(part, TEMPLATE)) for part in items(task.problem_statement, len(task.targets))]
        for target, text in zip(task.targets, told, strict=True):
            for name in target.qualname.split("."):
                assert not words(name) <= text, (name, task.problem_statement)


def test_named_statements_hold_a_name_that_several_bear_and_no_class(
    tasks: list[Task], snapshots: dict[str, dict[str, bytes]]
) -> None:
    for task in [task for task in tasks if task.variant == "named"]:
        (target,) = task.targets
        start, _ = states(task, snapshots[task.snapshot])
        *owners, name = target.qualname.split(".")
        assert f"`{name}`" in task.problem_statement
        assert not any(re.search(rf"\b{owner}\b", task.problem_statement) for owner in owners)
        bearers = [
            node
            for file, source in start.items()
            for qualname, node in definitions(source).items()
            if qualname.split(".")[-1] == name and ast.get_docstring(node) is None and is_library(file)
        ]
        assert len(bearers) >= 3


def test_no_decoy_and_no_other_target_can_be_taken_for_a_target(undisturbed: Path, tasks: list[Task]) -> None:
    """Proven on the start state, where decoys have no docstring that would tell them apart."""
    store = Store(undisturbed / "snapshots")
    for shard in done_shards(undisturbed, "parse"):
        for codebase in read_shard(shard, Codebase):
            with store.open(codebase.repo.snapshot) as files:
                corpus = Corpus(files, codebase.symbols)
                places = {(symbol.file, symbol.qualname): place for place, symbol in enumerate(codebase.symbols)}
                asked = [task for task in tasks if task.repo == codebase.repo.repo and task.family == "func-localize"]
                for task in asked:
                    targets = [places[target.file, target.qualname] for target in task.targets]
                    lost = [place for place in candidates(task, corpus) if corpus.symbols[place].docstring]
                    assert set(targets) <= set(lost)
                    twins = [(a, b) for a in targets for b in lost if a != b and undocumented_twin(corpus, a, b)]
                    assert not twins, task.instance_id


def test_no_symbol_is_asked_about_at_two_levels(tasks: list[Task]) -> None:
    levels: dict[object, set[str]] = {}
    for task in tasks:
        if task.family == "func-localize":
            for target in task.targets:
                levels.setdefault((task.repo, target.file, target.qualname), set()).add(task.variant)
    assert all(len(variants) == 1 for variants in levels.values())


def test_lazy_baselines_solve_few_tasks_of_each_level_and_none_of_the_hardest(undisturbed: Path) -> None:
    solved: dict[tuple[str, str], list[bool]] = {}
    for shard in done_shards(undisturbed, "validate"):
        for found in read_shard(shard, Validated):
            solved.setdefault((found.task.repo, found.task.variant), []).append(any(found.baselines.values()))
            assert found.task.difficulty["baselines"] == sum(found.baselines.values())
    for (_, variant), verdicts in solved.items():
        assert sum(verdicts) <= (0 if variant == "masked-hard" else 0.3) * len(verdicts)


def test_each_task_says_how_hard_it_is(tasks: list[Task]) -> None:
    for task in tasks:
        if task.family == "func-localize":
            assert task.difficulty.keys() >= {
                "targets", "files", "lines", "words", "search_rank", "search_margin", "sharing_facts",
                "repository_files", "repository_lines", "baselines",
            }  # fmt: skip
            assert task.difficulty["search_rank"] >= 1


def test_statements_differ_in_their_wording(tasks: list[Task]) -> None:
    asked = [task for task in tasks if task.family == "func-localize"]
    begun = {task.problem_statement.split("\n")[0][:30] for task in asked}
    assert len(begun) >= len(asked) / 3
