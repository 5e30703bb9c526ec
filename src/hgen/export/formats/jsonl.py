"""The format ``jsonl``: one file of JSON lines per task family."""

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from hgen.config import Config
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.summary import ExportSummary
from hgen.export.task_row import config_name, row
from hgen.export.view import TaskView

NAME = "jsonl"


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write ``{family}.jsonl`` for each family met; its size is not limited.

    The lines are ASCII, so that readers which split at other separators than newlines split them rightly too.
    """
    del config
    with whole_folder(folder, NAME) as new:
        counts = _write_lines(tasks, new)
    return ExportSummary.of(NAME, folder, counts)


def _write_lines(tasks: Iterable[TaskView], folder: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    files: dict[str, TextIO] = {}
    with ExitStack() as stack:
        for view in tasks:
            family = view.task.family
            if family not in files:
                files[family] = stack.enter_context(_open(folder, family))
            files[family].write(json.dumps(row(view.validated)) + "\n")
            counts[family] += 1
    return counts


def _open(folder: Path, family: str) -> TextIO:
    return (folder / f"{config_name(family)}.jsonl").open("w", encoding="ascii", newline="\n")


FORMAT = Format(NAME, "one file of JSON lines per family", write)
