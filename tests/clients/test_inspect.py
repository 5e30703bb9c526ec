"""Inspect AI runs what the format ``inspect`` writes."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.answers import rows
from tests.clients.environments import client, docker_config
from tests.clients.some_tasks import exported

EVALUATE = r"""
import json, sys
from pathlib import Path
sys.path.insert(0, ".")
import bundle
from inspect_ai import eval
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.tool import ToolCall

sandbox_type, limit, log_dir, gold, tried = sys.argv[1:]
rows = list(bundle.Bundle(Path()).rows())
patches = {row["problem_statement"]: row["patch"] for row in rows} if int(gold) else {}

def output(messages, tools, tool_choice, config):
    asked = next(message.text for message in messages if message.role == "user")
    if asked in patches and messages[-1].role != "tool":
        command = f"f=$(mktemp); cat > $f <<'THE END'\n{patches[asked]}THE END\ngit apply $f"
        said = ModelOutput.for_tool_call("mockllm", "bash", {"command": command})
    elif tried and messages[-1].role != "tool":
        said = ModelOutput.for_tool_call("mockllm", "bash", {"command": tried})
    else:
        said = ModelOutput.for_tool_call("mockllm", "submit", {"answer": "done"})
    said.usage = ModelUsage()
    return said

logs = eval(
    "hgen_tasks.py", model=get_model("mockllm/model", custom_outputs=output),
    task_args={"sandbox_type": sandbox_type}, limit=int(limit), display="none", log_dir=log_dir, log_format="json",
    max_sandboxes=2,
)
assert logs[0].status == "success", logs[0].error
print(json.dumps([sample.model_dump(mode="json") for sample in logs[0].samples]))
"""


@pytest.fixture(scope="module")
def tools() -> Path:
    return client("inspect-ai==0.3.285", python="python3.11")


def evaluated(
    tools: Path, folder: Path, tmp_path: Path, *, sandbox: str, gold: bool, command: str = "", limit: int = 3
) -> list[dict[str, object]]:
    """The samples, where the mock model replays the reference answer, or runs a command, or gives up at once."""
    arguments = [sandbox, str(limit), tmp_path, str(int(gold)), command]
    # A telemetry that was asked for by name is another tool's; the model's own usage stands in for a tokenizer.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INSPECT_")}
    environment |= {"HOME": str(tmp_path)}
    if sandbox == "docker":
        environment |= {"DOCKER_CONFIG": str(docker_config(tmp_path))}
    done = subprocess.run(
        [tools / "python", "-c", EVALUATE, *arguments], capture_output=True, text=True, check=False, env=environment,
        cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(params=["local", pytest.param("docker", marks=pytest.mark.container)])
def sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "docker":
        monkeypatch.setenv("HGEN_IMAGE", request.getfixturevalue("base_image"))
    return request.param


@pytest.mark.submission
@pytest.mark.container
@pytest.mark.parametrize("gold", [True, False])
def test_tasks_that_tests_judge_run_in_their_images_and_are_graded_beside_them(
    gold: bool, tools: Path, undisturbed: Path, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    _, out = exported(undisturbed, tmp_path_factory.getbasetemp(), "inspect")
    samples = evaluated(tools, out / "export/inspect", tmp_path, sandbox="docker", gold=gold, limit=99)
    assert {sample["metadata"]["family"] for sample in samples} == {"func-gen", "test-gen", "verify-repair"}
    for sample in samples:
        score = sample["scores"]["graded"]
        assert score["value"]["reward"] == score["value"]["resolved"] == float(gold), score["explanation"]


@pytest.mark.parametrize("gold", [True, False])
def test_the_reference_answer_earns_1_and_nothing_0(
    gold: bool, sandbox: str, tools: Path, exports: Path, tmp_path: Path
) -> None:
    samples = evaluated(tools, exports / "inspect", tmp_path, sandbox=sandbox, gold=gold)
    assert len(samples) == 3
    for sample in samples:
        score = sample["scores"]["graded"]
        assert score["value"]["reward"] == score["value"]["resolved"] == score["value"]["module_f1"] == float(gold)
        assert score["explanation"].startswith("" if gold else "empty-patch: ")
        assert score["answer"].startswith("diff --git " if gold else "")


def test_an_answer_that_cannot_be_taken_earns_nothing_and_ends_no_evaluation(
    tools: Path, exports: Path, tmp_path: Path
) -> None:
    command = 'rm -rf "$PWD"; touch "$PWD"'
    for sample in evaluated(tools, exports / "inspect", tmp_path, sandbox="local", gold=False, command=command):
        assert sample["scores"]["graded"]["value"]["reward"] == 0
        assert sample["scores"]["graded"]["explanation"].startswith("damaged-patch: there is no answer to grade")


def test_no_answer_is_in_the_log(tools: Path, exports: Path, tmp_path: Path) -> None:
    tasks = rows(exports / "inspect/answers.zip")
    for sample in evaluated(tools, exports / "inspect", tmp_path, sandbox="local", gold=False):
        row = next(row for row in tasks if row["instance_id"] == sample["id"])
        assert sample["input"] == row["problem_statement"]
        assert set(sample["metadata"]) == {"name", "split", "family", "variant", "repo", "base_commit", "license"}
        assert json.dumps(row["patch"])[1:-1] not in json.dumps(sample)
