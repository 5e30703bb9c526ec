"""``hgen rollout``: models on real tasks in real sandboxes; what they leave is graded, and every run is kept once."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hgen.agents.results import FamilyRuns, runs_in
from hgen.errors import ConfigError
from hgen.records import AgentSettings, Run
from hgen.run import export_runs, rollout
from tests.command import HGEN, environment, hgen
from tests.endpoint.standin import KEY, Body, Fails, Says, endpoint

pytestmark = pytest.mark.container

SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"


def bash(*commands: str) -> Says:
    return Says("", calls=tuple(("bash", json.dumps({"command": command})) for command in commands))


def agent(model: str, **settings: object) -> AgentSettings:
    return AgentSettings.model_validate(
        {"model": model, "harness": "plain", "max_turns": 8, "run_seconds": 60, "command_seconds": 10, **settings}
    )


@pytest.fixture(scope="module")
def oracle(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The oracle's runs of four tasks, twice each."""
    runs = tmp_path_factory.mktemp("oracle") / "runs"
    done = rollout(undisturbed, runs, agent("oracle"), samples=2, limit=4, out=undisturbed)
    assert not done.stage.failures
    return runs


def turn(body: Body) -> int:
    return sum(message["role"] == "assistant" for message in body["messages"])


def one(undisturbed: Path, runs: Path, model: str = "m", **settings: object) -> Run:
    """The run of one task, with a model at an endpoint."""
    done = rollout(undisturbed, runs, agent(model, **settings), limit=1, out=undisturbed)
    assert not done.stage.failures, done.stage.failures
    (run,) = runs_in(runs)
    return run


def test_the_oracle_resolves_every_task_and_doing_nothing_none(oracle: Path, undisturbed: Path, tmp_path: Path) -> None:
    found = list(runs_in(oracle))
    assert {(run.resolved, run.reward, run.exit_status) for run in found} == {(True, 1.0, "submitted")}
    assert len({(run.instance_id, run.sample) for run in found}) == 8
    done = rollout(undisturbed, tmp_path / "runs", agent("nop"), limit=3, out=undisturbed)
    assert [each.row()["pass_at"] for each in done.families] == [{"1": 0.0}]


def test_the_same_call_does_nothing_again_and_more_samples_are_added(oracle: Path, undisturbed: Path) -> None:
    before = {shard: shard.stat().st_mtime_ns for shard in oracle.glob("*/rollout/*.jsonl")}
    done = rollout(undisturbed, oracle, agent("oracle"), samples=2, limit=4, out=undisturbed)
    assert done.stage.skipped == done.stage.shards == len({run.stem for run in before if "." not in run.stem})
    assert {shard: shard.stat().st_mtime_ns for shard in before} == before


def test_runs_become_rows_to_train_on(oracle: Path, tmp_path: Path) -> None:
    from hgen.config import Config

    summary = export_runs(oracle, Config(), tmp_path / "out")
    rows = [json.loads(line) for line in (summary.folder / "train.jsonl").read_text().splitlines()]
    assert len(rows) == 8
    for row in rows:
        assert [message["role"] for message in row["messages"]][:4] == ["system", "user", "assistant", "tool"]
        assert row["messages"][2]["tool_calls"][0]["function"]["name"] == "bash"
        assert json.loads(row["tools"])[0]["function"]["name"] == "bash"
        assert (row["resolved"], row["mask"], row["split"]) == (True, [], "train")
    import datasets

    table = datasets.load_dataset(str(summary.folder), cache_dir=str(tmp_path / "cache"))["train"]
    assert table.num_rows == 8


@pytest.mark.parametrize("style", ["tools", "text"])
def test_each_reply_stands_in_the_row_in_either_style(oracle: Path, tmp_path: Path, style: str) -> None:
    done = hgen("export", "--format", "sft", "--runs", oracle, "-o", tmp_path, "--style", style, "--per-task", "1")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "export/sft/train.jsonl").read_text().splitlines()]
    assert len(rows) == 4
    for row in rows:
        assert ("git apply" in json.dumps(row["messages"])) and (("tool" in str(row["messages"])) or style == "text")
        assert all(message["role"] != "tool" for message in row["messages"]) == (style == "text")


def test_sft_without_runs_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    refused = hgen("export", "--format", "sft", "-o", tmp_path)
    assert refused.returncode == 2
    assert "--runs RUNS" in refused.stderr


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    yield


@pytest.mark.usefixtures("at")
def test_a_model_at_an_endpoint_works_in_the_tree_and_is_graded(undisturbed: Path, tmp_path: Path) -> None:
    lines = [("git log --oneline | wc -l; ls",), ("touch stray.txt", "cat stray.txt"), (SUBMIT,)]
    with endpoint(lambda body: bash(*lines[turn(body)])) as stand_in:
        run = one(undisturbed, tmp_path / "runs", base_url=stand_in.address)
    assert (run.exit_status, run.turns, run.resolved, run.reward) == ("submitted", 3, False, 0.0)
    assert "stray.txt" in run.patch
    assert run.prompt_tokens and run.command_seconds
    assert [each.code for each in run.suspicious] == ["git-history"]
    steps = run.trajectory["steps"]
    assert [step["source"] for step in steps] == ["system", "user", "agent", "agent", "agent"]
    assert "<returncode>0</returncode>\n<output>\n1\n" in steps[2]["observation"]["results"][0]["content"]
    kept = [path.read_bytes() for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert not any(KEY.encode() in content for content in kept)


@pytest.mark.usefixtures("at")
@pytest.mark.parametrize(
    ("says", "exit_status"),
    [
        (Says("I think."), "silent"),
        (bash("sleep 0.01"), "looping"),
        (Says("", calls=(("python", "{}"),)), "format"),
        (Says("", calls=(("bash", "{not json"),)), "format"),
        (Fails(400, '{"error": {"message": "maximum context length is 10"}}'), "context"),
    ],
)  # fmt: skip
def test_a_model_that_does_not_get_on_is_stopped_and_said_so(
    undisturbed: Path, tmp_path: Path, says: Says, exit_status: str
) -> None:
    with endpoint(lambda _: says) as stand_in:
        run = one(undisturbed, tmp_path / "runs", base_url=stand_in.address)
    assert (run.exit_status, run.resolved) == (exit_status, False)


@pytest.mark.usefixtures("at")
def test_odd_commands_are_outputs_and_turns_are_counted(undisturbed: Path, tmp_path: Path) -> None:
    odd = ["printf 'a\\0b'", "head -c 3000000 /dev/zero | tr '\\0' x", "sleep 100", "exit 3", "echo \0", "kill -9 -1",
           "x" * 200_000]  # fmt: skip
    with endpoint(lambda body: bash(odd[turn(body) % len(odd)])) as stand_in:
        run = one(undisturbed, tmp_path / "runs", base_url=stand_in.address, command_seconds=2.0, max_turns=7)
    assert (run.exit_status, run.turns) == ("turns", 7)
    assert len(json.dumps(run.trajectory)) < 400_000


@pytest.mark.usefixtures("at")
def test_a_broken_endpoint_leaves_the_run_undone_and_the_same_call_takes_it_up(
    undisturbed: Path, tmp_path: Path
) -> None:
    from hgen.config import Config, EndpointConfig

    broken = {"is": True}

    def answer(body: Body) -> Says | Fails:
        return Fails(500) if broken["is"] and turn(body) == 1 else bash("ls" if turn(body) == 0 else SUBMIT)

    with endpoint(answer) as stand_in:
        settings = agent("m", base_url=stand_in.address)
        config = Config(endpoint=EndpointConfig(attempts=1))
        undone = rollout(undisturbed, tmp_path / "runs", settings, limit=1, out=undisturbed, config=config)
        assert undone.stage.failures and list(runs_in(tmp_path / "runs")) == []
        broken["is"] = False
        done = rollout(undisturbed, tmp_path / "runs", settings, limit=1, out=undisturbed, config=config)
        assert not done.stage.failures
    # The first reply was paid for once.
    assert [turn(body) for body in stand_in.bodies] == [0, 1, 1]


def test_kill_9_loses_no_run_and_makes_none_twice(undisturbed: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    command = [*HGEN, "rollout", str(undisturbed), "--model", "oracle", "--limit", "6", "-o", str(runs), "-j", "2"]
    for _ in range(3):
        process = subprocess.Popen(command, start_new_session=True, env=environment(), stderr=subprocess.DEVNULL)
        before = len(list(runs.glob("*/rollout/*.receipt.json")))
        while process.poll() is None and len(list(runs.glob("*/rollout/*.receipt.json"))) <= before:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert hgen(*command[len(HGEN) :]).returncode == 0
    found = [(run.instance_id, run.sample) for run in runs_in(runs)]
    assert len(found) == len(set(found)) == 6


def test_an_unknown_model_or_harness_is_an_error_before_anything_is_done(tmp_path: Path, undisturbed: Path) -> None:
    with pytest.raises(ConfigError, match="harness"):
        rollout(undisturbed, tmp_path / "runs", agent("oracle", harness="nothing"))
    with pytest.raises(ConfigError, match="cannot be imported"):
        rollout(undisturbed, tmp_path / "runs", agent("oracle", harness="no.such.thing"))
    assert not (tmp_path / "runs").exists()


def test_pass_at_k_is_the_unbiased_estimate() -> None:
    counted = FamilyRuns("m", "plain", "x")
    counted.by_task |= {"a": [True, False, False, False], "b": [False] * 4}
    assert counted.pass_at(1) == pytest.approx(0.125)
    assert counted.pass_at(2) == pytest.approx(0.25)
    assert counted.pass_at(5) is None
