"""The format ``grader``: the single-file grader, the private answer file of each task, and the tasks' snapshots."""

import logging
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from hgen.export.folders import whole_folder
from hgen.export.summary import ExportSummary
from hgen.grader import answer_file, grader_source, travels
from hgen.records import Validated
from hgen.snapshots import Snapshot, Store

NAME = "grader"

log = logging.getLogger(__name__)


def write(tasks: Iterable[Validated], folder: Path, *, store: Path, shard_bytes: int) -> ExportSummary:
    """Write ``grader.py``, ``answers/{instance_id}.json`` and ``snapshots/{digest}.zip``; all stay away from the agent.

    Tasks of one snapshot follow each other, so that each archive in ``store`` is opened once. Tasks of families
    that bring a scorer of their own are left out with a warning.
    """
    del shard_bytes
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    with whole_folder(folder, NAME) as new, ExitStack() as stack:
        (new / "grader.py").write_text(grader_source(), encoding="utf-8", newline="\n")
        (new / "answers").mkdir()
        (new / "snapshots").mkdir()
        snapshot: Snapshot | None = None
        for validated in tasks:
            task = validated.task
            if not travels(task):
                left_out[task.family] += 1
                continue
            if snapshot is None or snapshot.digest != task.snapshot:
                stack.close()
                snapshot = stack.enter_context(Store(store).open(task.snapshot))
                link_or_copy(Store(store).archive(task.snapshot), new / "snapshots" / f"{task.snapshot}.zip")
            (new / "answers" / f"{task.instance_id}.json").write_bytes(answer_file(task, snapshot))
            counts[task.family] += 1
    for family, count in sorted(left_out.items()):
        log.warning("%d tasks left out, %s: the single-file grader does not judge it, `hgen score` does", count, family)
    return ExportSummary.of(NAME, folder, counts)


def link_or_copy(file: Path, copy: Path) -> None:
    """Give a file that nobody changes another name, sharing its space where the file system can."""
    if copy.exists():
        return
    try:
        os.link(file, copy)
    except OSError:
        shutil.copyfile(file, copy)
