"""The format ``jsonl``: one file of JSON lines per task family."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from hgen.config import Config
from hgen.export.carried import carry_snapshot
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.lines import JsonLines
from hgen.export.summary import ExportSummary
from hgen.export.task_row import config_name, row
from hgen.export.view import TaskView

NAME = "jsonl"


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write ``{family}.jsonl`` for each family met, or ``{family}.{split}.jsonl`` if there are splits.

    Their size is not limited. The archives of the snapshots are beside them.
    """
    splits = len(config.export.splits) > 1
    counts: Counter[str] = Counter()
    with whole_folder(folder, NAME) as new, JsonLines(new) as lines:
        for view in tasks:
            family = view.task.family
            lines.write(config_name(family) + (f".{view.split}" if splits else ""), row(view.validated))
            carry_snapshot(view, new)
            counts[family] += 1
    return ExportSummary.of(NAME, folder, counts)


FORMAT = Format(NAME, "one file of JSON lines per family", write)
