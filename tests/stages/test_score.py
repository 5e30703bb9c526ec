"""``hgen score``: tasks and predictions joined by id, scored once, resumed, and nothing lost."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hgen import run as library
from hgen.errors import ConfigError, ShardError
from hgen.predictions.rewards import ScoreSummary
from hgen.predictions.submissions import PER_SHARD
from hgen.records import Reject, Scored
from hgen.runner import done_shards
from hgen.scoring import diffs
from hgen.shards import read_shard
from hgen.snapshots import Store, TreeLimits
from tests.command import HGEN, environment, hgen

SOURCE = b'''def first(x):
    """Return the first thing."""
    return x[0]


def last(x):
    """Return the last thing."""
    return x[-1]
'''
START = SOURCE.replace(b'    """Return the first thing."""\n', b"").replace(b'    """Return the last thing."""\n', b"")
RIGHT = diffs.edit("m.py", START, [diffs.Edit(2, 1, (b'    """Give the first item."""',))])
WRONG = diffs.edit("m.py", START, [diffs.Edit(6, 5, (b'    """Give the last item."""',))])

Row = dict[str, object]


class Bench:
    """An out folder with snapshots, and files of tasks and predictions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "out"
        self.snapshot = self.add(SOURCE)
        self.tasks = folder / "tasks.jsonl"
        self.predictions = folder / "predictions.jsonl"
        self.output = folder / "scores.jsonl"
        self.shards = folder / "scores.jsonl.shards"

    def add(self, source: bytes) -> str:
        tree = self.folder / f"tree{len(list(self.folder.glob('tree*')))}"
        tree.mkdir()
        (tree / "m.py").write_bytes(source)
        limits = TreeLimits(files=9, total_bytes=10**6, file_bytes=10**6)
        return Store(self.out / "snapshots").add(tree, limits).digest

    def task(self, instance_id: str, snapshot: str = "") -> Row:
        return {
            "instance_id": instance_id,
            "family": "func-localize",
            "snapshot": snapshot or self.snapshot,
            "setup_patch": diffs.render({"m.py": SOURCE}, {"m.py": START}),
            "targets": [{"file": "m.py", "qualname": "first", "kind": "function", "def_line": 1}],
            "subject": None,
        }

    def write(self, tasks: Sequence[Row], predictions: Sequence[Row | str]) -> None:
        self.tasks.write_text("".join(json.dumps(task) + "\n" for task in tasks), encoding="utf-8")
        lines = [line if isinstance(line, str) else json.dumps(line) for line in predictions]
        self.predictions.write_text("".join(line + "\n" for line in lines), encoding="utf-8")

    def score(self, jobs: int = 1, tasks: Path | None = None) -> ScoreSummary:
        return library.score(tasks or self.tasks, self.predictions, self.output, out=self.out, jobs=jobs)

    def rows(self) -> list[Row]:
        return [json.loads(line) for line in self.output.read_text(encoding="utf-8").splitlines()]

    def results(self) -> dict[object, object]:
        return {row["instance_id"]: row["reward"] for row in self.rows()}

    def receipts(self) -> dict[str, tuple[int, int]]:
        """When the receipt of each shard was written, and as which file: what is not done again keeps both."""
        found = sorted((self.shards / "score").glob("*.receipt.json"))
        return {path.name: (path.stat().st_mtime_ns, path.stat().st_ino) for path in found}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def answer(instance_id: str, patch: object = RIGHT, **more: object) -> Row:
    return {"instance_id": instance_id, "model_patch": patch, **more}


def test_each_prediction_gets_its_reward_and_what_is_odd_is_reported(bench: Bench) -> None:
    bench.write(
        [bench.task(name) for name in ("right", "wrong", "null", "number", "half", "openhands", "absent")],
        [
            answer("wrong", WRONG),
            answer("right", model_name_or_path="x"),
            answer("null", None),
            "this is not JSON",
            "[" * 100_000,
            answer("number", 3),
            {"instance_id": "openhands", "test_result": {"git_patch": RIGHT}, "history": []},
            answer("stranger"),
            {"model_patch": RIGHT},
            answer("half", "\ud83d"),
        ],
    )
    summary = bench.score()
    assert bench.results() == {"right": 1, "wrong": 0, "null": 0, "number": 0, "half": 0, "openhands": 1}
    assert [row["instance_id"] for row in bench.rows()] == ["right", "wrong", "null", "number", "half", "openhands"]
    assert (summary.tasks, summary.missing, summary.unknown) == (7, ("absent",), ("stranger",))
    assert len(summary.unreadable) == 3
    assert summary.failed
    (family,) = summary.families
    assert (family.predictions, family.graded, family.resolved) == (6, 6, 2)
    assert family.mean_reward == pytest.approx(1 / 3)
    assert dict(family.reasons) == {"docstring-elsewhere": 1, "target-missed": 1, "no-patch": 1, "not-a-string": 2}
    rejects = list(read_shard(bench.shards / "predictions/rejects.jsonl", Reject))
    assert [reject.reason for reject in rejects] == ["unreadable"] * 3 + ["unknown-task"]


@pytest.mark.parametrize("row", [{}, {"test_result": {}}, {"test_result": None}, {"patch": RIGHT}])
def test_a_row_without_a_patch_is_unreadable_and_not_a_wrong_answer(bench: Bench, row: Row) -> None:
    bench.write([bench.task("a"), bench.task("b")], [{"instance_id": "a", **row}, answer("b")])
    done = hgen("score", bench.tasks, bench.predictions, "--rewards", bench.output, "-o", bench.out, "--json")
    assert done.returncode == 1
    assert "row 1: a has no model_patch" in done.stderr
    assert bench.results() == {"b": 1}
    found = json.loads(done.stdout)
    assert (found["missing"], found["families"][0]["mean_reward"]) == (["a"], 1)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"setup_patch": "--- a/m.py\n+++ b/m.py\n@@ -1 +1 @@\n-x\n+y\n"}, "start-state"),
        ({"targets": "none"}, "bad-task"),
        ({"family": "no-such-family"}, "bad-task"),
        ({"family": "func-gen", "environment": {"python": 3}}, "bad-task"),
    ],
)
def test_no_verdict_is_no_reward_and_in_no_mean(bench: Bench, fault: Row, reason: str) -> None:
    bench.write([bench.task("a"), bench.task("b") | fault], [answer("a"), answer("b")])
    done = hgen("score", bench.tasks, bench.predictions, "--rewards", bench.output, "-o", bench.out, "--json")
    assert done.returncode == 1
    assert "1 predictions without a verdict: b" in done.stderr
    (_, row) = bench.rows()
    assert (row["reward"], row["resolved"]) == (None, False)
    assert [each["code"] for each in row["reasons"]] == [reason]
    families = json.loads(done.stdout)["families"]
    means = {family["family"]: (family["graded"], family["mean_reward"]) for family in families}
    assert means["func-localize"] == (1, 1)
    assert all(mean == (0, None) for name, mean in means.items() if name != "func-localize")
    (reject,) = read_shard(bench.shards / "score/00000.rejects.jsonl", Reject)
    assert (reject.source, reject.reason) == ("b (row 2)", reason)


def test_a_task_may_have_several_answers_of_several_models(bench: Bench) -> None:
    bench.write(
        [bench.task("a"), bench.task("b")],
        [
            answer("b", model_name_or_path="one"),
            answer("a", WRONG, model_name_or_path="one"),
            answer("a", model_name_or_path="two"),
            answer("a", model_name_or_path="two"),
        ],
    )
    summary = bench.score()
    assert [(row["instance_id"], row["row"], row["model_name_or_path"], row["reward"]) for row in bench.rows()] == [
        ("a", 2, "one", 0), ("a", 3, "two", 1), ("a", 4, "two", 1), ("b", 1, "one", 1),
    ]  # fmt: skip
    assert summary.families[0].mean_reward == 0.75
    (shard,) = done_shards(bench.shards, "score")
    assert {scored.row for scored in read_shard(shard, Scored)} == {1, 2, 3, 4}
    assert not summary.failed


def test_a_missing_snapshot_undoes_its_own_shard_and_the_others_are_scored(bench: Bench) -> None:
    other = bench.add(SOURCE + b"\n\nx = 1\n")
    bench.write(
        [bench.task("lost", "0" * 64), bench.task("a"), bench.task("b", other), bench.task("c")],
        [answer(name) for name in ("lost", "a", "b", "c")],
    )
    done = hgen("score", bench.tasks, bench.predictions, "--rewards", bench.output, "-o", bench.out)
    assert done.returncode == 1
    assert "00000.jsonl is undone" in done.stderr
    assert "000.zip is missing" in done.stderr
    assert bench.results() == {"a": 1, "b": 1, "c": 1}


def test_what_is_scored_is_not_scored_again(bench: Bench) -> None:
    count = PER_SHARD + 8
    tasks = [bench.task(f"t{number}") for number in range(count + 2)]
    rows = [answer(f"t{number}") for number in range(count)]
    bench.write(tasks, rows)
    bench.score()
    before, whole = bench.receipts(), bench.output.read_bytes()
    assert len(before) == 2
    bench.output.unlink()
    bench.score()
    assert (bench.receipts(), bench.output.read_bytes()) == (before, whole)
    # Rows that are added get a shard of their own, one that changed costs the shard that it was in.
    bench.write(tasks, [*rows, answer(f"t{count}"), answer("t0", WRONG)])
    bench.score()
    after = bench.receipts()
    assert {name: after[name] for name in before} == before
    assert len(after) == 3
    bench.write(tasks, [answer("t0", WRONG), *rows[1:]])
    bench.score()
    assert sum(after.get(name) == receipt for name, receipt in bench.receipts().items()) == 1
    assert bench.results() == {f"t{number}": int(number > 0) for number in range(count)}


def test_a_changed_task_is_scored_again(bench: Bench) -> None:
    bench.write([bench.task("a")], [answer("a")])
    bench.score()
    target = {"file": "m.py", "qualname": "last", "kind": "function", "def_line": 5}
    bench.write([{**bench.task("a"), "targets": [target]}], [answer("a")])
    bench.score()
    assert bench.results() == {"a": 0}


def test_workers_write_the_same_bytes_as_one_process(bench: Bench, tmp_path: Path) -> None:
    names = [f"t{number}" for number in range(3 * PER_SHARD)]
    bench.write(
        [bench.task(name) for name in reversed(names)],
        [answer(name, RIGHT if number % 2 else WRONG) for number, name in enumerate(names)],
    )
    bench.score(jobs=1)
    alone = bench.output.read_bytes()
    bench.output = tmp_path / "others.jsonl"
    bench.score(jobs=2)
    assert bench.output.read_bytes() == alone


def test_tasks_are_found_in_the_folders_that_hold_them(bench: Bench) -> None:
    row = {"task": bench.task("a"), "checks": [], "baselines": {}}
    bench.write([], [answer("a")])
    for folder, others in {"export/jsonl": ["export"], "validate": ["."]}.items():
        shards = bench.out / folder
        shards.mkdir(parents=True)
        (shards / "00000.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
        (shards / "00000.rejects.jsonl").write_text('{"source": "x"}\n', encoding="utf-8")
        for place in (folder, *others, "."):
            summary = bench.score(tasks=bench.out / place)
            assert not summary.failed
            assert summary.families[0].resolved == 1


def test_two_tasks_with_one_id_are_refused(bench: Bench) -> None:
    bench.write([bench.task("a"), bench.task("a")], [answer("a")])
    with pytest.raises(ConfigError, match="two tasks have the id a"):
        bench.score()


@pytest.mark.parametrize("line", ["{", '{"instance_id": 5}', '{"instance_id": "odd", "problem_statement": "\\ud800"}'])
def test_a_damaged_task_costs_itself_only(bench: Bench, line: str) -> None:
    bench.write([bench.task("one"), bench.task("two")], [answer("one"), answer("two")])
    if "odd" in line:
        line = json.dumps({**bench.task("odd"), "problem_statement": "\ud800"})
    with bench.tasks.open("a", encoding="utf-8") as tasks:
        tasks.write(line + "\n")
    found = bench.score()
    assert bench.results() == {"one": 1.0, "two": 1.0}
    assert found.failed
    assert "tasks.jsonl, byte" in found.problems()[0]


def test_a_target_that_the_start_state_does_not_have_gives_no_verdict(bench: Bench) -> None:
    absent = {"file": "x.py", "qualname": "first", "kind": "function", "def_line": 1}
    unknown = {"file": "m.py", "qualname": "middle", "kind": "function", "def_line": 9}
    bench.write(
        [{**bench.task(name), "targets": [target]} for name, target in (("absent", absent), ("unknown", unknown))],
        [answer("absent"), answer("unknown", WRONG)],
    )
    assert bench.score().failed
    assert bench.results() == {"absent": None, "unknown": None}


def test_what_holds_no_task_at_all_is_an_error(bench: Bench) -> None:
    bench.write([{"instance_id": "b"}], [answer("a")])
    with pytest.raises(ShardError, match="this line is no task"):
        bench.score()


def _link(file: Path, to: Path) -> Path:
    file.symlink_to(to)
    return file


def _hard_link(file: Path, to: Path) -> Path:
    os.link(to, file)
    return file


WAYS: dict[str, Callable[[Path, Path], Path]] = {
    "its name": lambda file, to: to,
    "another spelling": lambda file, to: to.parent / "out" / ".." / to.name,
    "a link": _link,
    "a hard link": _hard_link,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("given", ["tasks", "predictions"])
def test_rewards_never_replace_an_input(bench: Bench, given: str, way: str) -> None:
    bench.write([bench.task("a")], [answer("a")])
    file = getattr(bench, given)
    before = file.read_bytes()
    target = WAYS[way](bench.folder / "rewards.jsonl", file)
    done = hgen("score", bench.tasks, bench.predictions, "--rewards", target, "-o", bench.out)
    assert done.returncode == 2
    assert "is an input" in done.stderr
    assert file.read_bytes() == before


def test_rewards_never_replace_one_of_a_folders_tasks(bench: Bench) -> None:
    bench.write([bench.task("a")], [answer("a")])
    (bench.out / "validate").mkdir()
    bench.tasks.rename(bench.out / "validate/00000.jsonl")
    before = (bench.out / "validate/00000.jsonl").read_bytes()
    done = hgen("score", bench.out, bench.predictions, "--rewards", bench.out / "validate/00000.jsonl", "-o", bench.out)
    assert (done.returncode, "is an input" in done.stderr) == (2, True)
    assert (bench.out / "validate/00000.jsonl").read_bytes() == before


@pytest.mark.parametrize("content", ["my notes\n", '{"instance_id": "a", "model_patch": "x"}\n', "{}", "[1, 2]\n"])
def test_rewards_never_replace_what_is_no_rewards(bench: Bench, content: str) -> None:
    bench.write([bench.task("a")], [answer("a")])
    bench.output.write_text(content, encoding="utf-8")
    done = hgen("score", bench.tasks, bench.predictions, "--rewards", bench.output, "-o", bench.out)
    assert (done.returncode, "holds something else than rewards" in done.stderr) == (2, True)
    assert bench.output.read_text(encoding="utf-8") == content


def test_rewards_of_an_earlier_run_are_replaced_also_if_it_was_killed_while_it_wrote_them(bench: Bench) -> None:
    """An earlier hgen appended, and wrote digests beside the rewards."""
    bench.write([bench.task("a")], [answer("a")])
    old = {"instance_id": "z", "family": "f", "reward": 0.0, "resolved": False, "reasons": [], "inputs": "ab"}
    bench.output.write_text(json.dumps(old) + "\n" + json.dumps(old)[:20], encoding="utf-8")
    bench.score()
    assert bench.results() == {"a": 1}


def test_rewards_are_written_through_a_link(bench: Bench) -> None:
    bench.write([bench.task("a")], [answer("a")])
    bench.output.symlink_to(bench.folder / "elsewhere.jsonl")
    bench.score()
    assert bench.output.is_symlink()
    assert bench.results() == {"a": 1}


def test_somebodys_folder_beside_the_rewards_is_refused(bench: Bench) -> None:
    bench.write([bench.task("a")], [answer("a")])
    bench.shards.mkdir()
    (bench.shards / "thesis.tex").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="is not empty and no out folder"):
        bench.score()
    assert [path.name for path in bench.shards.iterdir()] == ["thesis.tex"]


def test_a_second_hgen_keeps_off_rewards_that_are_being_made(bench: Bench) -> None:
    import fcntl

    bench.write([bench.task("a")], [answer("a")])
    bench.shards.mkdir()
    with (bench.shards / ".hgen").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="another hgen is working"):
            bench.score()
    assert not bench.output.exists()


def test_kill_9_while_scoring_then_the_same_command_gives_the_same_rewards(undisturbed: Path, tmp_path: Path) -> None:
    found = [sound.task for sound in library.tasks(undisturbed)]
    predictions = tmp_path / "predictions.jsonl"
    rows = [answer(task.instance_id, patch) for task in found for patch in (task.patch, "", "nonsense")]
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    whole = library.score(undisturbed, predictions, tmp_path / "whole.jsonl", out=undisturbed).rewards.read_bytes()
    assert whole.count(b"\n") == len(rows)
    command = [*HGEN, "score", undisturbed, predictions, "-o", undisturbed, "-j", "2"]
    killed = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(), start_new_session=True
    )
    shards = tmp_path / "predictions.rewards.jsonl.shards/score"
    while not list(shards.glob("*.receipt.json")) and killed.poll() is None:
        time.sleep(0.001)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    rewards = tmp_path / "predictions.rewards.jsonl"
    assert not rewards.exists(), "the run ended before it could be killed"
    kept = {path: path.stat().st_ino for path in shards.glob("*.receipt.json")}
    done = hgen("score", undisturbed, predictions, "-o", undisturbed)
    assert done.returncode == 0, done.stderr
    assert rewards.read_bytes() == whole
    assert kept == {path: path.stat().st_ino for path in kept}


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize("rewards", ["", "mine.jsonl"])
@pytest.mark.parametrize("predictions", ["out", "typo.jsonl", "/dev/null"])
def test_predictions_that_cannot_be_read_are_named_and_leave_nothing(
    bench: Bench, predictions: str, rewards: str
) -> None:
    bench.write([bench.task("a")], [])
    before = files(bench.folder)
    more = ["--rewards", bench.folder / rewards] if rewards else []
    done = hgen("score", bench.tasks, bench.folder / predictions, *more, "-o", bench.out)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"hgen: cannot read {bench.folder / predictions}: ")
    assert files(bench.folder) == before


def test_a_dot_for_the_predictions_is_a_folder_like_others(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write([bench.task("a")], [])
    monkeypatch.chdir(bench.out)
    done = hgen("score", bench.tasks, ".", "-o", bench.out)
    assert done.returncode == 2
    assert done.stderr.startswith("hgen: cannot read .: the folder holds no predictions; known are JSON lines ")


def test_tasks_that_cannot_be_read_leave_nothing(bench: Bench) -> None:
    bench.write([], [answer("a")])
    before = files(bench.folder)
    with pytest.raises(ConfigError, match="cannot read"):
        bench.score(tasks=bench.folder / "typo.jsonl")
    assert files(bench.folder) == before


def test_rewards_into_a_pipe_are_refused(bench: Bench) -> None:
    bench.write([bench.task("a")], [answer("a")])
    done = hgen("score", bench.tasks, bench.predictions, "--rewards", "/dev/stdout", "-o", bench.out)
    assert (done.returncode, done.stderr) == (
        2,
        "hgen: /dev/stdout is no regular file, so that no rewards can be written there\n",
    )


@pytest.mark.parametrize("holds", ["out", "out/validate"])
def test_rewards_among_the_tasks_are_refused_the_first_time(bench: Bench, holds: str) -> None:
    bench.write([bench.task("a")], [answer("a")])
    (bench.out / "validate").mkdir()
    bench.tasks.rename(bench.out / "validate/00000.jsonl")
    bench.output = bench.out / "validate/rewards.jsonl"
    with pytest.raises(ConfigError, match="would be among the tasks"):
        bench.score(tasks=bench.folder / holds)
    assert not bench.output.exists()
    bench.output = bench.out / "rewards.jsonl"
    for _ in range(2):
        assert not bench.score(tasks=bench.folder / holds).failed


def test_write_protected_rewards_stay(bench: Bench) -> None:
    bench.write([bench.task("a")], [answer("a")])
    bench.score()
    bench.write([bench.task("a")], [answer("a", WRONG)])
    bench.output.chmod(0o444)
    before = bench.output.read_bytes()
    with pytest.raises(ConfigError, match="is write-protected"):
        bench.score()
    assert bench.output.read_bytes() == before


def test_rewards_with_columns_of_somebodys_own_stay(bench: Bench) -> None:
    bench.write([bench.task("a")], [answer("a")])
    bench.score()
    bench.score()
    bench.output.write_text(json.dumps(bench.rows()[0] | {"my_note": "years of work"}) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="holds something else than rewards"):
        bench.score()
    assert bench.rows()[0]["my_note"] == "years of work"


@pytest.mark.skipif(not os.path.ismount("/dev/shm"), reason="needs a second file system")
def test_the_shards_may_be_on_another_disk_than_the_rewards(bench: Bench) -> None:
    bench.write([bench.task("a")], [answer("a")])
    with tempfile.TemporaryDirectory(dir="/dev/shm") as disk:
        bench.shards.symlink_to(disk)
        for _ in range(2):
            bench.score()
            assert bench.results() == {"a": 1}
    assert {path.name for path in bench.folder.iterdir() if path.name.startswith(".")} == set()
