"""``hgen rollout`` drives mini-swe-agent's own agent class, and Harbor's validator takes the trajectories."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.clients.environments import client
from tests.endpoint.standin import KEY, Body, Says, endpoint

pytestmark = [pytest.mark.container, pytest.mark.network, pytest.mark.timeout(3600)]

CHECKOUT = Path(__file__).parents[2]
SUBMIT = "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
VALIDATE = """
import json, sys
from harbor.utils.trajectory_validator import TrajectoryValidator
for line in sys.stdin:
    validator = TrajectoryValidator()
    assert validator.validate(json.loads(line)), validator.errors
    print("valid")
"""


def bash(*commands: str) -> Says:
    return Says("I look.", calls=tuple(("bash", json.dumps({"command": command})) for command in commands))


REPLIES = {
    "submitted": lambda turn: bash("ls", "git log") if turn == 0 else bash(SUBMIT),
    "turns": lambda turn: bash(f"echo {turn}"),
    "format": lambda turn: Says("", calls=(("bash", "{no json"),)),
}


def rolled_out(tasks: Path, runs: Path, *arguments: str) -> list[dict]:
    """The runs of an agent with the harness ``mini``."""
    command = [client("mini-swe-agent==2.4.6", str(CHECKOUT), "openai>=2.0", python="python3.12") / "hgen", "rollout"]
    command += [tasks, "--harness", "mini", "--out", tasks, "-o", runs, "-j", "1", *arguments]
    environment = {**os.environ, "OPENAI_API_KEY": KEY, "HOME": str(runs.parent)}
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    shards = sorted(runs.glob("*/rollout/[0-9]*.jsonl"))
    return [json.loads(shard.read_text()) for shard in shards if shard.name.count(".") == 1]


def require_valid(runs: list[dict]) -> None:
    lines = "".join(json.dumps(run["trajectory"]) + "\n" for run in runs)
    python = client("harbor==0.26.0", python="python3.12") / "python"
    done = subprocess.run([python, "-c", VALIDATE], input=lines, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["valid"] * len(runs), done.stderr


def test_the_oracle_resolves_tasks_in_either_harness(undisturbed: Path, tmp_path: Path) -> None:
    runs = rolled_out(undisturbed, tmp_path / "runs", "--model", "oracle", "--limit", "2")
    assert [(run["resolved"], run["exit_status"]) for run in runs] == [(True, "submitted")] * 2
    require_valid(runs)


@pytest.mark.parametrize("exit_status", REPLIES)
def test_what_a_model_says_stays_in_the_trajectory_however_it_ends(
    exit_status: str, undisturbed: Path, tmp_path: Path
) -> None:
    def answer(body: Body) -> Says:
        return REPLIES[exit_status](sum(message["role"] == "assistant" for message in body["messages"]))

    with endpoint(answer) as stand_in:
        model = ["--model", "m", "--base-url", stand_in.address, "--limit", "1", "--max-turns", "4"]
        (run,) = rolled_out(undisturbed, tmp_path / "runs", *model)
    assert (run["exit_status"], run["resolved"]) == (exit_status, False)
    agent = [step for step in run["trajectory"]["steps"] if step["source"] == "agent"]
    assert len(agent) == run["turns"] > 1
    assert all(step["metrics"]["completion_tokens"] >= 0 and step["tool_calls"] for step in agent)
    require_valid([run])
