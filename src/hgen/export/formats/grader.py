"""The format ``grader``: the single-file grader, and the private answer file of each task."""

import logging
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from hgen.errors import Skip
from hgen.export.folders import whole_folder
from hgen.export.summary import ExportSummary
from hgen.grader import answer_file, grader_source, travels
from hgen.records import Validated
from hgen.snapshots import Snapshot, Store

NAME = "grader"

log = logging.getLogger(__name__)


def write(tasks: Iterable[Validated], folder: Path, *, store: Path, shard_bytes: int) -> ExportSummary:
    """Write ``grader.py`` and ``answers/{instance_id}.json``; the answers stay away from the agent.

    Tasks of one snapshot follow each other, so that each archive in ``store`` is opened once. Tasks of families
    that bring a scorer of their own, and those whose snapshot is too large to be carried along, are left out with a
    warning.
    """
    del shard_bytes
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    with whole_folder(folder, NAME) as new, ExitStack() as stack:
        (new / "grader.py").write_text(grader_source(), encoding="utf-8", newline="\n")
        (new / "answers").mkdir()
        snapshot: Snapshot | None = None
        for validated in tasks:
            task = validated.task
            if not travels(task):
                left_out[f"{task.family}: the single-file grader does not judge it, `hgen score` does"] += 1
                continue
            if snapshot is None or snapshot.digest != task.snapshot:
                stack.close()
                snapshot = stack.enter_context(Store(store).open(task.snapshot))
            try:
                answer = answer_file(task, snapshot)
            except Skip:
                left_out[f"{task.repo}: its snapshot is too large to be carried along; use `hgen score`"] += 1
                continue
            (new / "answers" / f"{task.instance_id}.json").write_bytes(answer)
            counts[task.family] += 1
    for why, count in sorted(left_out.items()):
        log.warning("%d tasks left out, %s", count, why)
    return ExportSummary.of(NAME, folder, counts)
