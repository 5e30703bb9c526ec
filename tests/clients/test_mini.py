"""mini-swe-agent works on a task in the task's image, and what it hands in is scored as what it is."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.clients.environments import client
from tests.clients.some_tasks import FAMILIES, exported
from tests.command import hgen

pytestmark = [pytest.mark.container, pytest.mark.network, pytest.mark.timeout(3600)]

MINI = "mini-swe-agent==2.4.6"
PYTHON = "python3.12"


@pytest.fixture(scope="module")
def outs(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return exported(undisturbed, tmp_path_factory.getbasetemp(), "swebench")


def rows(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "export/swebench/train.jsonl").read_text().split("\n")[:-1]]


def run(folder: Path, row: dict, tasks: Path, steps: list[str]) -> dict[str, dict]:
    """Have the agent take these steps, with no network; what it handed in."""
    outputs = [
        {"role": "assistant", "content": "", "extra": {"actions": [{"command": step}], "cost": 0.0}} for step in steps
    ]
    model = {"model_class": "minisweagent.models.test_models.DeterministicModel", "outputs": outputs}
    settings = {"model": model, "environment": {"run_args": ["--rm", "--network", "none"]}}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "steps.yaml").write_text(yaml.safe_dump(settings))
    environment = {
        **os.environ,
        "HOME": str(folder),
        "MSWEA_CONFIGURED": "1",
        "MSWEA_SILENT_STARTUP": "1",
        "HF_HUB_OFFLINE": "1",
    }
    command = [client(MINI, "datasets==5.2.0", python=PYTHON) / "mini-extra", "swebench", "--subset", tasks]
    command += ["--split", "train", "--filter", f"{row['instance_id']}$", "-o", folder / "runs"]
    command += ["-c", "swebench.yaml", "-c", folder / "steps.yaml"]
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    trajectory = (folder / f"runs/{row['instance_id']}/{row['instance_id']}.traj.json").read_text()
    assert json.loads(trajectory)["info"]["exit_status"] == "Submitted"
    assert "HGEN_ANSWER" not in trajectory
    return json.loads((folder / "runs/preds.json").read_bytes())


def test_what_the_agent_hands_in_earns_its_reward_in_every_family(outs, tmp_path: Path) -> None:
    scored = set()
    for out in outs:
        submitted = {}
        for row in rows(out):
            steps = [
                "git status --porcelain && git log --oneline && pwd",
                f"git apply <<'PATCH'\n{row['patch']}PATCH\n",
                "git add --all && git diff --cached > /tmp/patch.txt",
                "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT && cat /tmp/patch.txt",
            ]
            submitted |= run(tmp_path / out.name, row, out / "export/swebench", steps)
        rewards = tmp_path / f"{out.name}.rewards.jsonl"
        predictions = tmp_path / out.name / "runs/preds.json"
        done = hgen("score", out / "export/swebench", predictions, "--rewards", rewards, "-o", tmp_path / "scoring")
        assert done.returncode == 0, done.stderr
        earned = [json.loads(line) for line in rewards.read_text().split("\n")[:-1]]
        assert {reward["instance_id"]: reward["reward"] for reward in earned} == dict.fromkeys(submitted, 1)
        scored |= {reward["family"] for reward in earned}
    assert scored == FAMILIES


def test_an_agent_that_does_nothing_earns_nothing(outs, tmp_path: Path) -> None:
    out = outs[0]
    row = rows(out)[0]
    handed_in = run(tmp_path, row, out / "export/swebench", ["echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT; git diff"])
    assert handed_in[row["instance_id"]]["model_patch"].strip() == ""
