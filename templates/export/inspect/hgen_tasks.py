"""Tasks for coding agents, made and proven by hgen, as a task of Inspect AI.

``inspect eval hgen_tasks.py --model MODEL`` runs it.
"""

import asyncio
import json
import secrets
import subprocess
from pathlib import Path
from typing import Any

from bundle import COLLECT, COLLECT_ARCHIVE, GRADE, IMAGE_TREE, LAY_OUT, MAX_DIFF, UNPACK, Bundle, NoVerdict, numbers
from inspect_ai import Task, task
from inspect_ai.agent import react
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import bash
from inspect_ai.util import OutputLimitExceededError, sandbox

FOLDER = Path(__file__).parent
BUNDLE = Bundle(FOLDER)

_PUBLIC = ("name", "split", "family", "variant", "repo", "base_commit", "license")
_GRADER = "grader"
"""The sandbox beside the agent's, for tasks that have an image of their own."""
_COMMAND_SECONDS = 180
_OWN_COMMAND_SECONDS = 300

_PROBES = {"docker": ["docker", "version"], "local": ["true"]}
"""Commands that fail if it is the machine that makes everything fail in sandboxes of a type."""


@task
def hgen(split: str = "train", sandbox_type: str = "docker") -> Task:
    """Tasks of a split, or of all if it is empty; other types of sandboxes than Docker's use their own defaults.

    Those have no tasks that need an image of their own.
    """
    rows = [row for row in BUNDLE.rows() if split in ("", row["split"])]
    rows = [row for row in rows if sandbox_type == "docker" or not row["image"]]
    return Task(
        dataset=MemoryDataset([record_to_sample(row) for row in rows], name="hgen"),
        setup=lay_out(),
        solver=react(tools=[bash(timeout=_COMMAND_SECONDS)]),
        scorer=graded(sandbox_type),
        time_limit=int(max((row["agent_seconds"] for row in rows), default=0)) or None,
        sandbox=("docker", str(FOLDER / "compose.yaml")) if sandbox_type == "docker" else sandbox_type,
    )


def record_to_sample(row: dict[str, Any]) -> Sample:
    """What an agent and the log may hold of a row: no answer is among it."""
    metadata = {column: row[column] for column in _PUBLIC}
    sandbox_ = None
    if row["image"]:
        metadata["image"], sandbox_ = row["image"], ("docker", str(FOLDER / "compose-tests.yaml"))
    return Sample(id=row["instance_id"], input=row["problem_statement"], metadata=metadata, sandbox=sandbox_)


@solver
def lay_out() -> Solver:
    """Lays out the start state in the sandbox, as a git repository of one commit where it has git.

    An image of a task's own has it already.
    """

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if "image" not in state.metadata:
            await _unpack(LAY_OUT, state.metadata["name"])
        return state

    return solve


@solver
def reference() -> Solver:
    """Instead of an agent: lays out the reference answer, which earns 1."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        name = state.metadata["name"]
        await _unpack(UNPACK, name, BUNDLE.gold(name))
        return state

    return solve


@scorer(metrics={"*": [mean(), stderr()]})
def graded(sandbox_type: str = "docker") -> Scorer:
    """The reward, full success and the parts of the reward; the verdict is made outside of the sandbox.

    What the agent broke so that there is no diff earns nothing.
    """

    async def score(state: TaskState, target: Target) -> Score:
        name, has_image = state.metadata["name"], "image" in state.metadata
        try:
            diff = await (_collect_beside if has_image else _collect)(name)
        except NoVerdict:
            raise
        except (RuntimeError, OSError, ValueError, OutputLimitExceededError) as error:
            if not await asyncio.to_thread(_machine_works, sandbox_type):
                raise
            diff, verdict = b"", await asyncio.to_thread(BUNDLE.nothing, name, str(error))
        else:
            verdict = await (_grade_beside(name, diff) if has_image else asyncio.to_thread(BUNDLE.grade, name, diff))
        reasons = verdict["reasons"]
        return Score(
            value=dict(numbers(verdict)),
            answer=diff.decode("utf-8", "replace"),
            explanation="\n".join(f"{reason['code']}: {reason['detail']}" for reason in reasons),
            metadata={"reasons": reasons},
        )

    return score


async def _unpack(script: str, name: str, diff: bytes = b"") -> None:
    archive = ".hgen-start.tar"
    await sandbox().write_file(archive, await asyncio.to_thread(BUNDLE.tree, name, diff))
    await _run("sh", "-c", script, "sh", archive)


async def _collect(name: str) -> bytes:
    start = await asyncio.to_thread(BUNDLE.tree, name)
    folder = await _new_folder({"start.tar": start, "grader.py": BUNDLE.grader.read_bytes()})
    await _run("sh", "-c", COLLECT, "sh", folder)
    diff = await sandbox().read_file(f"{folder}/answer.diff", text=False)
    await _run("rm", "-rf", folder)
    return diff[:MAX_DIFF]


async def _collect_beside(name: str) -> bytes:
    """The same where the agent's tree is compared in the sandbox beside it, in which no agent was."""
    left = await _new_folder({})
    await _run("tar", "-cf", f"{left}/tree.tar", "-C", IMAGE_TREE, ".")
    tree = await sandbox().read_file(f"{left}/tree.tar", text=False)
    folder = await _new_folder({"tree.tar": tree, "grader.py": BUNDLE.grader.read_bytes()}, where=_GRADER)
    await _run("sh", "-c", COLLECT_ARCHIVE, "sh", folder, where=_GRADER)
    diff = await sandbox(_GRADER).read_file(f"{folder}/answer.diff", text=False)
    return diff[:MAX_DIFF]


async def _grade_beside(name: str, diff: bytes) -> dict[str, Any]:
    """The verdict on an answer that tests judge; they run in the sandbox beside the agent's."""
    folder = await _new_folder(BUNDLE.grading_files(name, diff), where=_GRADER)
    seconds = int(BUNDLE.limits(name)["verifier_seconds"])
    try:
        verdict = json.loads(await _run("sh", "-c", GRADE, "sh", folder, where=_GRADER, seconds=seconds))
    except TimeoutError:
        # What ran there that long was the agent's code.
        verdict = await asyncio.to_thread(BUNDLE.nothing, name, "grading did not end in its time")
    return verdict


async def _new_folder(files: dict[str, bytes], where: str | None = None) -> str:
    # Nobody can have waited for this name.
    folder = f"/tmp/{secrets.token_hex(16)}"  # noqa: S108
    await _run("mkdir", "-m", "700", folder, where=where)
    for name, content in files.items():
        await sandbox(where).write_file(f"{folder}/{name}", content)
    return folder


async def _run(*command: str, where: str | None = None, seconds: int = _OWN_COMMAND_SECONDS) -> str:
    done = await sandbox(where).exec(list(command), timeout=seconds, timeout_retry=False)
    if not done.success:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}): {(done.stderr or done.stdout)[-500:]}")
    return done.stdout


def _machine_works(sandbox_type: str) -> bool:
    """Whether it is known that what failed in a sandbox did not fail because of the machine."""
    probe = _PROBES.get(sandbox_type)
    return probe is not None and not subprocess.run(probe, capture_output=True, check=False, timeout=60).returncode
