"""A folder of tasks: their rows, the trees that they start from, and the verdicts on agents' diffs.

The folder holds the answers, so all of this belongs where no agent can read: beside the trainer, never in an agent's
container. Needs Python 3.10 or newer, and nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]

UNPACK = """
set -e
tar --no-same-owner -xf "$1"
rm -f "$1"
"""
"""For ``sh -c``, in the folder of a tree: unpacks the archive ``$1`` there."""

LAY_OUT = f"""{UNPACK}
if command -v git >/dev/null 2>&1; then
    unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_DEFAULT_HASH
    export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
    export GIT_AUTHOR_NAME=hgen GIT_AUTHOR_EMAIL=hgen@localhost GIT_AUTHOR_DATE='946684800 +0000'
    export GIT_COMMITTER_NAME=hgen GIT_COMMITTER_EMAIL=hgen@localhost GIT_COMMITTER_DATE='946684800 +0000'
    git init -q --template= .
    git symbolic-ref HEAD refs/heads/main
    mkdir .git/info
    echo '* -text -filter -ident !eol !working-tree-encoding' > .git/info/attributes
    git add -A -f .
    git commit -q --no-verify -m Start
fi
"""
"""The same for the archive of the start state, where the agent is to work: also makes a repository of one commit.

It keeps contents as they are, whatever the tree's attributes ask for, and the commit is the same each time.
"""

COLLECT = """
set -e
mkdir "$1/start"
tar --no-same-owner -xf "$1/start.tar" -C "$1/start"
python3 -I -S "$1/grader.py" --collect . --start "$1/start" --diff "$1/answer.diff"
"""
"""For ``sh -c``, where the agent has worked: writes ``$1/answer.diff``, given a ``$1`` that the agent never saw.

It holds ``start.tar``, the archive of the start state, and ``grader.py``. The diff is the agent's answer, whatever the
agent did to what runs here.
"""

IMAGE_TREE = "/sandbox/repo"
"""Where the start state lies already in the images of tasks that have one."""

IMAGE_COLLECT = ("/bin/sh", "/opt/hgen/collect.sh")
"""What root runs there when the agent is done: it writes ``IMAGE_DIFF``."""

IMAGE_DIFF = "/logs/artifacts/answer.diff"

COLLECT_ARCHIVE = """
set -e
mkdir "$1/start"
tar -xzf /opt/hgen/start.tar.gz -C "$1/start"
python3 -I -S "$1/grader.py" --collect "$1/tree.tar" --start "$1/start" --diff "$1/answer.diff"
"""
"""The same for an archive ``$1/tree.tar``, as root in a fresh container of a task's image, where no agent was."""

GRADE = """
set -e
chmod 700 "$1"
python3 -I -S "$1/grader.py" --answer "$1/answer.json" --start "$1/snapshot.zip" --diff "$1/answer.diff"
"""
"""For ``sh -c``, as root in a fresh container of a task's image, with ``Bundle.grading_files`` in ``$1``.

Writes the verdict as JSON. An agent's code is run there by tests, as another user: no agent was in that container
before, and none is afterwards.
"""

MAX_DIFF = 8_000_000
"""Bytes of a diff; the grader takes less."""

GRADER_SECONDS = 600.0
"""What the grader gets where it runs no tests, which is more than it needs for any diff of ``MAX_DIFF`` bytes."""

_LIMITS = ("cpus", "memory_mb", "agent_seconds", "verifier_seconds")


class NoVerdict(RuntimeError):  # noqa: N818 - the message says what to do
    """The machine or a file is at fault, and nothing can be said of the answer."""


class Bundle:
    """The tasks of a folder; each is known by its ``name``, which is safe as the name of a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grader = folder / "grader.py"

    def rows(self) -> Iterator[Row]:
        """All tasks with all that is known of them: the answers too."""
        with zipfile.ZipFile(self._answers) as answers:
            for member in answers.namelist():
                yield json.loads(answers.read(member))["task"]

    def gold(self, name: str) -> bytes:
        """The diff of the reference answer."""
        patch: str = self._row(name)["patch"]
        return patch.encode()

    def tree(self, name: str, diff: bytes = b"") -> bytes:
        """The tree that an agent starts from, with a diff applied if one is given, as a tar archive."""
        with tempfile.TemporaryDirectory() as scratch:
            archive = Path(scratch, "tree.tar")
            self._run(name, "--tar", str(archive), *(("--diff", "-") if diff else ()), diff=diff)
            return archive.read_bytes()

    def limits(self, name: str) -> dict[str, float]:
        """What the agent and the tests get: ``cpus``, ``memory_mb``, ``agent_seconds`` and ``verifier_seconds``."""
        row = self._row(name)
        return {limit: row[limit] for limit in _LIMITS}

    def image(self, name: str) -> str:
        """The image of a task that has one of its own, as its tests need; empty for all others."""
        image: str = self._row(name)["image"]
        return image

    def collected(self, name: str, tree: Path) -> bytes:
        """What an agent made of the tree as a diff, from an archive of ``tar -C FOLDER .``; nothing in it is run.

        For a task without an image. Raises ``NoVerdict``.
        """
        with tempfile.TemporaryDirectory() as scratch:
            start = Path(scratch, "start.tar")
            start.write_bytes(self.tree(name))
            return self._grader("--collect", str(tree), "--start", str(start), given=b"")[:MAX_DIFF]

    def nothing(self, name: str, why: str) -> Row:
        """The verdict where an agent has left nothing that could be graded: 0 in all parts."""
        verdict = self.grade(name, b"no diff\n")
        verdict["reasons"] = [{"code": "damaged-patch", "detail": f"there is no answer to grade: {why}"[:500]}]
        return verdict

    def grade(self, name: str, diff: bytes) -> Row:
        """The verdict on an agent's diff: ``reward``, ``resolved``, the parts of the reward, and ``reasons``.

        For a task without an image; nothing of the diff is run. Raises ``NoVerdict``.
        """
        verdict: Row = json.loads(self._run(name, "--diff", "-", diff=diff))
        return verdict

    def grading_files(self, name: str, diff: bytes) -> dict[str, bytes]:
        """What ``GRADE`` needs, by the names of files."""
        return {
            "grader.py": self.grader.read_bytes(),
            "answer.json": self._answer(name),
            "snapshot.zip": self._snapshot(name).read_bytes(),
            "answer.diff": diff,
        }

    @property
    def _answers(self) -> Path:
        return self.folder / "answers.zip"

    def _answer(self, name: str) -> bytes:
        with zipfile.ZipFile(self._answers) as answers:
            return answers.read(f"{name}.json")

    def _row(self, name: str) -> Row:
        row: Row = json.loads(self._answer(name))["task"]
        return row

    def _snapshot(self, name: str) -> Path:
        return self.folder / "snapshots" / f"{self._row(name)['snapshot']}.zip"

    def _run(self, name: str, *options: str, diff: bytes) -> str:
        given = ["--answer", str(self._answers), "--task", name, "--start", str(self._snapshot(name)), *options]
        return self._grader(*given, given=diff).decode()

    def _grader(self, *options: str, given: bytes) -> bytes:
        command = [sys.executable, "-I", "-S", str(self.grader), *options]
        try:
            done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=GRADER_SECONDS)
        except subprocess.TimeoutExpired:
            raise NoVerdict(f"the grader did not end within {GRADER_SECONDS:g} seconds") from None
        if done.returncode:
            raise NoVerdict(done.stderr.decode(errors="replace").strip())
        return done.stdout


def numbers(verdict: Row) -> dict[str, float]:
    """What of a verdict are numbers, full success among them as 0 or 1."""
    return {key: float(value) for key, value in verdict.items() if isinstance(value, (bool, int, float))}
