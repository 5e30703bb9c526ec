"""Every example that ``--help`` and README show, and every option that ``--help`` documents, is run as it stands."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import typer
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from hgen import run as library
from hgen.agents.conversation import SUBMIT
from hgen.cli import app
from hgen.out_folder import MARK
from hgen.records import Run
from hgen.runner import Receipt
from hgen.shards import ShardWriter
from tests.command import hgen
from tests.endpoint.standin import Says, endpoint
from tests.export.registry import registry
from tests.export.test_hub import served

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")

NEEDS = {
    "pypi:": [pytest.mark.network],
    "hgen build": [pytest.mark.container, pytest.mark.network],
    "func-gen": [pytest.mark.container, pytest.mark.network],
    "--sandbox auto": [pytest.mark.container],
    "--container": [pytest.mark.container],
    "images": [pytest.mark.container],
    "hgen rollout": [pytest.mark.container],
}
"""What an example needs, by what stands in it."""

CONFIG = """
mine: {sources: [installed:docker]}
synth: {options: {func-localize: {cap: 2}, dep-search: {cap: 2}}}
"""
"""Stands in for the quick start's, whose packages need minutes; which ones they are is not what the examples show."""

PLACEHOLDER = "pypi__boltons-26.2.0.dep-search.1f"
"""The beginning of an id; here it is one of another package's."""


def _help() -> Iterator[str]:
    texts = [app.info.epilog or "", *(command.callback.__doc__ or "" for command in app.registered_commands)]
    for text in texts:
        yield from re.findall(r"\[bold\](hgen .+?)\[/bold\]", " ".join(text.split()))


def _readme() -> Iterator[str]:
    for block in README.split("```console\n")[1:]:
        for line in block.partition("```")[0].splitlines():
            command = re.sub(r"\s+#.*", "", line).removeprefix("$ ")
            if "hgen" in command:
                yield command


EXAMPLES = list(dict.fromkeys([*_help(), *_readme()]))

ENDPOINT = "http://localhost:8000/v1"
"""Here it is a stand-in that ends each run at once."""

REGISTRY = "registry.example:5000"
"""Here it is one on loopback."""

OPTIONS = [
    "hgen --version",
    "hgen -v stats",
    "hgen --help",
    "hgen --show-completion bash",
    "hgen --install-completion bash",
    "hgen mine installed:docker -c configs/offline.yaml -o other -j 1 --set mine.min_python_files=1 --json",
    "hgen parse -c configs/quickstart.yaml -o out -j 1 --set parse.max_file_bytes=3000000 --json",
    "hgen build -c configs/quickstart.yaml -o out -j 1 --set build.targets=0 --json",
    "hgen synth --task dep-search --describer template -c configs/quickstart.yaml -o out -j 1 --set synth.seed=1 "
    "--json",
    "hgen validate --sandbox none -c configs/quickstart.yaml -o out -j 1 --set synth.seed=1 --json",
    "hgen run --describer template -c configs/quickstart.yaml -o out -j 1 --set export.shard_bytes=1000000 --json",
    "hgen export --format grader -c configs/quickstart.yaml -o out --set export.shard_bytes=1000000 --json",
    "hgen export --hf-push my-org/my-tasks --public",
    f"hgen export --format harbor --push-images {REGISTRY}/tasks -o out",
    "hgen score tasks.jsonl predictions.jsonl --rewards r.jsonl -c configs/quickstart.yaml -o out -j 1 "
    "--set mine.timeout=60 --json",
    "hgen deps ~/src/project -c configs/quickstart.yaml -o out --set parse.max_file_bytes=3000000 --json",
    "hgen show -o out --json",
    f"hgen checkout {PLACEHOLDER} other -c configs/quickstart.yaml -o out --set sandbox.processes=64 --json",
    "hgen rollout out --model oracle --limit 1 --samples 1 -o other -j 1 --harness plain --max-turns 5 "
    "--run-seconds 60 --command-seconds 20 --temperature 0 --seed 1 -c configs/quickstart.yaml --out out "
    "--set sandbox.processes=64 --json",
    "hgen skills runs --by-family --plot skills.svg --json",
    "hgen export --format sft --runs runs -o out --style text --min-reward 0 --keep-failed --per-task 1 "
    "--drop-truncated --no-suspicious --balance --max-tokens 100000 --tokenizer tokenizer.json --json",
    "hgen stats -o out --json",
    "DOCKER_HOST=unix:///nonexistent hgen doctor --clean -o out --json",
]
"""Beside the examples; ``--clean`` away from any engine, whose images others may be about to use."""


def _marked(commands: list[str]) -> list[object]:
    return [
        pytest.param(
            command, id=command, marks=[mark for words, marks in NEEDS.items() if words in command for mark in marks]
        )
        for command in commands
    ]


class World:
    """A folder with all that the examples name: an out folder, tasks, predictions, a project, a repository."""

    def __init__(self, folder: Path, out: Path) -> None:
        self.folder = folder
        shutil.copytree(out, folder / "out")
        (folder / "configs").mkdir()
        (folder / "configs/quickstart.yaml").write_text(CONFIG, encoding="utf-8")
        shutil.copy(folder / "out/export/jsonl/dep_search.jsonl", folder / "tasks.jsonl")
        self.tasks = [sound.task for sound in library.tasks(folder / "out")]
        with (folder / "predictions.jsonl").open("w", encoding="utf-8") as predictions:
            for task in self.tasks:
                if task.family == "dep-search":
                    row = {"instance_id": task.instance_id, "model_patch": task.patch}
                    predictions.write(json.dumps(row) + "\n")
        self._runs(folder / "runs/oracle-plain-1/rollout")
        words = Tokenizer(WordLevel({"?": 0}, unk_token="?"))
        words.save(str(folder / "tokenizer.json"))
        self._project(folder / "home/src/project")
        self._repository(folder / "server/owner/name.git", folder / "home/src/project")

    def run(self, command: str, hub: str = "") -> "subprocess.CompletedProcess[str]":
        prefix = next(task.instance_id for task in self.tasks if task.family == "dep-search")
        environment = os.environ | {
            "HOME": str(self.folder / "home"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HF_ENDPOINT": hub,
            "HF_TOKEN": "good",
            "HF_HUB_DISABLE_XET": "1",
        }
        return subprocess.run(
            # Not its last command, so that bash stays the parent, which completion asks for the name of the shell.
            ["bash", "-o", "pipefail", "-c", _without_jq(command).replace(PLACEHOLDER, prefix) + "\nexit $?"],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def _runs(self, rollout: Path) -> None:
        """What ``hgen rollout`` leaves of one run."""
        rollout.mkdir(parents=True)
        (rollout.parents[1] / MARK).touch()
        task = self.tasks[0]
        calls = [{"tool_call_id": "1", "function_name": "bash", "arguments": {"command": "git diff"}}]
        steps = [
            {"step_id": 1, "source": "user", "message": task.problem_statement},
            {"step_id": 2, "source": "agent", "message": "I look.", "tool_calls": calls},
        ]
        run = Run(
            instance_id=task.instance_id, family=task.family, variant=task.variant, repo=task.repo,
            license=task.license, sample=1, model="oracle", harness="plain", prompt_digest="", seed=None,
            exit_status="submitted", turns=1,
            prompt_tokens=None, completion_tokens=None, cost=None, seconds=1.0, command_seconds=1.0, patch=task.patch,
            reward=1.0, resolved=True, parts={}, reasons=(), suspicious=(), trajectory={"steps": steps},
        )  # fmt: skip
        with ShardWriter(rollout / "00000.jsonl") as shard:
            shard.write(run)
            digest = shard.commit()
        receipt = Receipt(
            hgen="", stage="rollout", fingerprint="", input="", output=digest, taken=1, given=1, rejects={}, seconds=1.0
        )
        (rollout / "00000.receipt.json").write_text(receipt.model_dump_json(), encoding="utf-8")

    def _project(self, project: Path) -> None:
        project.mkdir(parents=True)
        licence = Path(__file__).parents[1] / "LICENSE"
        shutil.copy(licence, project)
        for name in ("a", "b", "c"):
            (project / f"{name}.py").write_text(f"def {name}():\n    return 1\n", encoding="utf-8")

    def _repository(self, repository: Path, project: Path) -> None:
        def git(*arguments: str) -> None:
            identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
            subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True)

        shutil.copytree(project, repository)
        for command in (["init"], ["add", "."], ["commit", "-m", "x"], ["tag", "v1.2"]):
            git(*command)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """A real git daemon on loopback stands in for GitHub."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        served = self.folder / "server"
        command = ["git", "daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}"]
        with subprocess.Popen(
            [*command, f"--base-path={served}", served], start_new_session=True, stderr=subprocess.DEVNULL
        ) as daemon:
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except ConnectionRefusedError:
                    time.sleep(0.01)
            instead = f'[url "git://127.0.0.1:{port}/"]\n\tinsteadOf = https://github.com/\n'
            (self.folder / "home/.gitconfig").write_text(instead, encoding="utf-8")
            try:
                yield
            finally:
                os.killpg(daemon.pid, signal.SIGTERM)


def _without_jq(command: str) -> str:
    return command if shutil.which("jq") else re.sub(r"\| jq ('[^']*'|\S+)", "", command)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    done = hgen("run", "-c", folder / "config.yaml", "-o", folder / "out", "-j", "1")
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.fixture
def world(out: Path, tmp_path: Path) -> World:
    return World(tmp_path, out)


@pytest.mark.parametrize("command", _marked([*EXAMPLES, *OPTIONS]))
def test_it_runs(command: str, world: World) -> None:
    with ExitStack() as servers:
        hub = servers.enter_context(served(world.folder / "hub"))
        servers.enter_context(world.serving())
        if REGISTRY in command:
            address = servers.enter_context(registry(world.folder / "registry"))
            command = command.replace(REGISTRY, address)
        if ENDPOINT in command:
            done_at_once = Says("", calls=(("bash", json.dumps({"command": f"echo {SUBMIT}"})),))
            command = command.replace(ENDPOINT, servers.enter_context(endpoint(lambda _: done_at_once)).address)
            command = command.replace("hgen rollout", "OPENAI_API_KEY=any hgen rollout --limit 2")
        done = world.run(command, hub)
    # What the machine lacks is the doctor's news, not its failure.
    assert done.returncode == 0 or ("doctor" in command and "✗" in done.stdout), done.stderr
    assert done.stdout
    assert "Traceback" not in done.stderr


def test_the_examples_are_found() -> None:
    assert {"hgen show", "hgen stats; hgen show; hgen doctor"} <= set(EXAMPLES)
    assert len(EXAMPLES) > 25


def test_every_documented_option_is_run() -> None:
    group = typer.main.get_command(app)
    lines = [part for example in [*EXAMPLES, *OPTIONS] for part in re.split(r"[;|]|&&", example) if "hgen" in part]
    missing = []
    for name, command in {"": group, **group.commands}.items():
        given = {
            word.partition("=")[0]
            for line in lines
            if not name or re.search(rf"\bhgen {name}\b", line)
            for word in line.split()
        }
        missing += [
            f"hgen {name} {parameter.opts[0]}"
            for parameter in command.params
            if parameter.param_type_name == "option" and not given & set(parameter.opts)
        ]
    assert not [option for option in missing if not option.endswith("--help")]
