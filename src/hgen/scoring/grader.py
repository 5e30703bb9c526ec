"""Grade one answer on the spot: a working tree or a diff in, the reward out.

    python3 -I -S grader.py --answer ANSWER.json (--tree DIR | --diff FILE) [--reward-file FILE]

Prints the score as JSON; the reward file gets the bare number, or the parts by name if it ends in .json. Exit status:
0 graded, 2 wrong usage, 3 no verdict (damaged answer file, a Python too old for the start state's syntax, a reward
file that cannot be written).
The answer file must not be readable before grading. Run it with a Python that the agent could not write to.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from hgen.scoring import worktree
from hgen.scoring.answerfile import AnswerFile, AnswerFileError, unpack
from hgen.scoring.scorers import score, score_changes
from hgen.scoring.verdicts import UNGRADABLE, Refusal, Score, refused


def main(arguments: list[str]) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        answer = unpack(Path(options.answer).read_bytes())
        verdict = grade_tree(answer, options.tree) if options.tree else _grade_diff_file(answer, options.diff)
    except (AnswerFileError, OSError) as error:
        sys.stderr.write(f"grader: {error}\n")
        return 3
    sys.stdout.write(json.dumps({"instance_id": answer.task.get("instance_id"), **verdict.row()}) + "\n")
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
    return score(answer.task, patch, answer.files)


def _grade_diff_file(answer: AnswerFile, file: str) -> Score:
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return grade_diff(answer, raw.decode("utf-8", "surrogateescape"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="grader.py", description="Grade an answer to a task of hgen.")
    parser.add_argument("--answer", required=True, metavar="FILE", help="the task's private answer file")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--tree", metavar="DIR", help="the working tree that the agent left")
    source.add_argument("--diff", metavar="FILE", help="a diff against the start state; - for standard input")
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
