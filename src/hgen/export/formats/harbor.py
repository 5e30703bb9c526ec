"""The format ``harbor``: a folder per task as Harbor and those who read its folders run them."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import tomli_w

from hgen import __version__
from hgen.config import Config, ExportConfig
from hgen.errors import Skip
from hgen.export.answers import answers_in
from hgen.export.context import SharedFiles, carry_context
from hgen.export.environment.recipe import TOOLS, script
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.summary import ExportSummary
from hgen.export.view import NOT_GRADED_ANYWHERE, TaskView
from hgen.sandbox.layout import TREE

NAME = "harbor"

TASKS = "tasks"
"""The folder of the tasks, one folder each."""

SCHEMA = "1.4"
DIFF = "/logs/artifacts/answer.diff"
"""Where the agent's answer comes over to whoever grades it."""

_COLLECT_SECONDS = 300.0
_BUILD_SECONDS = 1800.0


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write ``tasks/{name}`` for each task, and a list of them in ``registry.json``.

    A task is judged in a container of its own, to which only the agent's diff comes. Of a task's folder the agent sees
    ``instruction.md`` and the image that ``environment`` builds, which has no answer in any layer.
    """
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    listed = []
    shared = SharedFiles()
    with whole_folder(folder, NAME) as new:
        (new / TASKS).mkdir()
        for view in tasks:
            family = view.task.family
            if not view.is_graded_anywhere:
                left_out[f"{family}: {NOT_GRADED_ANYWHERE}"] += 1
                continue
            try:
                _write_task(view, new / TASKS / view.name, shared, config.export)
            except Skip as skip:
                left_out[f"{family}: {skip.reason}: {skip.detail}"] += 1
                continue
            listed.append({"name": _name(view, config.export), "path": f"{TASKS}/{view.name}"})
            counts[family] += 1
        (new / "registry.json").write_text(json.dumps([_registry(listed)], indent=1) + "\n", encoding="ascii")
    return ExportSummary.of(NAME, folder, counts, left_out)


def _write_task(view: TaskView, folder: Path, shared: SharedFiles, config: ExportConfig) -> None:
    task = view.task
    carry_context(view, folder / "environment", shared)
    (folder / "task.toml").write_bytes(tomli_w.dumps(_settings(view, config)).encode())
    (folder / "instruction.md").write_bytes(_instruction(task.problem_statement).encode())
    shared.write(folder / "tests/test.sh", script("test.sh"))
    with answers_in(folder / "tests", config) as answers:
        answers.add(view)
    shared.write(folder / "solution/solve.sh", script("solve.sh"))
    (folder / "solution/gold.patch").write_bytes(task.patch.encode())


def _settings(view: TaskView, config: ExportConfig) -> dict[str, object]:
    task = view.task
    environment: dict[str, object] = {
        "build_timeout_sec": _BUILD_SECONDS,
        "cpus": config.cpus,
        "memory_mb": config.memory_mb,
        "network_mode": "no-network",
        "workdir": str(TREE),
    }
    if view.images.built:
        environment["docker_image"] = view.image
    return {
        "schema_version": SCHEMA,
        "artifacts": [DIFF],
        "task": {
            "name": _name(view, config),
            "description": f"A task of the family {task.family} about {task.repo} {task.base_commit}",
            "keywords": ["hgen", task.family, task.variant],
        },
        "metadata": _metadata(view),
        "environment": environment,
        "agent": {"timeout_sec": config.agent_seconds, "user": "agent"},
        "verifier": {
            "timeout_sec": config.verifier_seconds,
            "user": "root",
            "environment_mode": "separate",
            "collect": [
                {"command": f"/bin/sh {TOOLS}/collect.sh", "user": "root", "timeout_sec": _COLLECT_SECONDS},
            ],
        },
    }


def _metadata(view: TaskView) -> dict[str, object]:
    task = view.task
    return {
        "instance_id": task.instance_id,
        "family": task.family,
        "variant": task.variant,
        "graded_by": task.graded_by,
        "split": view.split,
        "repo": task.repo,
        "base_commit": task.base_commit,
        "license": task.license,
        "difficulty": dict(task.difficulty),
        "baselines": dict(view.validated.baselines),
        "provenance": task.provenance.model_dump(),
    }


def _instruction(problem_statement: str) -> str:
    return f"{problem_statement.rstrip()}\n\nThe repository is in `{TREE}`.\n"


def _name(view: TaskView, config: ExportConfig) -> str:
    return f"{config.organisation}/{view.name}"


def _registry(tasks: list[dict[str, str]]) -> dict[str, object]:
    return {
        "name": "hgen",
        "version": __version__,
        "description": "Tasks for coding agents, made from real repositories by hgen",
        "tasks": tasks,
    }


FORMAT = Format(NAME, "a folder per task for Harbor and who reads its folders", write)
