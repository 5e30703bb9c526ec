"""A container in which an agent works on a task: no network, no answer in it, and gone in the end.

Needs Docker, or what HGEN_ENGINE names, and an image with Python 3.9 or newer, tar and bash: HGEN_IMAGE, which names
python:3.12-slim unless it is set.
"""

from __future__ import annotations

import os
import subprocess
import weakref
from typing import TYPE_CHECKING

from bundle import COLLECT, LAY_OUT, MAX_DIFF

if TYPE_CHECKING:
    from bundle import Bundle

ENGINE = os.environ.get("HGEN_ENGINE", "docker")
IMAGE = os.environ.get("HGEN_IMAGE", "python:3.12-slim")

TREE = "/work"
"""Where the agent finds the repository."""

LIFETIME = 4 * 3600
"""Seconds after which a container ends that nobody closed."""

COMMAND_SECONDS = 180
MAX_OUTPUT = 20_000
"""Characters of a command's output that the agent gets."""

_ARCHIVE = f"{TREE}/.hgen-start.tar"
_CONFINED = ("--network=none", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=256")
_LIMITS = ("--memory=1g", "--memory-swap=1g", "--cpus=1")


class Container:
    """The start state of a task, laid out; ends with the object at the latest."""

    def __init__(self, bundle: Bundle, name: str) -> None:
        self._bundle = bundle
        self._name = name
        options = ["--detach", "--rm", "--init", "--workdir", TREE, *_CONFINED, *_LIMITS]
        self._id = _engine("run", *options, IMAGE, "sleep", str(LIFETIME)).decode().strip()
        self.close = weakref.finalize(self, _engine, "rm", "--force", self._id)
        self._write(_ARCHIVE, bundle.tree(name))
        self._exec("sh", "-c", LAY_OUT, "sh", _ARCHIVE)

    def run(self, command: str) -> str:
        """What a command of the agent's writes, and its exit status unless that is 0."""
        limited = ["timeout", "--kill-after=5", str(COMMAND_SECONDS), "bash", "-c", command]
        done = subprocess.run(
            [ENGINE, "exec", self._id, *limited], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        text = done.stdout.decode(errors="replace")
        if len(text) > MAX_OUTPUT:
            text = f"{text[: MAX_OUTPUT // 2]}\n... {len(text) - MAX_OUTPUT} characters ...\n{text[-MAX_OUTPUT // 2 :]}"
        return text if done.returncode == 0 else f"{text}\nexit status {done.returncode}"

    def diff(self) -> bytes:
        """What the agent made of the tree."""
        folder = self._exec("mktemp", "-d").decode().strip()
        self._write(f"{folder}/start.tar", self._bundle.tree(self._name))
        self._write(f"{folder}/grader.py", self._bundle.grader.read_bytes())
        self._exec("sh", "-c", COLLECT, "sh", folder)
        return self._exec("head", "-c", str(MAX_DIFF), f"{folder}/answer.diff")

    def _write(self, path: str, content: bytes) -> None:
        _engine("exec", "--interactive", self._id, "sh", "-c", 'cat > "$1"', "sh", path, given=content)

    def _exec(self, *command: str) -> bytes:
        return _engine("exec", self._id, *command)


def _engine(*arguments: str, given: bytes = b"") -> bytes:
    done = subprocess.run([ENGINE, *arguments], input=given, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{ENGINE} {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()[-500:]}")
    return done.stdout
