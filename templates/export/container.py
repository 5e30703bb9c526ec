"""A container in which an agent works on a task: no network, no answer in it, and gone in the end.

Needs Docker, or what HGEN_ENGINE names, and an image with Python 3.9 or newer, tar and bash: HGEN_IMAGE, which names
python:3.12-slim unless it is set. Tasks whose tests need an image of their own say which.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import threading
import time
import weakref
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING

from bundle import COLLECT_ARCHIVE, GRADE, IMAGE_TREE, LAY_OUT, MAX_DIFF, NoVerdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bundle import Bundle, Row

ENGINE = os.environ.get("HGEN_ENGINE", "docker")
IMAGE = os.environ.get("HGEN_IMAGE", "python:3.12-slim")

TREE = "/work"
"""Where the agent finds the repository, if the task has no image of its own."""

COMMAND_SECONDS = 180.0
ENGINE_SECONDS = 600.0
"""What the engine gets for anything of ours, unless the task says how long it may take."""
GRACE_SECONDS = 1800
"""After the agent's time, when a container ends that nobody closed."""

MAX_OUTPUT = 20_000
"""Bytes of a command's output that the agent gets, and that are kept at all."""
MAX_TREE = 1 << 30
"""Bytes of an archive of what the agent left."""

_ARCHIVE = f"{TREE}/.hgen-start.tar"
_ALWAYS = ("--network=none", "--security-opt=no-new-privileges", "--pids-limit=256")
_KILLED = 137


class Spoilt(Exception):  # noqa: N818 - a verdict, not a failure
    """The agent has left nothing that could be graded; the machine is not at fault."""


class Container:
    """The start state of a task, laid out; ends with the object at the latest."""

    def __init__(self, bundle: Bundle, name: str) -> None:
        self._bundle = bundle
        self._name = name
        self._limits = bundle.limits(name)
        self._image = bundle.image(name)
        self._tree = IMAGE_TREE if self._image else TREE
        self._end = time.monotonic() + self._limits["agent_seconds"]
        self._box = _Box(self._image or IMAGE, self._tree, self._limits, "--cap-drop=ALL")
        self.close = self._box.close
        if not self._image:
            self._box.write(_ARCHIVE, bundle.tree(name))
            self._box.exec("sh", "-c", LAY_OUT, "sh", _ARCHIVE)

    def run(self, command: str) -> str:
        """What a command of the agent's writes, and its exit status unless that is 0."""
        seconds = min(COMMAND_SECONDS, self._end - time.monotonic())
        if seconds <= 0:
            return "The time for this task is over."
        user = ["--user", "agent"] if self._image else []
        # The first limit ends the command in the container, the second one the wait for it, whatever is in there.
        limited = ["timeout", "--kill-after=5", str(math.ceil(seconds)), "bash", "-c", command]
        text, status = _output([ENGINE, "exec", *user, self._box.id, *limited], seconds + 10)
        return text if status == 0 else f"{text}\nexit status {status}"

    def graded(self) -> tuple[bytes, Row]:
        """The agent's diff and the verdict on it, which is made out of this container's reach; ends the container.

        Nothing is run in the container any more. What the agent broke so that there is no diff earns nothing.
        """
        try:
            with TemporaryDirectory() as scratch:
                tree = Path(scratch, "tree.tar")
                self._box.copy(self._tree, tree)
                self.close()
                return self._judged(tree)
        except Spoilt as spoilt:
            return b"", self._bundle.nothing(self._name, str(spoilt))
        finally:
            self.close()

    def _judged(self, tree: Path) -> tuple[bytes, Row]:
        if not self._image:
            diff = self._bundle.collected(self._name, tree)
            return diff, self._bundle.grade(self._name, diff)
        box = _Box(self._image, IMAGE_TREE, self._limits)
        try:
            folder = box.exec("mktemp", "-d").decode().strip()
            for name, content in self._bundle.grading_files(self._name, b"").items():
                box.write(f"{folder}/{name}", content)
            with tree.open("rb") as archive:
                box.write(f"{folder}/tree.tar", archive)
            box.exec("sh", "-c", COLLECT_ARCHIVE, "sh", folder)
            diff = box.exec("head", "-c", str(MAX_DIFF), f"{folder}/answer.diff")
            verdict: Row = json.loads(box.tested("sh", "-c", GRADE, "sh", folder))
            return diff, verdict
        finally:
            box.close()


class _Box:
    """A running container of an image."""

    def __init__(self, image: str, tree: str, limits: dict[str, float], *confined: str) -> None:
        memory = f"{limits['memory_mb']:.0f}m"
        self._grading_seconds = limits["verifier_seconds"]
        lifetime = math.ceil(limits["agent_seconds"] + limits["verifier_seconds"] + GRACE_SECONDS)
        options = ["--detach", "--rm", "--init", "--workdir", tree, *_ALWAYS, *confined]
        options += [f"--memory={memory}", f"--memory-swap={memory}", f"--cpus={limits['cpus']}"]
        self.id = _engine("run", *options, image, "sleep", str(lifetime)).decode().strip()
        self.close = weakref.finalize(self, _remove, self.id)

    def write(self, path: str, content: bytes | IO[bytes]) -> None:
        _engine("exec", "--interactive", self.id, "sh", "-c", 'cat > "$1"', "sh", path, given=content)

    def exec(self, *command: str) -> bytes:
        return _engine("exec", self.id, *command)

    def tested(self, *command: str) -> bytes:
        """The same for what runs an agent's code, which may take all of the time and of the memory."""
        try:
            return _engine("exec", self.id, *command, seconds=self._grading_seconds)
        except subprocess.TimeoutExpired:
            raise Spoilt(f"grading did not end within {self._grading_seconds:g} seconds") from None
        except EngineError as error:
            if error.status == _KILLED and _engine_answers():
                raise Spoilt("grading was killed: there is not that much memory") from None
            raise

    def copy(self, folder: str, archive: Path) -> None:
        """Write what is in a folder as an archive, with nothing of the container's run."""
        command = [ENGINE, "cp", f"{self.id}:{folder}/.", "-"]
        size = 0
        with archive.open("wb") as file, _running(command, ENGINE_SECONDS, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            while piece := process.stdout.read(1 << 20):
                size += len(piece)
                if size > MAX_TREE:
                    raise Spoilt(f"what the agent left has more than {MAX_TREE} bytes")
                file.write(piece)
        if process.returncode:
            if not _engine_answers():
                raise EngineError("cp", process.returncode, b"no answer from the engine")
            raise Spoilt(f"{folder} or its container is gone, or was too much to copy")


class EngineError(NoVerdict):
    """A command of the engine failed."""

    def __init__(self, command: str, status: int, said: bytes) -> None:
        super().__init__(f"{ENGINE} {command} failed ({status}): {said.decode(errors='replace').strip()[-500:]}")
        self.status = status


def _engine(*arguments: str, given: bytes | IO[bytes] = b"", seconds: float = ENGINE_SECONDS) -> bytes:
    taken = {"input": given} if isinstance(given, bytes) else {"stdin": given}
    done = subprocess.run([ENGINE, *arguments], capture_output=True, check=False, timeout=seconds, **taken)
    if done.returncode:
        raise EngineError(arguments[0], done.returncode, done.stderr)
    return done.stdout


def _engine_answers() -> bool:
    return not subprocess.run([ENGINE, "version"], capture_output=True, check=False, timeout=ENGINE_SECONDS).returncode


def _remove(identifier: str) -> None:
    # The agent may have ended it, which is no failure.
    subprocess.run([ENGINE, "rm", "--force", identifier], capture_output=True, check=False, timeout=ENGINE_SECONDS)


def _output(command: Sequence[str], seconds: float) -> tuple[str, int]:
    """The beginning and the end of what a command writes, and its exit status; it is killed when its time is over."""
    half = MAX_OUTPUT // 2
    head = tail = b""
    size = 0
    with _running(command, seconds, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        while piece := os.read(process.stdout.fileno(), 1 << 16):
            size += len(piece)
            room = half - len(head)
            head += piece[:room]
            tail = (tail + piece[room:])[-half:]
    left_out = size - len(head) - len(tail)
    between = f"\n... {left_out} bytes ...\n" if left_out else ""
    return head.decode(errors="replace") + between + tail.decode(errors="replace"), process.returncode


@contextmanager
def _running(command: Sequence[str], seconds: float, *, stderr: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours that is killed when its time is over, or when it is left with an error."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr) as process:
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        try:
            yield process
            process.wait()
        except BaseException:
            process.kill()
            raise
        finally:
            timer.cancel()
