"""What predictions for the executable families earn."""

import json
from pathlib import Path
from typing import Any

import pytest

from hgen.config import Config, SandboxConfig
from hgen.run import score as score_predictions
from hgen.sandbox.container import Containers
from hgen.scoring import Score
from hgen.scoring.tested.task import TestedTask
from hgen.snapshots.snapshot import Snapshot
from hgen.testbed.grading import grade
from tests.testbed import world
from tests.testbed.world import BODY, KEPT, LIBRARY, MUTANTS, TESTS, library, start_files

pytestmark = [pytest.mark.container, pytest.mark.network]


class Grader:
    """Grades answers that are given as the contents of the files that they change."""

    def __init__(self, environment: dict[str, Any], testbed: Containers, snapshot: Snapshot) -> None:
        self._environment = environment
        self._testbed = testbed
        self._snapshot = snapshot

    def __call__(
        self,
        family: str,
        changes: dict[str, bytes | None] | None,
        candidate: str | None = None,
        *,
        commit: bool = False,
    ) -> Score:
        task = world.task(family, self._environment, candidate)
        met = start_files(family)
        if candidate is not None and not commit:
            met[LIBRARY] = library(candidate)
        prediction = task["patch"] if changes is None else world.patch(met, changes)
        return grade(TestedTask.of(task), prediction, self._snapshot, self._testbed)


@pytest.fixture
def graded(environment: dict[str, Any], testbed: Containers, snapshot: Snapshot) -> Grader:
    return Grader(environment, testbed, snapshot)


def codes(score: Score) -> list[str]:
    return [reason.code for reason in score.reasons]


def test_the_reference_answer_is_right_each_time_and_nothing_is_not(graded):
    scores = {graded("func-gen", None) for _ in range(3)}
    assert scores == {Score(1.0, True, 1.0, 1.0, 1.0, ())}
    assert codes(graded("func-gen", {})) == ["empty-patch"]


HONEST = {
    "in other words": "    if not discount <= 100:\n        raise ValueError(f'discount {discount}')\n"
    "    return rounded(sum(prices) * (1 - discount / 100))",
    "with an import": "    import decimal\n    if discount > 100:\n        raise ValueError('discount')\n"
    "    whole = sum(map(decimal.Decimal, prices), decimal.Decimal(0))\n"
    "    return float(rounded(whole - whole * discount / 100))",
    "with a helper": BODY.replace("sum(prices)", "_sum(prices)") + "\n\n\ndef _sum(numbers):\n"
    "    result = 0\n    for number in numbers:\n        result += number\n    return result",
    "with a class": "    class Sum:\n        def __init__(self, start):\n            self.value = start\n"
    "        def add(self, number):\n            return self.__class__(self.value + number)\n"
    "    if discount > 100:\n        raise ValueError('discount')\n    so_far = Sum(0)\n"
    "    for price in prices:\n        so_far = so_far.add(price)\n"
    "    return rounded(so_far.value * (100 - discount) / 100)",
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_answer_is_right_however_it_is_written(graded, name):
    assert graded("func-gen", {LIBRARY: library(HONEST[name])}) == Score(1.0, True, 1.0, 1.0, 1.0, ())


def test_what_an_agent_leaves_beside_its_answer_is_ignored(graded):
    answer = {
        LIBRARY: library(), TESTS: b"def test_of_mine():\n    assert 0\n", "scratch.py": b"raise SystemExit\n",
        "tests/test_more.py": b"import nothing\n", "pyproject.toml": b"[tool.pytest.ini_options]\nminversion = '99'\n",
        "tests/__init__.py": b"raise ValueError\n",
    }  # fmt: skip
    assert graded("func-gen", answer).reward == 1.0


def test_a_wrong_answer_earns_nothing_and_is_told_how_much_was_right(graded):
    score = graded("func-gen", {LIBRARY: library(BODY.replace("> 100", "> 1000"))})
    assert (score.reward, score.resolved, score.recall) == (0.0, False, 0.75)
    assert codes(score) == ["tests-fail"]
    assert codes(graded("func-gen", {LIBRARY: library("    while True: pass\n    return (")})) == ["does-not-parse"]


def test_a_candidate_must_be_repaired_if_it_is_flawed_and_left_if_it_is_not(graded):
    flawed = MUTANTS[1]
    assert graded("verify-repair", None, flawed).reward == 1.0
    assert codes(graded("verify-repair", {}, flawed)) == ["tests-fail"]
    assert graded("verify-repair", {LIBRARY: library()}, flawed, commit=True).reward == 1.0
    assert graded("verify-repair", {}, BODY).resolved
    assert codes(graded("verify-repair", {LIBRARY: library(flawed)}, BODY)) == ["tests-fail"]
    assert codes(graded("verify-repair", {"README": b"right\n"}, flawed)) == ["tests-fail"]


def written(*tests: str, head: str = "") -> dict[str, bytes | None]:
    text = f"import pytest\n{head}from shop.pricing import total\n\n\n" + "\n\n\n".join(tests) + "\n"
    return {"tests/test_total.py": text.encode()}


SUM = "def test_sum():\n    assert total([1, 2.5]) == 3.5"
PERCENT = "def test_percent():\n    assert total([100, 100], 25) == 150"
ERROR = "def test_error():\n    with pytest.raises(ValueError):\n        total([], 101)"


def test_written_tests_earn_the_share_of_mutants_that_they_notice(graded):
    gold = graded("test-gen", None)
    assert (gold.reward, gold.resolved, gold.parts["mutants"], gold.reasons) == (1.0, True, 1.0, ())
    assert [len(tests) for tests in gold.noticed] == [1, 1, 1, 3]
    assert graded("test-gen", written(SUM, PERCENT, ERROR)).reward == 1.0
    some = graded("test-gen", written(SUM, PERCENT))
    assert (some.reward, some.resolved, codes(some)) == (0.75, True, ["mutants-live"])
    few = graded("test-gen", written(ERROR))
    assert (few.reward, few.resolved) == (0.25, False)
    appended = {TESTS: KEPT.replace("rounded\n", "rounded, total\n", 1).encode() + b"\n\n" + PERCENT.encode() + b"\n"}
    assert graded("test-gen", appended).reward == 0.75


SKIPPED = "def test_it():\n    pytest.skip('no')"
TO_FAIL = "@pytest.mark.xfail\ndef test_wrong():\n    assert total([1]) == 2"


def test_skipped_tests_and_those_that_fail_as_marked_count_neither_way(graded):
    assert graded("test-gen", written(SUM, PERCENT, SKIPPED, TO_FAIL)).reward == 0.75
    skips = ERROR.replace("pytest.raises(ValueError)", "skipped_without(ValueError)")
    head = "import contextlib\n\n@contextlib.contextmanager\ndef skipped_without(error):\n"
    head += "    try:\n        yield\n        pytest.skip('no error')\n    except error:\n        pass\n\n"
    assert graded("test-gen", written(SUM, PERCENT, skips, head=head)).reward == 0.75


UNFIT = {
    "fail on the true code": (written(SUM, "def test_wrong():\n    assert total([1]) == 2"), "wrong-on-true-code"),
    "are skipped": (written(SKIPPED), "no-tests"),
    "are marked to fail": (written(TO_FAIL), "no-tests"),
    "are marked to fail and pass": (written(SUM, TO_FAIL.replace("== 2", "== 1")), "wrong-on-true-code"),
    "are skipped in another order": (
        written(
            "def test_sum():\n    seen.append(total([1]))",
            "def test_third():\n    if not seen:\n        pytest.skip('first')",
            head="seen = []\n",
        ),
        "wrong-on-true-code",
    ),
    "cannot be collected": ({"tests/test_total.py": b"import nothing\n"}, "wrong-on-true-code"),
    "are none": ({"tests/test_total.py": b"VALUE = 1\n"}, "no-tests"),
    "stood there": ({TESTS: KEPT.encode() + b"\n\nVALUE = 1\n"}, "no-tests"),
    "come with other code": (written(SUM) | {LIBRARY: library() + b"\n# more\n"}, "not-a-test"),
    "come with configuration": (written(SUM) | {"pytest.ini": b"[pytest]\n"}, "not-a-test"),
    "replace what starts Python": (written(SUM) | {"tests/sitecustomize.py": b""}, "not-a-test"),
    "delete others": (written(SUM) | {TESTS: None}, "not-a-test"),
    "exit": (written(SUM, "def test_z():\n    import os\n    os._exit(0)"), "ended-early"),
    "judge the text": (
        written(
            f"def test_text():\n    text = open('{LIBRARY}').read()\n"
            f"    assert hashlib.sha256(text.encode()).hexdigest() == {world.digest(library())!r}",
            head="import hashlib\n",
        ),
        "reaches-for-code",
    ),
    "ask git": (
        written(
            "def test_git():\n    done = subprocess.run(['git', 'diff', '--quiet'], check=False)\n"
            "    assert done.returncode == 0",
            head="import subprocess\n",
        ),
        "reaches-for-code",
    ),
    "judge the code": (
        written("def test_code():\n    assert len(total.__code__.co_code) == 70 or not total.__code__.co_code"),
        "reaches-for-code",
    ),
    "count the runs": (
        written(
            "def test_count():\n    path = pathlib.Path('/tmp/count')\n"
            "    count = int(path.read_text()) + 1 if path.exists() else 1\n    path.write_text(str(count))\n"
            "    assert count < 5",
            head="import pathlib\n",
        ),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT)
def test_written_tests_earn_nothing_if_they(graded, name):
    changes, code = UNFIT[name]
    score = graded("test-gen", changes)
    assert (score.reward, score.resolved) == (0.0, False)
    # Which of the five runs on right code comes too late is chance.
    assert codes(score) in ([[code]] if code else [["wrong-on-true-code"], ["judges-the-text"]])


def test_predictions_for_all_families_are_scored_by_the_command(
    environment: dict[str, Any], snapshot: Snapshot, kept: Path, tmp_path: Path
) -> None:
    rows = [world.task("func-gen", environment), world.task("test-gen", environment)]
    rows = [{**row, "snapshot": snapshot.digest, "repo": "local:world", "base_commit": "1.0"} for row in rows]
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    answers = [{"instance_id": row["instance_id"], "model_patch": row["patch"]} for row in rows]
    (tmp_path / "answers.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers), encoding="utf-8")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/snapshots").symlink_to(kept / "store")
    found = score_predictions(
        tmp_path / "tasks.jsonl",
        tmp_path / "answers.jsonl",
        out=tmp_path / "out",
        config=Config(sandbox=SandboxConfig(base_image=world.BASE)),
        cache=kept / "cache",
    )
    assert not found.failed
    assert {(family.family, family.resolved) for family in found.families} == {("func-gen", 1), ("test-gen", 1)}
