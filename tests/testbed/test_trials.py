"""Trials and proofs on a small repository, with its tests run in real sandboxes."""

import ast
import inspect
import textwrap
from pathlib import Path
from typing import Any

import pytest

from hgen.config import BuildConfig
from hgen.errors import Skip
from hgen.families import families
from hgen.families.base import Static
from hgen.probes import Probe
from hgen.records import Codebase, Environment, Provenance, Repo, StableTest, Target, Task, Trial
from hgen.resolve import resolve
from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState
from hgen.scoring import diffs
from hgen.scoring.start_state import start_state
from hgen.scoring.tested.jobs import Job
from hgen.scoring.tested.task import TestedTask
from hgen.snapshots.snapshot import Snapshot
from hgen.soundness.by_tests import Proof, prove
from hgen.testbed.grading import grade
from hgen.testbed.mutation.copies import readable_elsewhere
from hgen.testbed.mutation.neutral import neutral_answers
from hgen.testbed.mutation.trials import trials
from hgen.testbed.running import run_jobs
from tests.testbed import world

pytestmark = [pytest.mark.container, pytest.mark.network]


@pytest.fixture(scope="module")
def codebase(snapshot: Snapshot) -> Codebase:
    symbols, _ = resolve({path: snapshot[path] for path in snapshot}, max_bytes=1 << 20)
    repo = Repo(
        repo="pypi:shop", base_commit="1.0", snapshot=snapshot.digest, license="MIT", source="pypi:shop", files=5,
        python_files=4, python_lines=80, python_bytes=2000,
    )  # fmt: skip
    return Codebase(repo=repo, symbols=symbols)


@pytest.fixture(scope="module")
def tests(codebase: Codebase, snapshot: Snapshot, testbed: Containers) -> tuple[StableTest, ...]:
    files = {path: snapshot[path] for path in snapshot}
    with testbed.start(StartState(files)) as sandbox:
        (run,) = run_jobs(sandbox, [Job(path=(".",), fork_each=True, trace=True)])
    where = {(symbol.file, symbol.start_line): place for place, symbol in enumerate(codebase.symbols)}
    return tuple(
        StableTest(id=test, seconds=0.1, covers=tuple(sorted(where[at] for at in run.covers[test] if at in where)))
        for test in sorted(run.passed)
    )


@pytest.fixture(scope="module")
def tried(
    codebase: Codebase,
    tests: tuple[StableTest, ...],
    snapshot: Snapshot,
    testbed: Containers,
    environment: dict[str, Any],
) -> tuple[Trial, ...]:
    files = {path: snapshot[path] for path in snapshot}
    with testbed.start(StartState(files)) as sandbox:
        return trials(
            codebase,
            files,
            tests,
            imported=frozenset(),
            environment=Environment.model_validate(environment),
            sandbox=sandbox,
            effort=BuildConfig(targets=5, mutants=40),
        )


def test_what_stands_in_the_library_or_beside_the_tree_is_found(testbed: Containers, snapshot: Snapshot) -> None:
    def body(function: Any) -> list[bytes]:
        return inspect.getsource(function).encode().split(b"\n")[1:]

    own = [b"    the_sum_of_all = first + second", b"    " + b"print(the_sum_of_all)", b"    return the_sum_of_all * 2"]
    bodies = {3: body(textwrap.fill), 5: own, 7: body(pytest.approx), 9: [*body(textwrap.fill)[-3:], own[0]]}
    with testbed.start(StartState({path: snapshot[path] for path in snapshot})) as sandbox:
        assert readable_elsewhere(sandbox, bodies) == {3, 7}


def test_a_function_that_tests_execute_is_tried(
    codebase: Codebase, tests: tuple[StableTest, ...], tried: tuple[Trial, ...]
) -> None:
    # ``rounded`` and ``Basket.total`` have one statement, and special methods are left alone.
    assert [codebase.symbols[trial.symbol].qualname for trial in tried] == ["total"]
    killers = {tests[number].id for number in tried[0].emptied.killed_by}
    assert killers == set(world.FAIL_TO_PASS)


def test_mutants_that_no_test_notices_are_left_out(
    snapshot: Snapshot, tests: tuple[StableTest, ...], tried: tuple[Trial, ...]
) -> None:
    noticed = tried[0].mutants
    bodies = set()
    for mutant in noticed:
        lines = tuple(line.encode() for line in mutant.lines)
        after = diffs.edited("m", snapshot[world.LIBRARY], [diffs.Edit(mutant.first_line, mutant.last_line, lines)])
        space: dict[str, Any] = {}
        exec(compile(ast.parse(after), "m", "exec"), space)
        bodies.add(after)
        assert wrong(space["total"], {tests[number].id.rpartition("::")[2] for number in mutant.killed_by}), mutant
    assert len(bodies) == len(noticed) > 8
    # Nothing in the tests tells 100 from 101 or from 99.
    written = [" ".join(mutant.lines) for mutant in noticed]
    assert not [line for line in written if "discount > 99" in line or "discount >= 100" in line]


ERROR = ValueError("discount")


def wrong(total: Any, killers: set[str]) -> bool:
    """Whether the function fails exactly in the way that its killers say."""
    return killers == {
        *([] if same(lambda: total([1.5, 2.25]), 3.75) else ["test_total"]),
        *([] if same(lambda: total([100], discount=25), 75.0) else ["test_total_with_discount"]),
        *(
            []
            if same(lambda: total([1], discount=101), ValueError("discount"))
            else ["test_a_large_discount_is_an_error"]
        ),
        *([] if same(lambda: total({"a": 1.0, "b": 2.5}.values()), 3.5) else ["test_a_basket_has_a_total"]),
    }


def same(call: Any, expected: object) -> bool:
    try:
        return bool(call() == expected)
    except Exception as error:  # noqa: BLE001 - a mutant can raise anything
        return isinstance(expected, ValueError) and isinstance(error, ValueError) and "discount" in str(error)


def task(row: dict[str, Any], snapshot: Snapshot, **changes: Any) -> Task:
    """A task's record from its row."""
    values = {
        "variant": "default", "repo": "pypi:shop", "base_commit": "1.0", "snapshot": snapshot.digest, "license": "MIT",
        "problem_statement": "", "subject": None, "difficulty": {}, "secrets": (),
        "provenance": Provenance(hgen="0", template="0", seed=0),
    }  # fmt: skip
    targets = tuple(Target(**target) for target in row["targets"])
    return Task.model_validate({**values, **row, "targets": targets, **changes})


def proven(made: Task, snapshot: Snapshot, testbed: Containers, *, more: tuple[Probe, ...] = ()) -> Proof:
    grading = families()[made.family].grading
    assert not isinstance(grading, Static)
    asked = TestedTask.of(made.model_dump(mode="json"))
    start = start_state(snapshot, made.setup_patch, made.candidate_patch)
    files = {target.file: start[target.file] for target in made.targets}
    probes = [*grading.probes(asked, files), *more]
    lazy = list(grading.lazy_answers(asked, files))
    return prove(asked, files, snapshot, testbed, probes=probes, lazy=lazy, alternatives=neutral_answers(asked, files))


@pytest.mark.parametrize(
    ("family", "candidate"),
    [("func-gen", None), ("test-gen", None), ("verify-repair", world.MUTANTS[0]), ("verify-repair", world.BODY)],
)
def test_a_sound_task_is_proven(
    family: str, candidate: str | None, snapshot: Snapshot, testbed: Containers, environment: dict[str, Any]
) -> None:
    row = world.task(family, environment, candidate)
    right = candidate == world.BODY
    large = f"{world.TESTS}::test_a_large_discount_is_an_error"
    changes: dict[str, Any] = {}
    if family == "verify-repair":
        rest = [test for test in (*world.FAIL_TO_PASS, *world.PASS_TO_PASS) if right or test != large]
        changes = {"FAIL_TO_PASS": () if right else (large,), "PASS_TO_PASS": tuple(rest)}
    proof = proven(task(row, snapshot, **changes), snapshot, testbed)
    assert not [name for name, score in proof.probes.items() if score.resolved]
    assert {name: score.resolved for name, score in proof.lazy.items()} == {
        "func-gen": {"return-none": False, "copied-neighbour": False},
        "test-gen": {},
        "verify-repair": {"leave-it": right, "copied-neighbour": False},
    }[family]
    assert proof.alternatives == (() if family == "test-gen" else ("named-result", "pass"))


def test_a_gold_patch_that_is_wrong_is_found_out(
    snapshot: Snapshot, testbed: Containers, environment: dict[str, Any]
) -> None:
    row = world.task("func-gen", environment)
    start = world.start_files("func-gen")
    row["patch"] = world.patch(start, {world.LIBRARY: world.library(world.MUTANTS[0])})
    with pytest.raises(Skip, match=r"^gold: .*tests-fail"):
        proven(task(row, snapshot), snapshot, testbed)


def test_a_test_that_need_not_fail_is_found_out(
    snapshot: Snapshot, testbed: Containers, environment: dict[str, Any]
) -> None:
    row = world.task("func-gen", environment)
    row["FAIL_TO_PASS"], row["PASS_TO_PASS"] = [*row["FAIL_TO_PASS"], row["PASS_TO_PASS"][0]], row["PASS_TO_PASS"][1:]
    with pytest.raises(Skip, match=r"^start-fails: .*passes in the start state"):
        proven(task(row, snapshot), snapshot, testbed)


def test_a_test_that_fails_without_being_asked_to_is_found_out(
    snapshot: Snapshot, testbed: Containers, environment: dict[str, Any]
) -> None:
    row = world.task("func-gen", environment)
    row["PASS_TO_PASS"], row["FAIL_TO_PASS"] = [*row["PASS_TO_PASS"], row["FAIL_TO_PASS"][0]], row["FAIL_TO_PASS"][1:]
    with pytest.raises(Skip, match=r"^start-fails: .*does not pass"):
        proven(task(row, snapshot), snapshot, testbed)


IN_ORDER = b"""from shop.pricing import total

seen = []


def test_before():
    seen.append(total)


def test_needs_the_other():
    assert seen[0]([1, 2]) == 3
"""


def test_a_test_that_passes_only_after_another_is_found_out(
    snapshot: Snapshot, testbed: Containers, environment: dict[str, Any], tmp_path: Path
) -> None:
    more = world.keep(tmp_path, {"tests/test_order.py": IN_ORDER})
    row = world.task("func-gen", environment)
    row["PASS_TO_PASS"] = [*row["PASS_TO_PASS"], "tests/test_order.py::test_before"]
    row["FAIL_TO_PASS"] = [*row["FAIL_TO_PASS"], "tests/test_order.py::test_needs_the_other"]
    assert grade(TestedTask.of(row), row["patch"], more, testbed).resolved
    with pytest.raises(Skip, match=r"^gold: .*test_needs_the_other does not pass by itself"):
        proven(task(row, more), more, testbed)


READS_THE_SOURCE = b"""import inspect

from shop.pricing import total


def test_how_it_is_written():
    assert "outcome" not in inspect.getsource(total)
"""


def test_a_test_that_refuses_a_rewritten_answer_is_found_out(
    snapshot: Snapshot, testbed: Containers, environment: dict[str, Any], tmp_path: Path
) -> None:
    more = world.keep(tmp_path, {"tests/test_source.py": READS_THE_SOURCE})
    row = world.task("func-gen", environment)
    row["PASS_TO_PASS"] = [*row["PASS_TO_PASS"], "tests/test_source.py::test_how_it_is_written"]
    assert grade(TestedTask.of(row), row["patch"], more, testbed).resolved
    with pytest.raises(Skip, match=r"^alternative: .*rewritten by named-result earns 0"):
        proven(task(row, more), more, testbed)


def test_a_cheat_that_succeeds_is_seen_as_a_full_success(
    snapshot: Snapshot, testbed: Containers, environment: dict[str, Any]
) -> None:
    made = task(world.task("func-gen", environment), snapshot)
    proof = proven(made, snapshot, testbed, more=(Probe("the-right-answer", made.patch),))
    assert proof.probes["the-right-answer"].resolved
    assert sum(score.resolved for score in proof.probes.values()) == 1


def test_a_mutant_that_the_removed_tests_do_not_notice_is_found_out(
    snapshot: Snapshot, testbed: Containers, environment: dict[str, Any]
) -> None:
    row = world.task("test-gen", environment)
    start = world.start_files("test-gen")
    unnoticed = world.BODY.replace("> 100", "> 100.5")
    row["mutants"] = [*row["mutants"], world.patch(start, {world.LIBRARY: world.library(unnoticed)})]
    with pytest.raises(Skip, match=r"^gold: .*mutants-live"):
        proven(task(row, snapshot), snapshot, testbed)
