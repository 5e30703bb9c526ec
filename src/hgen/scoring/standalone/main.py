"""Grade one answer on the spot: a working tree or a diff in, the reward out.

    python3 -I -S grader.py --answer ANSWER.json (--tree DIR | --diff FILE) [--reward-file FILE] [--python PYTHON]

Prints the score as JSON; the reward file gets the bare number, or the parts by name if it ends in .json. Exit status:
0 graded, 2 wrong usage, 3 no verdict (damaged answer file, a Python too old for the start state's syntax, a reward
file that cannot be written, an environment for the tests that is not the task's or that the agent could write to).
The answer file must not be readable before grading. Run it with a Python that the agent could not write to; as root,
where tests are run: they then run as another user.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hgen.scoring.scorers import score_changes, score_patch
from hgen.scoring.standalone import answer_file, tested_answer_file, worktree
from hgen.scoring.standalone.answer_file import AnswerFile
from hgen.scoring.verdicts import UNGRADABLE, NoVerdict, Refusal, Score, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

_PYTHON = "/opt/venv/bin/python"


def main(arguments: list[str]) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        row = answer_file.read(Path(options.answer).read_bytes())
        if row["format"] == tested_answer_file.FORMAT:
            verdict = _grade_by_tests(row, options)
        else:
            answer = answer_file.unpack(row)
            verdict = grade_tree(answer, options.tree) if options.tree else grade_diff(answer, _read(options.diff))
    except (NoVerdict, OSError) as error:
        sys.stderr.write(f"grader: {error}\n")
        return 3
    sys.stdout.write(json.dumps({"instance_id": _instance(row), **verdict.row()}) + "\n")
    if any(reason.code in UNGRADABLE for reason in verdict.reasons):
        return 3
    if options.reward_file:
        try:
            _write_reward(options.reward_file, verdict)
        except OSError as error:
            sys.stderr.write(f"grader: cannot write the reward: {error}\n")
            return 3
    return 0


def grade_tree(answer: AnswerFile, root: str) -> Score:
    """The verdict on a working tree."""
    try:
        changed = worktree.changed_files(root, answer)
    except Refusal as refusal:
        return refused(refusal.reason)
    return score_changes(answer.task, changed, answer.files)


def grade_diff(answer: AnswerFile, patch: str) -> Score:
    """The verdict on a diff against the start state."""
    return score_patch(answer.task, patch, answer.files)


def _grade_by_tests(row: Mapping[str, object], options: argparse.Namespace) -> Score:
    # What runs programs takes longer to load than many a static task to judge.
    from hgen.scoring.standalone import by_tests  # noqa: PLC0415
    from hgen.scoring.standalone.python_check import Someone  # noqa: PLC0415

    answer = tested_answer_file.unpack(row)
    agent = Someone(None)
    if options.tree:
        found = Path(options.tree).stat()
        agent = Someone(found.st_uid, found.st_gid)
    try:
        patch = by_tests.tree_diff(answer, options.tree) if options.tree else _read(options.diff)
    except Refusal as refusal:
        return refused(refusal.reason)
    return by_tests.grade(answer, patch, python=options.python, secret=options.answer, agent=agent)


def _read(file: str) -> str:
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return raw.decode("utf-8", "surrogateescape")


def _instance(row: Mapping[str, object]) -> object:
    task = row.get("task")
    return task.get("instance_id") if isinstance(task, dict) else None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="grader.py", description="Grade an answer to a task of hgen.")
    parser.add_argument("--answer", required=True, metavar="FILE", help="the task's private answer file")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--tree", metavar="DIR", help="the working tree that the agent left")
    source.add_argument("--diff", metavar="FILE", help="a diff against the start state; - for standard input")
    parser.add_argument("--python", default=_PYTHON, metavar="FILE", help=f"what runs tests ({_PYTHON})")
    parser.add_argument("--reward-file", metavar="FILE", help="where the reward goes; parts too if it ends in .json")
    return parser


def _write_reward(file: str, verdict: Score) -> None:
    text = str(verdict.reward)
    if file.endswith(".json"):
        parts = {"reward": verdict.reward, "resolved": float(verdict.resolved)}
        text = json.dumps({**parts, "precision": verdict.precision, "recall": verdict.recall, "f1": verdict.f1})
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The agent may have put a link in its place, or a folder.
    if path.is_dir() and not path.is_symlink():
        path.rename(path.with_name(f"{path.name}.was-a-folder-{os.getpid()}"))
    path.unlink(missing_ok=True)
    with path.open("x", encoding="ascii") as reward:
        reward.write(text + "\n")
