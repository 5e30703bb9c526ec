"""The format ``grader``: the single-file grader, the archive of the private answer files, and the tasks' snapshots."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from hgen.config import Config
from hgen.export.answers import answers_in
from hgen.export.carried import carry_snapshot
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.summary import ExportSummary
from hgen.export.view import NOT_GRADED_ANYWHERE, TaskView
from hgen.grader import grader_source

NAME = "grader"


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write ``grader.py``, ``answers.zip`` and ``snapshots/{digest}.zip``; all stay away from the agent.

    Tasks of families that bring a scorer of their own are left out.
    """
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    with whole_folder(folder, NAME) as new, answers_in(new, config.export) as answers:
        (new / "grader.py").write_text(grader_source(), encoding="utf-8", newline="\n")
        for view in tasks:
            task = view.task
            if not view.is_graded_anywhere:
                left_out[f"{task.family}: {NOT_GRADED_ANYWHERE}"] += 1
                continue
            carry_snapshot(view, new)
            answers.add(view)
            counts[task.family] += 1
    return ExportSummary.of(NAME, folder, counts, left_out)


FORMAT = Format(NAME, "the single-file grader with the tasks' answer files, and their snapshots", write)
