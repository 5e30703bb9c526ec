"""Grade one answer on the spot: a working tree or a diff in, the reward out.

    python3 -I -S grader.py --answer ANSWER --start PATH (--tree TREE | --diff FILE)
                            [--task NAME] [--reward-file FILE] [--details-file FILE] [--python PYTHON]
    python3 -I -S grader.py --collect TREE --start FOLDER [--diff FILE]
    python3 -I -S grader.py --tar FILE --answer ANSWER --start PATH [--task NAME] [--diff FILE]

``ANSWER`` is the task's answer file, or an archive (answers.zip) of several, in which the task is ``NAME``.
``TREE`` is what the agent left: a folder, or an archive that ``tar -cf ARCHIVE -C FOLDER .`` made of it. ``--start``
is the task's snapshot (DIGEST.zip) or a folder in which its start state lies untouched; it is believed only if its
digest is the one in the answer file. Prints the score as JSON; the reward file gets the bare number, or the parts by
name if it ends in .json; the details file gets what is printed, reasons included. Exit status: 0 graded, 2 wrong usage,
3 no verdict (damaged answer file, another start state, a Python too old for its syntax, a file that cannot be written,
an environment for the tests that is not the task's or that the agent could write to). The answer file must not be
readable before grading. Run it with a Python that the agent could not write to; as root, where tests are run: they then
run as another user.

With ``--collect``, nothing is graded: what an agent made of a folder is written as a diff against an untouched one, to
be graded elsewhere. What can be no diff is written as a reason, and earns nothing there. With ``--tar``, nothing is
graded either: the start state is written as a tar archive, after the diff if one is given.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hgen.scoring.diffs import DiffError, Patched
from hgen.scoring.scorers import score_patch
from hgen.scoring.standalone import answer_file, start, tree_archive, worktree
from hgen.scoring.standalone.trees import opened_tree
from hgen.scoring.start_state import start_state
from hgen.scoring.tasks import StaticTask
from hgen.scoring.verdicts import UNGRADABLE, NoVerdict, Refusal, Score, refused, with_all_parts

if TYPE_CHECKING:
    from hgen.scoring.standalone.answer_file import AnswerFile
    from hgen.scoring.standalone.start import Start
    from hgen.scoring.standalone.trees import Tree

_PYTHON = "/opt/venv/bin/python"


def main(arguments: list[str]) -> int:
    """Run the command line; returns the exit status."""
    options = _options(arguments)
    try:
        if options.collect:
            return _collect(options)
        # Without a verdict, nobody's reward lies there.
        for file in filter(None, (options.reward_file, options.details_file)):
            _clear(Path(file))
        answer = answer_file.unpack(answer_file.read(options.answer, options.task))
        with start.opened(options.start, answer) as begun:
            if options.tar:
                return _archive_tree(answer, begun, options)
            verdict = with_all_parts(_verdict(answer, begun, options), answer.task.graded_by)
    except (NoVerdict, OSError) as error:
        sys.stderr.write(f"grader: {error}\n")
        return 3
    details = json.dumps({"instance_id": answer.instance_id, **verdict.row()}) + "\n"
    sys.stdout.write(details)
    if any(reason.code in UNGRADABLE for reason in verdict.reasons):
        return 3
    try:
        if options.details_file:
            _write_new(options.details_file, details)
        if options.reward_file:
            numbers = json.dumps(verdict.numbers()) if options.reward_file.endswith(".json") else str(verdict.reward)
            _write_new(options.reward_file, f"{numbers}\n")
    except OSError as error:
        sys.stderr.write(f"grader: cannot write the reward: {error}\n")
        return 3
    return 0


def grade_static(answer: AnswerFile, begun: Start, patch: str) -> Score:
    """The verdict on a diff for a task that is judged by its syntax trees."""
    assert isinstance(answer.task, StaticTask)
    files = start_state(begun.snapshot, answer.setup_patch, answer.candidate_patch)
    return score_patch(answer.task, patch, files)


def tree_diff(answer: AnswerFile, begun: Start, tree: Tree) -> str:
    """What an agent made of the tree, as a diff that can be graded; raises ``Refusal`` for what is none."""
    files = start_state(begun.snapshot, answer.setup_patch, answer.candidate_patch)
    task, links = answer.task, dict(answer.listing.links)
    if isinstance(task, StaticTask):
        return worktree.prediction(tree, files, links, executable=begun.executable)
    added, made = task.graded_by == "mutants", task.environment.generated
    return worktree.prediction(tree, files, links, executable=begun.executable, aside=made, added=added)


def _verdict(answer: AnswerFile, begun: Start, options: argparse.Namespace) -> Score:
    try:
        if options.tree:
            with opened_tree(options.tree) as tree:
                patch = tree_diff(answer, begun, tree)
        else:
            patch = _read(options.diff)
        if isinstance(answer.task, StaticTask):
            return grade_static(answer, begun, patch)
    except Refusal as refusal:
        return refused(refusal.reason)
    # What runs programs takes longer to load than many a static task to judge.
    from hgen.scoring.standalone import by_tests  # noqa: PLC0415
    from hgen.scoring.standalone.python_check import Someone  # noqa: PLC0415

    agent = Someone(None)
    if options.tree and Path(options.tree).is_dir():
        found = Path(options.tree).stat()
        agent = Someone(found.st_uid, found.st_gid)
    private = [options.answer, *([] if Path(options.start).is_dir() else [options.start])]
    return by_tests.grade(answer, begun, patch, python=options.python, secrets_in=private, agent=agent)


def _archive_tree(answer: AnswerFile, begun: Start, options: argparse.Namespace) -> int:
    files = start_state(begun.snapshot, answer.setup_patch, answer.candidate_patch)
    try:
        tree = Patched(files, _read(options.diff)) if options.diff else files
    except DiffError as error:
        raise NoVerdict(f"the diff does not apply: {error}") from None
    tree_archive.write(options.tar, tree, executable=answer.listing.executable, links=dict(answer.listing.links))
    return 0


def _collect(options: argparse.Namespace) -> int:
    try:
        with opened_tree(options.start) as begun, opened_tree(options.collect) as tree:
            text = worktree.difference(begun, tree)
    except Refusal as refusal:
        # No diff, and graded as one that is none.
        text = f"{refusal}\n"
    if options.diff in (None, "-"):
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    else:
        _write_new(options.diff, text)
    return 0


def _read(file: str) -> str:
    raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return raw.decode("utf-8", "surrogateescape")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="grader.py", description="Grade an answer to a task of hgen.")
    parser.add_argument("--answer", metavar="FILE", help="the task's private answer file, or an archive of several")
    parser.add_argument("--task", default="", metavar="NAME", help="which answer of the archive is meant")
    parser.add_argument(
        "--start",
        required=True,
        metavar="PATH",
        help="the snapshot's archive, or a folder with the untouched start state",
    )
    parser.add_argument("--tree", metavar="TREE", help="the folder that the agent left, or a tar archive of it")
    parser.add_argument("--diff", metavar="FILE", help="a diff against the start state; - for standard input")
    parser.add_argument("--collect", metavar="TREE", help="write what the agent made of TREE to --diff, only")
    parser.add_argument("--tar", metavar="FILE", help="write the start state, with --diff if given, and grade nothing")
    parser.add_argument("--python", default=_PYTHON, metavar="FILE", help=f"what runs tests ({_PYTHON})")
    parser.add_argument("--reward-file", metavar="FILE", help="where the reward goes; parts too if it ends in .json")
    parser.add_argument("--details-file", metavar="FILE", help="where the verdict goes with its reasons, as JSON")
    options = parser.parse_args(arguments)
    if options.collect:
        if options.answer or options.tree:
            parser.error("--collect grades nothing: it goes with --start and --diff only")
    elif options.tar:
        if not options.answer or options.tree:
            parser.error("--tar grades nothing: it goes with --answer, --start and --diff only")
    elif not options.answer or bool(options.tree) == bool(options.diff):
        parser.error("grading needs --answer, and either --tree or --diff")
    return options


def _write_new(file: str, text: str) -> None:
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    _clear(path)
    with path.open("x", encoding="utf-8", errors="surrogateescape", newline="\n") as written:
        written.write(text)


def _clear(path: Path) -> None:
    """Leave nothing at a path, where the agent may have put a reward, a link or a folder."""
    if path.is_dir() and not path.is_symlink():
        path.rename(path.with_name(f"{path.name}.was-a-folder-{os.getpid()}"))
    path.unlink(missing_ok=True)
