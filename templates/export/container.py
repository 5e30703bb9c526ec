"""A container in which an agent works on a task: no network, no answer in it, and gone in the end.

Needs Docker, or what HGEN_ENGINE names, and an image with Python 3.9 or newer, tar and bash: HGEN_IMAGE, which names
python:3.12-slim unless it is set. Tasks whose tests need an image of their own say which.
"""

from __future__ import annotations

import json
import os
import subprocess
import weakref
from typing import TYPE_CHECKING

from bundle import COLLECT, GRADE, IMAGE_COLLECT, IMAGE_DIFF, IMAGE_TREE, LAY_OUT, MAX_DIFF

if TYPE_CHECKING:
    from bundle import Bundle, Row

ENGINE = os.environ.get("HGEN_ENGINE", "docker")
IMAGE = os.environ.get("HGEN_IMAGE", "python:3.12-slim")

TREE = "/work"
"""Where the agent finds the repository, if the task has no image of its own."""

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
        self._image = bundle.image(name)
        self._box = _Box(self._image or IMAGE, IMAGE_TREE if self._image else TREE, *_CONFINED)
        self.close = self._box.close
        if not self._image:
            self._box.write(_ARCHIVE, bundle.tree(name))
            self._box.exec("sh", "-c", LAY_OUT, "sh", _ARCHIVE)

    def run(self, command: str) -> str:
        """What a command of the agent's writes, and its exit status unless that is 0."""
        user = ["--user", "agent"] if self._image else []
        limited = ["timeout", "--kill-after=5", str(COMMAND_SECONDS), "bash", "-c", command]
        line = [ENGINE, "exec", *user, self._box.id, *limited]
        done = subprocess.run(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        text = done.stdout.decode(errors="replace")
        if len(text) > MAX_OUTPUT:
            text = f"{text[: MAX_OUTPUT // 2]}\n... {len(text) - MAX_OUTPUT} characters ...\n{text[-MAX_OUTPUT // 2 :]}"
        return text if done.returncode == 0 else f"{text}\nexit status {done.returncode}"

    def diff(self) -> bytes:
        """What the agent made of the tree."""
        if self._image:
            self._box.exec(*IMAGE_COLLECT)
            return self._box.exec("head", "-c", str(MAX_DIFF), IMAGE_DIFF)
        folder = self._box.folder(
            {"start.tar": self._bundle.tree(self._name), "grader.py": self._bundle.grader.read_bytes()}
        )
        self._box.exec("sh", "-c", COLLECT, "sh", folder)
        return self._box.exec("head", "-c", str(MAX_DIFF), f"{folder}/answer.diff")

    def graded(self) -> tuple[bytes, Row]:
        """The agent's diff and the verdict on it, which is made out of this container's reach; ends the container."""
        diff = self.diff()
        self.close()
        if not self._image:
            return diff, self._bundle.grade(self._name, diff)
        box = _Box(self._image, IMAGE_TREE, "--network=none")
        folder = box.folder(self._bundle.grading_files(self._name, diff))
        verdict: Row = json.loads(box.exec("sh", "-c", GRADE, "sh", folder))
        box.close()
        return diff, verdict


class _Box:
    """A running container of an image."""

    def __init__(self, image: str, tree: str, *confined: str) -> None:
        options = ["--detach", "--rm", "--init", "--workdir", tree, *confined, *_LIMITS]
        self.id = _engine("run", *options, image, "sleep", str(LIFETIME)).decode().strip()
        self.close = weakref.finalize(self, _engine, "rm", "--force", self.id)

    def folder(self, files: dict[str, bytes]) -> str:
        """A new folder of root's with these files."""
        folder = self.exec("mktemp", "-d").decode().strip()
        for name, content in files.items():
            self.write(f"{folder}/{name}", content)
        return folder

    def write(self, path: str, content: bytes) -> None:
        _engine("exec", "--interactive", self.id, "sh", "-c", 'cat > "$1"', "sh", path, given=content)

    def exec(self, *command: str) -> bytes:
        return _engine("exec", self.id, *command)


def _engine(*arguments: str, given: bytes = b"") -> bytes:
    done = subprocess.run([ENGINE, *arguments], input=given, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{ENGINE} {arguments[0]} failed: {done.stderr.decode(errors='replace').strip()[-500:]}")
    return done.stdout
