"""The taskset: each task lays out its tree in the runtime, takes the agent's diff there, and grades it out of reach."""

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import verifiers.v1 as vf
from verifiers.v1.runtimes import provision_runtime

from hgen_tasks.bundle import (
    COLLECT,
    GRADE,
    IMAGE_COLLECT,
    IMAGE_DIFF,
    IMAGE_TREE,
    LAY_OUT,
    MAX_DIFF,
    UNPACK,
    Bundle,
    Row,
    numbers,
)

_PACKAGE = Path(__file__).parent
_INSTALLED = _PACKAGE / "data"

_COLLECT_SECONDS = 300.0
"""What taking the agent's diff may add to the time for grading it."""
_START_SECONDS = 600.0
"""What starting another runtime may add."""

BUNDLE = Bundle(_INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent)
"""In the package once it is installed, around it where it is installed in editable form."""


class HgenData(vf.TaskData):
    """What may be known of a task on the agent's side; ``id`` is its ``instance_id``, and no answer is among it."""

    name: str
    split: str
    family: str
    variant: str
    repo: str
    base_commit: str
    license: str


class HgenTask(vf.Task[HgenData]):
    """A task; the agent works in the runtime's own folder, and the verdict is made outside of the runtime.

    A task with an image finds its start state there, and is judged by tests in a fresh runtime of the same image.
    """

    @property
    def key(self) -> str:
        """The ``instance_id``."""
        return self.data.id or self.hash

    async def setup(self, runtime: vf.Runtime) -> None:
        """Lay out the start state, as a git repository of one commit where the runtime has git."""
        if not self.data.image:
            await self._unpack(runtime, LAY_OUT)

    async def finalize(self, trace: vf.Trace, runtime: vf.Runtime) -> None:
        """Keep what the agent made of the tree as ``model_patch``, and the verdict on it, with its reasons."""
        diff, verdict = await self._judged(runtime)
        trace.info["model_patch"] = diff.decode("utf-8", "replace")
        trace.info["verdict"] = verdict

    @vf.reward(weight=1.0)
    async def reward(self, trace: vf.Trace) -> float:
        """In [0, 1]; its parts become metrics."""
        parts = numbers(trace.info["verdict"])
        reward = parts.pop("reward")
        trace.record_metrics(parts)
        return reward

    async def validate(self, runtime: vf.Runtime) -> bool:
        """Whether the reference answer, laid out where the agent would work, is a full success."""
        await self._unpack(runtime, UNPACK, BUNDLE.gold(self.data.name))
        _, verdict = await self._judged(runtime)
        return verdict["resolved"] is True

    async def _judged(self, runtime: vf.Runtime) -> tuple[bytes, Row]:
        """The agent's diff and the verdict on it; what the agent broke so that there is no diff earns nothing."""
        try:
            async with asyncio.timeout(_COLLECT_SECONDS):
                diff = await self._collect(runtime)
        except (vf.SandboxError, OSError) as error:
            # Where another runtime starts and runs something, it was the agent that broke this one.
            async with provision_runtime(runtime.config, env={}) as other:
                if not await other.alive():
                    raise
            return b"", await asyncio.to_thread(BUNDLE.nothing, self.data.name, str(error))
        return diff, await self._grade(runtime, diff)

    async def _unpack(self, runtime: vf.Runtime, script: str, diff: bytes = b"") -> None:
        archive = ".hgen-start.tar"
        await runtime.write(archive, await asyncio.to_thread(BUNDLE.tree, self.data.name, diff))
        await _run(runtime, "sh", "-c", script, "sh", archive)

    async def _grade(self, runtime: vf.Runtime, diff: bytes) -> Row:
        if not self.data.image:
            return await asyncio.to_thread(BUNDLE.grade, self.data.name, diff)
        async with provision_runtime(runtime.config, env={}) as fresh:
            await fresh.prepare_execution([])
            folder = await _new_folder(fresh, BUNDLE.grading_files(self.data.name, diff))
            try:
                async with asyncio.timeout(self.data.timeout.scoring):
                    verdict: Row = json.loads(await _run(fresh, "sh", "-c", GRADE, "sh", folder))
            except TimeoutError:
                # What ran there that long was the agent's code.
                return await asyncio.to_thread(BUNDLE.nothing, self.data.name, "grading did not end in its time")
            return verdict

    async def _collect(self, runtime: vf.Runtime) -> bytes:
        if self.data.image:
            await _run(runtime, *IMAGE_COLLECT)
            return await runtime.read(IMAGE_DIFF, max_bytes=MAX_DIFF)
        start = await asyncio.to_thread(BUNDLE.tree, self.data.name)
        folder = await _new_folder(runtime, {"start.tar": start, "grader.py": BUNDLE.grader.read_bytes()})
        await _run(runtime, "sh", "-c", COLLECT, "sh", folder)
        diff = await runtime.read(f"{folder}/answer.diff", max_bytes=MAX_DIFF)
        await _run(runtime, "rm", "-rf", folder)
        return diff


class HgenConfig(vf.TasksetConfig):
    """Which tasks are loaded."""

    split: str = "train"
    """One of those that the tasks were exported in; empty for all."""

    network: bool = False
    """Leave agents the network that the runtime has. They have none otherwise, and runtimes that cannot take it from
    them, such as ``subprocess``, refuse the tasks."""


class HgenTaskset(vf.Taskset[HgenTask, HgenConfig]):
    """The tasks of the folder, in their order."""

    def load(self) -> Iterator[HgenTask]:
        """Yield the tasks of the split."""
        for row in BUNDLE.rows():
            if self.config.split in ("", row["split"]):
                columns = {key: row[key] for key in HgenData.__annotations__}
                columns |= _limits(row)
                if not self.config.network:
                    columns["network_allow"] = []
                if row["image"]:
                    columns |= {"image": row["image"], "workdir": IMAGE_TREE, "agent_user": "agent"}
                data = HgenData(id=row["instance_id"], prompt=row["problem_statement"], **columns)
                yield HgenTask(data, self.config.task)


def _limits(row: Row) -> Row:
    """What a row says that the agent and the tests get, in the words of verifiers."""
    grading = row["verifier_seconds"] + _COLLECT_SECONDS + _START_SECONDS
    return {
        "resources": vf.TaskResources(cpu=row["cpus"], memory=row["memory_mb"] / 1024),
        "timeout": vf.TaskTimeout(agent=row["agent_seconds"], finalize=grading, scoring=row["verifier_seconds"]),
    }


async def _new_folder(runtime: vf.Runtime, files: dict[str, bytes]) -> str:
    # Nobody can have waited for this name.
    folder = f"/tmp/{secrets.token_hex(16)}"  # noqa: S108
    await _run(runtime, "mkdir", "-m", "700", folder)
    for name, content in files.items():
        await runtime.write(f"{folder}/{name}", content)
    return folder


async def _run(runtime: vf.Runtime, *command: str) -> str:
    done = await runtime.run(list(command), {})
    if done.exit_code:
        raise vf.SandboxError(f"{command[0]} failed ({done.exit_code}): {(done.stderr or done.stdout)[-500:]}")
    return done.stdout
