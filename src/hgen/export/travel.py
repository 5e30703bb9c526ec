"""The format ``grader``: the single-file grader, and the private answer file of each task."""

import logging
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from hgen.export.folders import tree_files, whole_folder
from hgen.export.grader import answer_file, grader_source
from hgen.export.summary import ExportSummary
from hgen.records import Validated
from hgen.scoring import SCORERS
from hgen.snapshots import Snapshot, Store

NAME = "grader"

log = logging.getLogger(__name__)


def write(tasks: Iterable[Validated], folder: Path, *, store: Path) -> ExportSummary:
    """Write ``grader.py`` and ``answers/{instance_id}.json``; the answers stay away from the agent.

    Tasks of one snapshot follow each other, so that each archive in ``store`` is opened once. Families that the single
    file cannot judge, as those that run tests, are left out with a warning.
    """
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    with whole_folder(folder, NAME) as new, ExitStack() as stack:
        (new / "grader.py").write_text(grader_source(), encoding="utf-8", newline="\n")
        (new / "answers").mkdir()
        snapshot: Snapshot | None = None
        for validated in tasks:
            task = validated.task
            if task.family not in SCORERS:
                left_out[task.family] += 1
                continue
            if snapshot is None or snapshot.digest != task.snapshot:
                stack.close()
                snapshot = stack.enter_context(Store(store).open(task.snapshot))
            (new / "answers" / f"{task.instance_id}.json").write_bytes(answer_file(task, snapshot))
            counts[task.family] += 1
    if left_out:
        named = ", ".join(f"{family} {count}" for family, count in sorted(left_out.items()))
        log.warning("the single-file grader does not judge %s: use `hgen score`", named)
    files = tree_files(folder)
    return ExportSummary(NAME, folder, dict(sorted(counts.items())), len(files), sum(f.stat().st_size for f in files))
