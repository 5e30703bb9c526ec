"""``hgen score``'s stage: tasks and predictions joined by id, scored once, resumed, and nothing lost."""

import json
from pathlib import Path

import pytest

from hgen.config import SandboxConfig
from hgen.errors import ConfigError, ShardError
from hgen.executors import InProcess, local
from hgen.scoring import diffs
from hgen.snapshots import Limits, Store
from hgen.stages.score import EngineChoice, ScoreSummary, score_predictions

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


class Bench:
    """A store with one tree, and files of tasks and predictions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tree").mkdir()
        (folder / "tree" / "m.py").write_bytes(SOURCE)
        self.store = folder / "snapshots"
        self.engine = EngineChoice(SandboxConfig(), folder / "cache")
        self.snapshot = (
            Store(self.store).add(folder / "tree", Limits(files=9, total_bytes=10**6, file_bytes=10**6)).digest
        )
        self.tasks = folder / "tasks.jsonl"
        self.predictions = folder / "predictions.jsonl"
        self.output = folder / "results" / "scores.jsonl"

    def task(self, instance_id: str) -> dict[str, object]:
        return {
            "instance_id": instance_id,
            "family": "func-localize",
            "snapshot": self.snapshot,
            "setup_patch": diffs.render({"m.py": SOURCE}, {"m.py": START}),
            "targets": [{"file": "m.py", "qualname": "first", "kind": "function", "def_line": 1}],
            "subject": None,
        }

    def write(self, tasks: list[dict[str, object]], predictions: list[object]) -> None:
        self.tasks.write_text("".join(json.dumps(task) + "\n" for task in tasks), encoding="utf-8")
        lines = [line if isinstance(line, str) else json.dumps(line) for line in predictions]
        self.predictions.write_text("".join(line + "\n" for line in lines), encoding="utf-8")

    def score(self, jobs: int = 1, batch: int = 2) -> ScoreSummary:
        with local(jobs) as executor:
            return score_predictions(
                self.tasks,
                self.predictions,
                self.output,
                store=self.store,
                engine=self.engine,
                executor=executor,
                batch=batch,
            )

    def results(self) -> dict[str, float]:
        rows = [json.loads(line) for line in self.output.read_text(encoding="utf-8").splitlines()]
        return {row["instance_id"]: row["reward"] for row in rows}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_each_prediction_gets_its_reward_and_what_is_odd_is_reported(bench: Bench):
    bench.write(
        [bench.task(name) for name in ("right", "wrong", "null", "number", "openhands", "absent")],
        [
            {"instance_id": "wrong", "model_patch": WRONG},
            {"instance_id": "right", "model_patch": RIGHT, "model_name_or_path": "x"},
            {"instance_id": "null", "model_patch": None},
            "this is not JSON",
            "[" * 100_000,
            {"instance_id": "number", "model_patch": 3},
            {"instance_id": "openhands", "test_result": {"git_patch": RIGHT}, "history": []},
            {"instance_id": "stranger", "model_patch": RIGHT},
            {"model_patch": RIGHT},
        ],
    )
    summary = bench.score()
    assert bench.results() == {"right": 1, "wrong": 0, "null": 0, "number": 0, "openhands": 1}
    assert (summary.tasks, summary.missing, summary.unknown) == (6, ("absent",), ("stranger",))
    assert len(summary.unreadable) == 3
    assert not summary.complete
    (family,) = summary.families
    assert (family.predictions, family.resolved, family.mean_reward) == (5, 2, 0.4)
    assert dict(family.reasons) == {"docstring-elsewhere": 1, "target-missed": 1, "no-patch": 1, "not-a-string": 1}


def test_two_predictions_for_one_task_are_refused(bench: Bench):
    bench.write([bench.task("a")], [{"instance_id": "a", "model_patch": RIGHT}] * 2)
    with pytest.raises(ConfigError, match="two predictions for a"):
        bench.score()


def test_a_run_cut_anywhere_is_resumed_to_the_same_bytes(bench: Bench):
    names = [f"t{number}" for number in range(7)]
    patches = [RIGHT, WRONG, "", RIGHT, "nonsense", RIGHT, WRONG]
    bench.write(
        [bench.task(name) for name in names],
        [{"instance_id": name, "model_patch": patch} for name, patch in zip(names, patches, strict=True)],
    )
    first = bench.score()
    whole = bench.output.read_bytes()
    for cut in range(0, len(whole), 97):
        bench.output.write_bytes(whole[:cut])
        summary = bench.score()
        assert bench.output.read_bytes() == whole
        assert summary.families == first.families
        assert summary.resumed == whole[:cut].count(b"\n")


def test_a_changed_prediction_is_scored_again_and_the_others_are_kept(bench: Bench):
    tasks = [bench.task("a"), bench.task("b")]
    bench.write(tasks, [{"instance_id": "a", "model_patch": WRONG}, {"instance_id": "b", "model_patch": RIGHT}])
    bench.score()
    bench.write(tasks, [{"instance_id": "a", "model_patch": RIGHT}, {"instance_id": "b", "model_patch": RIGHT}])
    assert bench.score().resumed == 1
    assert bench.results() == {"a": 1, "b": 1}


def test_workers_write_the_same_bytes_as_one_process(bench: Bench):
    names = [f"t{number}" for number in range(9)]
    bench.write(
        [bench.task(name) for name in names],
        [{"instance_id": name, "model_patch": RIGHT if number % 2 else WRONG} for number, name in enumerate(names)],
    )
    bench.score(jobs=1)
    alone = bench.output.read_bytes()
    bench.output.unlink()
    bench.score(jobs=2)
    assert bench.output.read_bytes() == alone


def test_records_of_validation_and_folders_of_shards_are_tasks_too(bench: Bench):
    shards = bench.folder / "validate"
    shards.mkdir()
    row = {"task": bench.task("a"), "checks": [], "baselines": {}}
    (shards / "00000.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (shards / "00000.rejects.jsonl").write_text('{"source": "x"}\n', encoding="utf-8")
    bench.write([], [{"instance_id": "a", "model_patch": RIGHT}])
    for tasks in (shards, bench.folder):
        summary = score_predictions(
            tasks, bench.predictions, bench.output, store=bench.store, engine=bench.engine, executor=InProcess()
        )
        assert summary.complete
        assert summary.families[0].resolved == 1


def test_a_missing_snapshot_is_no_verdict(bench: Bench):
    bench.write([{**bench.task("a"), "snapshot": "0" * 64}], [{"instance_id": "a", "model_patch": RIGHT}])
    with pytest.raises(ShardError):
        bench.score()
    assert not bench.output.exists() or not bench.output.read_bytes()
