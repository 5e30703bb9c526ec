"""The format ``jsonl``: one file of JSON lines per task family."""

import json
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from hgen.config import Config
from hgen.export.carried import carry_snapshot
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.summary import ExportSummary
from hgen.export.task_row import config_name, row
from hgen.export.view import TaskView

NAME = "jsonl"


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write ``{family}.jsonl`` for each family met, or ``{family}.{split}.jsonl`` if there are splits.

    Their size is not limited. The archives of the snapshots are beside them.

    The lines are ASCII, so that readers which split at other separators than newlines split them rightly too.
    """
    splits = len(config.export.splits) > 1
    with whole_folder(folder, NAME) as new:
        counts = _write_lines(tasks, new, splits=splits)
    return ExportSummary.of(NAME, folder, counts)


def _write_lines(tasks: Iterable[TaskView], folder: Path, *, splits: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    files: dict[str, TextIO] = {}
    with ExitStack() as stack:
        for view in tasks:
            family = view.task.family
            name = f"{config_name(family)}.{view.split}.jsonl" if splits else f"{config_name(family)}.jsonl"
            if name not in files:
                files[name] = stack.enter_context((folder / name).open("w", encoding="ascii", newline="\n"))
            files[name].write(json.dumps(row(view.validated)) + "\n")
            carry_snapshot(view, folder)
            counts[family] += 1
    return counts


FORMAT = Format(NAME, "one file of JSON lines per family", write)
