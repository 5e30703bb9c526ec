"""Tasks for coding agents, made and proven by hgen, as a task of Inspect AI.

``inspect eval hgen_tasks.py --model MODEL`` runs it.
"""

import asyncio
import secrets
import subprocess
from pathlib import Path
from typing import Any

from bundle import COLLECT, LAY_OUT, MAX_DIFF, UNPACK, Bundle, NoVerdict, numbers
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
_COMMAND_SECONDS = 180
_OWN_COMMAND_SECONDS = 300

_PROBES = {"docker": ["docker", "version"], "local": ["true"]}
"""Commands that fail if it is the machine that makes everything fail in sandboxes of a type."""


@task
def hgen(split: str = "train", sandbox_type: str = "docker") -> Task:
    """Tasks of a split, or of all if it is empty; other types of sandboxes than Docker's use their own defaults."""
    rows = [row for row in BUNDLE.rows() if split in ("", row["split"])]
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
    return Sample(
        id=row["instance_id"], input=row["problem_statement"], metadata={column: row[column] for column in _PUBLIC}
    )


@solver
def lay_out() -> Solver:
    """Lays out the start state in the sandbox, as a git repository of one commit where it has git."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
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
        name = state.metadata["name"]
        try:
            diff = await _collect(name)
        except NoVerdict:
            raise
        except (RuntimeError, OSError, ValueError, OutputLimitExceededError) as error:
            if not await asyncio.to_thread(_machine_works, sandbox_type):
                raise
            diff, verdict = b"", await asyncio.to_thread(BUNDLE.nothing, name, str(error))
        else:
            verdict = await asyncio.to_thread(BUNDLE.grade, name, diff)
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
    # Nobody can have waited for this name.
    folder = f"/tmp/{secrets.token_hex(16)}"  # noqa: S108
    await _run("mkdir", "-m", "700", folder)
    await sandbox().write_file(f"{folder}/start.tar", await asyncio.to_thread(BUNDLE.tree, name))
    await sandbox().write_file(f"{folder}/grader.py", BUNDLE.grader.read_bytes())
    await _run("sh", "-c", COLLECT, "sh", folder)
    diff = await sandbox().read_file(f"{folder}/answer.diff", text=False)
    await _run("rm", "-rf", folder)
    return diff[:MAX_DIFF]


async def _run(*command: str) -> str:
    done = await sandbox().exec(list(command), timeout=_OWN_COMMAND_SECONDS, timeout_retry=False)
    if not done.success:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}): {(done.stderr or done.stdout)[-500:]}")
    return done.stdout


def _machine_works(sandbox_type: str) -> bool:
    """Whether it is known that what failed in a sandbox did not fail because of the machine."""
    probe = _PROBES.get(sandbox_type)
    return probe is not None and not subprocess.run(probe, capture_output=True, check=False, timeout=60).returncode
