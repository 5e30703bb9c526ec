"""verifiers loads, validates and runs what the format ``verifiers`` writes."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.environments import client

ROLLOUTS = r"""
import asyncio, json, sys
import verifiers.v1 as vf
from verifiers.v1.runtimes import make_runtime
from verifiers.v1.state import state_cls
from verifiers.v1.utils.compile import resolve_runtime_config
from hgen_tasks.taskset import BUNDLE, HgenConfig, HgenTask

async def rollout(task, command):
    runtime = make_runtime(resolve_runtime_config(vf.SubprocessConfig(), task))
    agent = vf.AgentInfo(config=vf.AgentConfig(runtime=vf.SubprocessConfig()), name="agent")
    trace = vf.Trace(
        task=vf.TraceTask(type="HgenTask", data=task.data, key=task.key, hash=task.hash),
        state=state_cls(HgenTask)(), agent=agent,
    )
    await runtime.start()
    try:
        await task.setup(runtime)
        await runtime.write("../gold.diff", BUNDLE.gold(task.data.name))
        done = await runtime.run(["sh", "-c", command], {})
        assert done.exit_code == 0, done
        await task.finalize(trace, runtime)
        await task.score(trace, runtime)
    finally:
        await runtime.stop()
    return json.loads(trace.model_dump_json())

commands = json.loads(sys.argv[1])
tasks = list(vf.load_taskset(HgenConfig(id="hgen-tasks", network=True)))
chosen = (tasks[0], tasks[-1])
print(json.dumps({name: [asyncio.run(rollout(task, each)) for task in chosen] for name, each in commands.items()}))
"""

GOLD = "git apply ../gold.diff"

COMMIT = "git init -q; git add -A; git -c user.name=a -c user.email=a commit -qm a"

REWARD = "mkdir -p logs/verifier; echo 1 > logs/verifier/reward.txt; echo '{\"reward\": 1}' > reward.json"

CHEATS = {
    "nothing": ("true", "empty-patch"),
    "a reward of one's own": (REWARD, "file-added"),
    "modules for the grader": (
        f"{GOLD}; echo 'print(1)' > sitecustomize.py; cp sitecustomize.py json.py",
        "file-added",
    ),
    "another history": (f"rm -rf .git; {COMMIT}", "empty-patch"),
    "a changed file besides": (f"{GOLD}; echo 'x = 1' >> $(git ls-files '*.py' | tail -n 1)", "code-changed"),
    "no place to take the answer from": ('rm -rf "$PWD"; touch "$PWD"', "damaged-patch"),
}
"""What an agent might do, and the reason for which it earns nothing."""


@pytest.fixture(scope="module")
def environment(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A process's environment in which the exported package is installed, not only beside its files."""
    tools = client("verifiers==0.4.0", python="python3.12")
    site = tmp_path_factory.mktemp("site")
    install = [tools / "pip", "install", "-q", "--no-deps", "--target", site, exports / "verifiers"]
    subprocess.run(install, check=True)
    home = tmp_path_factory.mktemp("home")
    return {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": str(site),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home),
    }


CONFINED = """
import verifiers.v1 as vf
from verifiers.v1.utils.compile import resolve_runtime_config
from hgen_tasks.taskset import HgenConfig

for task in vf.load_taskset(HgenConfig(id="hgen-tasks")):
    config = resolve_runtime_config(vf.DockerConfig(), task)
    assert config.network_restricted
    assert (config.cpu, config.memory) == (1, 2)
    assert (task.data.timeout.agent, task.data.timeout.scoring) == (3600, 3600)
    try:
        resolve_runtime_config(vf.SubprocessConfig(), task)
    except ValueError as error:
        assert "requires a network policy" in str(error)
    else:
        raise AssertionError("a runtime took a task whose network it cannot take away")
"""


def test_agents_have_no_network_unless_a_switch_says_so_and_the_limits_of_the_export(
    environment: dict[str, str],
) -> None:
    subprocess.run(["python", "-c", CONFINED], check=True, env=environment)


@pytest.fixture(scope="module")
def traces(environment: dict[str, str]) -> dict[str, list[dict[str, object]]]:
    """The traces of two tasks of different families for each answer, where the agent is a shell command."""
    commands = {"gold": GOLD, **{name: command for name, (command, _) in CHEATS.items()}}
    done = subprocess.run(
        ["python", "-c", ROLLOUTS, json.dumps(commands)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


SHIM = """#!/bin/sh
case $1 in port) echo 127.0.0.1:1 ;; *) exec {docker} "$@" ;; esac
"""
"""Docker without bridges, as on a machine for tests, publishes no ports; no task here is reached over one."""


@pytest.mark.parametrize("runtime", ["subprocess", pytest.param("docker", marks=pytest.mark.container)])
def test_validation_finds_reference_answers_right_and_untouched_trees_wrong(
    runtime: str, environment: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    command = ["vf-validate", "hgen-tasks", "-n", "2", "-s", "--rich", "false", "--runtime.type", runtime]
    # To take the network away, verifiers builds an image of packages that are not here.
    command += ["--taskset.network", "true"]
    if runtime == "docker":
        command += ["--runtime.image", request.getfixturevalue("base_image")]
        (tmp_path / "docker").write_text(SHIM.format(docker=shutil.which("docker")))
        (tmp_path / "docker").chmod(0o755)
        environment = {**environment, "PATH": f"{tmp_path}:{environment['PATH']}"}
    done = subprocess.run(
        [*command, "-o", tmp_path], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for file in tmp_path.glob("*/results.jsonl") for line in file.read_text().splitlines()]
    assert [(row["valid"], row["noop"]["reward"]) for row in rows] == [(True, 0)] * 2


def test_a_right_answer_earns_1_and_its_parts_are_metrics(traces) -> None:
    assert len({trace["task"]["data"]["family"] for trace in traces["gold"]}) == 2
    for trace in traces["gold"]:
        assert trace["rewards"]["reward"]["score"] == 1
        parts = {f"{level}{part}" for level in ("", "file_", "module_") for part in ("precision", "recall", "f1")}
        assert trace["metrics"] == dict.fromkeys(["resolved", *parts], 1)
        assert trace["info"]["verdict"]["reasons"] == []
        assert trace["info"]["model_patch"].startswith("diff --git ")


@pytest.mark.parametrize("cheat", CHEATS)
def test_cheats_earn_nothing(cheat: str, traces) -> None:
    for trace in traces[cheat]:
        assert trace["rewards"]["reward"]["score"] == 0
        assert CHEATS[cheat][1] in {reason["code"] for reason in trace["info"]["verdict"]["reasons"]}


def test_no_answer_is_in_a_trace(traces) -> None:
    allowed = {"id", "idx", "name", "prompt", "split", "family", "variant", "repo", "base_commit", "license"}
    for trace in traces["nothing"]:
        filled = {key for key, value in trace["task"]["data"].items() if value not in (None, [], {}, ["*"])}
        assert filled - allowed <= {"timeout", "resources", "artifact_max_bytes"}
