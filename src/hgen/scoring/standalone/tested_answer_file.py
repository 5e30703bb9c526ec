"""The private answer file of a task that is judged by tests: the whole snapshot, the true answer, and the driver."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hgen.scoring.standalone.answer_file import MAX_UNPACKED, AnswerFileError
from hgen.scoring.tested.task import TestedTask
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT = 5
MAX_SNAPSHOT = 100_000_000
"""Bytes of a snapshot that is carried along with each of its tasks."""


@dataclass(frozen=True)
class TestedAnswer:
    """What grading needs to know about a task that is judged by tests."""

    __test__ = False

    task: TestedTask
    snapshot: dict[str, bytes]
    executable: frozenset[str]
    links: dict[str, str]
    neutral: tuple[dict[str, bytes], ...]
    """Files of variants that written tests must not notice; see ``hgen.scoring.tested.plan``."""
    driver: dict[str, bytes]
    """The modules of the driver, by their path in its archive."""
    place: str
    """Where the tree must lie, because the environment points there; empty if it may lie anywhere."""


def pack(answer: TestedAnswer) -> bytes:
    """The answer file: JSON, ASCII, one line; the same answer gives the same bytes."""
    parts = {
        "snapshot": answer.snapshot,
        "driver": answer.driver,
        **{f"neutral {number}": files for number, files in enumerate(answer.neutral)},
    }
    entries = [(part, path, content) for part, files in parts.items() for path, content in sorted(files.items())]
    contents = zlib.compress(b"".join(content for _, _, content in entries), 9)
    row = {
        "format": FORMAT,
        "task": answer.task.row(),
        "entries": [[part, path, len(content)] for part, path, content in entries],
        "contents": base64.b64encode(contents).decode(),
        "executable": sorted(answer.executable),
        "links": dict(sorted(answer.links.items())),
        "neutral": len(answer.neutral),
        "place": answer.place,
    }
    return json.dumps(row, sort_keys=True).encode() + b"\n"


def unpack(row: Mapping[str, Any]) -> TestedAnswer:
    """Read an answer file's JSON; raises ``AnswerFileError``."""
    try:
        parts = _parts(row["entries"], row["contents"])
        return TestedAnswer(
            task=TestedTask.of(row["task"]),
            snapshot=parts.get("snapshot", {}),
            executable=frozenset(row["executable"]),
            links=dict(row["links"]),
            neutral=tuple(parts.get(f"neutral {number}", {}) for number in range(row["neutral"])),
            driver=parts["driver"],
            place=str(row["place"]),
        )
    except (KeyError, TypeError, zlib.error, ValueError, Refusal) as error:
        raise AnswerFileError(f"damaged answer file: {error!r}") from None


def _parts(entries: Sequence[tuple[str, str, int]], text: str) -> dict[str, dict[str, bytes]]:
    contents = zlib.decompressobj().decompress(base64.b64decode(text), MAX_UNPACKED)
    parts: dict[str, dict[str, bytes]] = {}
    at = 0
    for part, path, size in entries:
        parts.setdefault(part, {})[path] = contents[at : at + size]
        at += size
    if at != len(contents):
        raise ValueError(f"{len(contents)} bytes of contents instead of {at}")
    return parts
