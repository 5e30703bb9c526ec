"""A folder of tasks: their rows, the trees that they start from, and the verdicts on agents' diffs.

The folder holds the answers, so all of this belongs where no agent can read: beside the trainer, never in an agent's
container. Needs Python 3.10 or newer, and nothing else.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]

LAY_OUT = """
set -e
tar --no-same-owner -xf "$1"
rm -f "$1"
if command -v git >/dev/null 2>&1; then
    unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
    export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
    git init -q --template= .
    git add -A -f .
    git -c user.name=hgen -c user.email=hgen@localhost commit -q --no-verify -m start
fi
"""
"""For ``sh -c``, in the folder where the agent is to work: unpacks the archive ``$1`` of the start state there."""

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

MAX_DIFF = 8_000_000
"""Bytes of a diff; the grader takes less."""


class NoVerdict(RuntimeError):  # noqa: N818 - the message says what to do
    """The machine or a file is at fault, and nothing can be said of the answer."""


class Bundle:
    """The tasks of a folder; each is known by its ``name``, which is safe as the name of a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grader = folder / "grader.py"

    def rows(self) -> Iterator[Row]:
        """All tasks with all that is known of them: the answers too."""
        with (self.folder / "rows" / "tasks.jsonl").open(encoding="ascii") as lines:
            yield from map(json.loads, lines)

    def gold(self, name: str) -> bytes:
        """The diff of the reference answer."""
        return self._gold[name].encode()

    def tree(self, name: str, diff: bytes = b"") -> bytes:
        """The tree that an agent starts from, with a diff applied if one is given, as a tar archive."""
        with tempfile.TemporaryDirectory() as scratch:
            archive = Path(scratch, "tree.tar")
            self._run(name, "--tar", str(archive), *(("--diff", "-") if diff else ()), diff=diff)
            return archive.read_bytes()

    def grade(self, name: str, diff: bytes) -> Row:
        """The verdict on an agent's diff: ``reward``, ``resolved``, the parts of the reward, and ``reasons``.

        Raises ``NoVerdict``.
        """
        verdict: Row = json.loads(self._run(name, "--diff", "-", diff=diff))
        return verdict

    @cached_property
    def _gold(self) -> dict[str, str]:
        return {row["name"]: row["patch"] for row in self.rows()}

    def _run(self, name: str, *options: str, diff: bytes) -> str:
        answer = self.folder / "answers" / f"{name}.json"
        digest = json.loads(answer.read_bytes())["snapshot"]["digest"]
        given = ["--answer", str(answer), "--start", str(self.folder / "snapshots" / f"{digest}.zip"), *options]
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(self.grader), *given],
            input=diff,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise NoVerdict(done.stderr.decode(errors="replace").strip())
        return done.stdout.decode()


def numbers(verdict: Row) -> dict[str, float]:
    """What of a verdict are numbers, full success among them as 0 or 1."""
    return {key: float(value) for key, value in verdict.items() if isinstance(value, (bool, int, float))}
