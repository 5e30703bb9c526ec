"""TRL's side of the formats ``trl`` and ``harbor``, and ``datasets`` with no network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.answers import rows
from tests.clients.environments import client
from tests.command import hgen

LOAD = """
import json, sys
from datasets import Json, List, Value, load_dataset

for kind, said in (("grpo", "prompt"), ("sft", "messages")):
    rows = load_dataset(sys.argv[1], kind, split="train")
    told = List({"role": Value("string"), "content": Value("string")})
    assert rows.features[said] == told, rows.features
    assert rows.features["tools"] == List(Json()), rows.features
    assert all(feature == Value("string") for name, feature in rows.features.items() if name not in (said, "tools"))
    assert rows[0]["tools"][0]["function"]["parameters"]["required"] == ["command"]
    print(json.dumps([row[said] for row in rows]))
assert load_dataset(sys.argv[1], split="train").features["prompt"] == told
"""

SCHEMA = """
import json, sys
sys.path.insert(0, sys.argv[1])
from environment import HgenEnvironment
from transformers.utils import get_json_schema

print(json.dumps(get_json_schema(HgenEnvironment().bash)))
"""

ROLLOUT = """
import base64, json, sys
sys.path.insert(0, sys.argv[1])
from environment import BUNDLE, HgenEnvironment

row = json.loads(next(open(f"{sys.argv[1]}/grpo/train.jsonl")))
gold = base64.b64encode(BUNDLE.gold(row["name"])).decode()
environment = HgenEnvironment()
rewards = []
for command in ("true", f"echo {gold} | base64 -d | git apply -"):
    environment.reset(**row)
    assert environment.bash(command) == ""
    rewards.append(environment.get_reward())
    assert environment.verdict["resolved"] == (rewards[-1] == 1)
print(json.dumps(rewards))
"""

BROKEN = """
import json, sys
sys.path.insert(0, sys.argv[1])
import container
from environment import HgenEnvironment

container.COMMAND_SECONDS = 3
row = json.loads(next(open(f"{sys.argv[1]}/grpo/train.jsonl")))
environment = HgenEnvironment()
results = {}
for command in (
    "rm -rf /work /bin/tar /bin/sh /usr/bin/mktemp /usr/bin/python3 /usr/local/bin/python3",
    "kill -KILL -1",
    "yes",
    "rm -f /usr/bin/timeout; while :; do head -c 1000000 /dev/zero; done",
    ":(){ :|:& };:",
):
    environment.reset(**row)
    said = environment.bash(command)
    environment.bash("true")
    reward = environment.get_reward()
    results[command] = [len(said), reward, [reason["code"] for reason in environment.verdict["reasons"]]]
print(json.dumps(results))
"""

DIFFS = """
import json, sys
sys.path.insert(0, sys.argv[1])
from environment import BUNDLE, diff_reward

names = [row["name"] for row in BUNDLE.rows()][:2]
answers = [f"So:\\n```diff\\n{BUNDLE.gold(name).decode()}```\\n" for name in names]
metrics, extra = {}, {}
completions = [[{"role": "assistant", "content": text}] for text in [*answers, "I do not know.", answers[0]]]
rewards = diff_reward(
    completions=completions, name=[*names, names[0], names[1]], prompts=[], log_metric=metrics.__setitem__,
    log_extra=extra.__setitem__,
)
print(json.dumps([rewards, metrics, extra]))
"""

HARBOR = """
import json, sys
from trl.experimental.harbor import HarborSpec

rows = HarborSpec(sys.argv[1]).train_dataset
assert rows.column_names[:3] == ["prompt", "task_dir", "task_index"]
print(json.dumps(rows["task_dir"][:]))
"""


@pytest.fixture(scope="module")
def tools() -> Path:
    """Without torch: what is tested needs none."""
    return client(
        "datasets==5.2.0", "jinja2==3.1.6", "transformers==5.24.0", python="python3.12", alone=("trl==1.16.0",)
    )


def run(python: Path | str, code: str, folder: Path, **environment: str) -> str:
    offline = {"HF_HUB_OFFLINE": "1", "TRL_EXPERIMENTAL_SILENCE": "1"}
    done = subprocess.run(
        [python, "-c", code, folder], capture_output=True, text=True, check=False,
        env={**os.environ, **offline, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.submission
def test_datasets_loads_prompts_with_their_tools_and_no_network(exports: Path, tmp_path: Path) -> None:
    tasks = rows(exports / "trl/answers.zip")
    wanted = [[{"role": "user", "content": row["problem_statement"]}] for row in tasks]
    for line in run(sys.executable, LOAD, exports / "trl", HF_HOME=str(tmp_path)).splitlines():
        assert json.loads(line) == wanted


def test_transformers_sees_the_tool_that_the_rows_name(tools: Path, exports: Path) -> None:
    schema = json.loads(run(tools / "python", SCHEMA, exports / "trl"))["function"]
    row = json.loads((exports / "trl/grpo/train.jsonl").read_text().partition("\n")[0])
    told = row["tools"][0]["function"]
    assert (schema["name"], schema["parameters"]["required"]) == (told["name"], told["parameters"]["required"])


@pytest.mark.container
def test_the_environment_gives_the_reference_answer_1_and_nothing_0(exports: Path, base_image: str) -> None:
    assert json.loads(run(sys.executable, ROLLOUT, exports / "trl", HGEN_IMAGE=base_image)) == [0, 1]


@pytest.mark.container
def test_what_an_agent_breaks_earns_nothing_and_ends_no_training(exports: Path, base_image: str) -> None:
    results = json.loads(run(sys.executable, BROKEN, exports / "trl", HGEN_IMAGE=base_image))
    for said, reward, reasons in results.values():
        assert said < 21_000
        assert reward == 0
        assert reasons
    assert [codes for *_, codes in results.values()][:2] == [["damaged-patch"]] * 2


def test_diffs_in_completions_are_graded_and_logged(exports: Path) -> None:
    rewards, metrics, extra = json.loads(run(sys.executable, DIFFS, exports / "trl"))
    assert rewards == [1, 1, 0, 0]
    assert metrics["resolved"] == metrics["module_f1"] == 0.5
    assert [bool(json.loads(reasons)) for reasons in extra["reasons"]] == [False, False, True, True]


def test_harbor_spec_loads_every_task_of_the_harbor_folder(tools: Path, exports: Path) -> None:
    done = hgen("export", "--format", "harbor", "-o", exports.parent)
    assert done.returncode == 0, done.stderr
    folders = json.loads(run(tools / "python", HARBOR, exports / "harbor"))
    assert folders == sorted(str(path) for path in (exports / "harbor/tasks").iterdir())
