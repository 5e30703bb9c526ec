"""The private answer file of a task: all that grading needs, besides the answer and the task's snapshot.

The snapshot is named by its digest, so that whoever grades may bring it from anywhere; see ``start``. Nothing in the
agent's container is trusted. The answer files of many tasks travel in one zip archive, ``NAME.json`` for each.
"""

from __future__ import annotations

import base64
import json
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union

from hgen.scoring.tasks import BY_RUNNING, StaticTask, graded_by
from hgen.scoring.tested.task import TestedTask
from hgen.scoring.verdicts import NoVerdict, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 6
MAX_UNPACKED = 1 << 30

GradedTask = Union[StaticTask, TestedTask]


class AnswerFileError(NoVerdict):
    """The file is no answer file that this grader reads."""


@dataclass(frozen=True)
class Listing:
    """What a snapshot holds, without the contents."""

    digest: str
    """Of the tree; see ``hgen.scoring.archived_tree.tree_digest``."""
    size: int
    """Bytes of all files."""
    files: tuple[str, ...]
    executable: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    """Symbolic links and what they point to."""


@dataclass(frozen=True)
class TestRunning:
    """What is needed besides to judge by running tests."""

    __test__ = False

    driver: Mapping[str, bytes]
    """The modules of the driver, by their path in its archive."""
    neutral: tuple[Mapping[str, bytes], ...]
    """Files of variants that written tests must not notice; see ``hgen.scoring.tested.plan``."""
    place: str
    """Where the tree must lie, because the environment points there; empty if it may lie anywhere."""


@dataclass(frozen=True)
class AnswerFile:
    """What grading needs to know about a task."""

    instance_id: str
    task: GradedTask
    setup_patch: str
    candidate_patch: str
    listing: Listing
    tests: TestRunning | None
    """For tasks that are judged by running tests."""


def read(file: str, name: str) -> bytes:
    """An answer file, or that of the task ``name`` in an archive of several; raises ``AnswerFileError``.

    Of an archive with one answer file the name may be left out.
    """
    if not zipfile.is_zipfile(file):
        return Path(file).read_bytes()
    try:
        with zipfile.ZipFile(file) as answers:
            names = answers.namelist()
            chosen = f"{name}.json" if name or len(names) != 1 else names[0]
            if chosen not in names:
                raise AnswerFileError(f"{file} has answer files of {len(names)} tasks, and none is {chosen}")
            if answers.getinfo(chosen).file_size > MAX_UNPACKED:
                raise AnswerFileError(f"{file}: {chosen} is larger than {MAX_UNPACKED} bytes")
            return answers.read(chosen)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise AnswerFileError(f"{file} is damaged: {error}") from None


def pack(answer: AnswerFile, columns: Mapping[str, object] | None = None) -> bytes:
    """The answer file: JSON, ASCII, one line; the same answer gives the same bytes.

    ``columns`` are what else the file says of the task, beside what grading needs.
    """
    listing, tests = answer.listing, answer.tests
    patches = {"setup_patch": answer.setup_patch, "candidate_patch": answer.candidate_patch}
    row: dict[str, object] = {
        "format": FORMAT,
        "task": {"instance_id": answer.instance_id, **answer.task.row(), **patches, **(columns or {})},
        "snapshot": {"digest": listing.digest, "size": listing.size, "listing": _packed_listing(listing)},
        "tests": None,
    }
    if tests is not None:
        files = {"driver": _texts(tests.driver), "neutral": [_texts(variant) for variant in tests.neutral]}
        row["tests"] = {"files": _packed(files), "place": tests.place}
    return json.dumps(row, sort_keys=True).encode() + b"\n"


def unpack(content: bytes) -> AnswerFile:
    """Read an answer file; raises ``AnswerFileError``."""
    try:
        row = json.loads(content)
        if row["format"] != FORMAT:
            raise AnswerFileError(f"format {row['format']} is not {FORMAT}: the grader is of another version of hgen")
        task = row["task"]
        parsed = TestedTask.of(task) if graded_by(task) in BY_RUNNING else StaticTask.of(task)
        return AnswerFile(
            instance_id=str(task["instance_id"]),
            task=parsed,
            setup_patch=str(task["setup_patch"]),
            candidate_patch=str(task["candidate_patch"]),
            listing=_listing(row["snapshot"]),
            tests=_tests(row["tests"]) if isinstance(parsed, TestedTask) else None,
        )
    except (KeyError, TypeError, AttributeError, RecursionError, zlib.error, ValueError, Refusal) as error:
        raise AnswerFileError(f"damaged answer file: {error!r}") from None


def _listing(row: Mapping[str, Any]) -> Listing:
    names = _unpacked(row["listing"])
    links = tuple((str(path), str(target)) for path, target in names["links"])
    return Listing(str(row["digest"]), int(row["size"]), tuple(names["files"]), tuple(names["executable"]), links)


def _tests(row: Mapping[str, Any]) -> TestRunning:
    files = _unpacked(row["files"])
    return TestRunning(_contents(files["driver"]), tuple(map(_contents, files["neutral"])), str(row["place"]))


@lru_cache(maxsize=4)
def _packed_listing(listing: Listing) -> str:
    """Compressed once for all tasks of a snapshot that follow each other."""
    return _packed({"files": listing.files, "executable": listing.executable, "links": listing.links})


def _packed(value: object) -> str:
    return base64.b64encode(zlib.compress(json.dumps(value, sort_keys=True).encode(), 9)).decode()


def _unpacked(text: str) -> Any:
    return json.loads(zlib.decompressobj().decompress(base64.b64decode(text), MAX_UNPACKED))


def _texts(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: content.decode("utf-8", "surrogateescape") for path, content in files.items()}


def _contents(texts: Mapping[str, str]) -> dict[str, bytes]:
    return {path: text.encode("utf-8", "surrogateescape") for path, text in texts.items()}
