"""The private answer file of a task judged by its syntax trees: all that grading needs, besides the answer.

So nothing in the agent's container is trusted. Tasks judged by running tests have a format of their own, that of
``tested_answer_file``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hgen.scoring.tasks import StaticTask
from hgen.scoring.verdicts import NoVerdict, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 4
MAX_UNPACKED = 1 << 30
MAX_FILE = 50_000_000
"""Bytes of a file that an answer may change."""


class AnswerFileError(NoVerdict):
    """The file is no answer file that this grader reads."""


@dataclass(frozen=True)
class AnswerFile:
    """What is known about a task's start state."""

    instance_id: str
    task: StaticTask
    files: dict[str, bytes]
    """Contents of the Python files, or of those that an answer may concern."""
    digests: dict[str, str]
    """SHA-256 of every file."""
    links: dict[str, str]
    """The symbolic links and what they point to."""
    large: dict[str, int]
    """Sizes of the files that no answer may change as they are too large."""


def pack(
    instance_id: str,
    task: StaticTask,
    start: Mapping[str, bytes],
    links: Mapping[str, str],
    *,
    max_bytes: int = 50_000_000,
) -> bytes:
    """The answer file of a task, given its whole start state: JSON, ASCII, one line.

    It holds the contents of all Python files; if they are more than ``max_bytes``, only those of the targets, and an
    answer that edits another file is then refused, even if it only adds a comment there.
    """
    python: dict[str, bytes] = {}
    digests = {}
    for path, content in sorted(start.items()):
        digests[path] = digest(content)
        if path.endswith((".py", ".pyi")):
            python[path] = content
    if sum(map(len, python.values())) > max_bytes:
        concerned = {target.file for target in task.targets}
        python = {path: content for path, content in python.items() if path in concerned}
    contents = {path: base64.b64encode(content).decode() for path, content in python.items()}
    row = {
        "format": FORMAT,
        "task": {"instance_id": instance_id, **task.row()},
        "files": base64.b64encode(zlib.compress(json.dumps(contents).encode(), 9)).decode(),
        "digests": digests,
        "links": dict(sorted(links.items())),
        "large": {path: len(content) for path, content in sorted(start.items()) if len(content) > MAX_FILE},
    }
    return json.dumps(row, sort_keys=True).encode() + b"\n"


def read(content: bytes) -> dict[str, object]:
    """An answer file's JSON, of whatever format; raises ``AnswerFileError``."""
    try:
        row = json.loads(content)
    except ValueError as error:
        raise AnswerFileError(f"damaged answer file: {error}") from None
    if not isinstance(row, dict) or "format" not in row:
        raise AnswerFileError("damaged answer file: it is no JSON object with a format")
    return row


def unpack(row: Mapping[str, Any]) -> AnswerFile:
    """An answer file of the static families, given its JSON; raises ``AnswerFileError``."""
    if row["format"] != FORMAT:
        raise AnswerFileError(f"format {row['format']} is not {FORMAT}: the grader is of another version of hgen")
    try:
        inflater = zlib.decompressobj()
        contents = json.loads(inflater.decompress(base64.b64decode(row["files"]), MAX_UNPACKED))
        files = {path: base64.b64decode(text) for path, text in contents.items()}
        return AnswerFile(
            instance_id=str(row["task"]["instance_id"]),
            task=StaticTask.of(row["task"]),
            files=files,
            digests=dict(row["digests"]),
            links=dict(row["links"]),
            large=dict(row["large"]),
        )
    except (KeyError, TypeError, zlib.error, ValueError, Refusal) as error:
        raise AnswerFileError(f"damaged answer file: {error!r}") from None


def digest(content: bytes) -> str:
    """The digest by which a file's contents are known."""
    return hashlib.sha256(content).hexdigest()
