"""Snapshots and answer files, made from contents."""

import hashlib
import zipfile
from collections.abc import Collection, Mapping
from pathlib import Path

from hgen.grader import listing
from hgen.scoring import BY_RUNNING, StaticTask
from hgen.scoring.archived_tree import add_member, tree_digest
from hgen.scoring.modes import EXECUTABLE, FILE, LINK
from hgen.scoring.standalone.answer_file import AnswerFile, TestRunning, pack
from hgen.scoring.tasks import graded_by
from hgen.scoring.tested.task import TestedTask
from hgen.snapshots import Snapshot
from hgen.testbed.running import driver


def archived(
    folder: Path,
    files: Mapping[str, bytes],
    links: Mapping[str, str] | None = None,
    executable: Collection[str] = (),
) -> Snapshot:
    """A snapshot of these files, kept as ``DIGEST.zip`` in a folder."""
    entries = {path: (EXECUTABLE if path in executable else FILE, content) for path, content in files.items()}
    entries |= {path: (LINK, target.encode()) for path, target in (links or {}).items()}
    sums = [(path, mode, hashlib.sha256(content).hexdigest()) for path, (mode, content) in entries.items()]
    digest = tree_digest(sums)
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"{digest}.zip"
    with zipfile.ZipFile(archive, "w") as members:
        for path, (mode, content) in sorted(entries.items()):
            add_member(members, path, mode, content)
    return Snapshot(archive, digest)


def zipped(snapshot: Snapshot) -> bytes:
    """The archive of a snapshot."""
    return Path(snapshot.name).read_bytes()


def answer_for(row: Mapping[str, object], snapshot: Snapshot, *, place: str = "") -> AnswerFile:
    """The answer file of a task given as a row."""
    task: StaticTask | TestedTask
    tests = None
    if graded_by(row) in BY_RUNNING:
        task = TestedTask.of(row)
        tests = TestRunning(driver(), place)
    else:
        task = StaticTask.of(row)
    setup, candidate = (str(row.get(key) or "") for key in ("setup_patch", "candidate_patch"))
    return AnswerFile(str(row["instance_id"]), task, setup, candidate, listing(snapshot), tests)


def packed(row: Mapping[str, object], snapshot: Snapshot, *, place: str = "") -> bytes:
    """As ``answer_for``, in bytes."""
    return pack(answer_for(row, snapshot, place=place))
