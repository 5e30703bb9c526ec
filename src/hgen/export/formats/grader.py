"""The format ``grader``: the single-file grader, and the private answer file of each task."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from hgen.config import Config
from hgen.errors import Skip
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.summary import ExportSummary
from hgen.export.view import TaskView
from hgen.grader import grader_source

NAME = "grader"


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write ``grader.py`` and ``answers/{name}.json``; the answers stay away from the agent.

    Tasks of families that bring a scorer of their own, and those whose snapshot is too large to be carried along, are
    left out.
    """
    del config
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    with whole_folder(folder, NAME) as new:
        (new / "grader.py").write_text(grader_source(), encoding="utf-8", newline="\n")
        (new / "answers").mkdir()
        for view in tasks:
            task = view.task
            if not view.is_graded_anywhere:
                left_out[f"{task.family}: the single-file grader does not judge it, `hgen score` does"] += 1
                continue
            try:
                answer = view.answer()
            except Skip:
                left_out[f"{task.repo}: its snapshot is too large to be carried along; use `hgen score`"] += 1
                continue
            (new / "answers" / f"{view.name}.json").write_bytes(answer)
            counts[task.family] += 1
    return ExportSummary.of(NAME, folder, counts, left_out)


FORMAT = Format(NAME, "the single-file grader with each task's answer file", write)
