"""Tasks and predictions as lines of JSON, found by where they stand so that files of any size can be joined."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hgen.errors import ConfigError, ShardError

Row = dict[str, object]


@dataclass(frozen=True)
class Place:
    """A line in a file, by its offset in bytes."""

    file: Path
    offset: int

    def read(self) -> bytes:
        """The line, as it is now."""
        with self.file.open("rb") as lines:
            lines.seek(self.offset)
            return lines.readline()


def lines_of(file: Path) -> Iterator[tuple[Place, bytes]]:
    """All lines that are not blank."""
    offset = 0
    try:
        with file.open("rb") as lines:
            for line in lines:
                if line.strip():
                    yield Place(file, offset), line
                offset += len(line)
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}") from None


def task_files(path: Path) -> list[Path]:
    """The files of tasks that a path means: itself, or a folder's shards or exported lines."""
    if not path.is_dir():
        return [path]
    folder = path / "validate" if (path / "validate").is_dir() else path
    files = sorted(file for file in folder.glob("*.jsonl") if not file.name.endswith(".rejects.jsonl"))
    if not files:
        raise ConfigError(f"{folder} holds no tasks (*.jsonl)")
    return files


def task_of(line: bytes, place: Place) -> Row:
    """A task's row, also out of a record of validation; raises ``ShardError`` for anything else."""
    row = _json(line)
    if isinstance(row, dict) and isinstance(row.get("task"), dict):
        row = row["task"]
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in _TASK_KEYS):
        raise ShardError(
            f"{place.file}, byte {place.offset}: this line is no task (a row with {', '.join(_TASK_KEYS)})"
        )
    return row


def prediction_of(line: bytes) -> tuple[str, object] | None:
    """The id and the patch of a prediction, in SWE-bench's shape or OpenHands' own; None if the line has no id."""
    row = _json(line)
    if not isinstance(row, dict) or not isinstance(row.get("instance_id"), str):
        return None
    if "model_patch" in row:
        return row["instance_id"], row["model_patch"]
    result = row.get("test_result")
    return row["instance_id"], result.get("git_patch") if isinstance(result, dict) else None


_TASK_KEYS = ("instance_id", "family", "snapshot", "setup_patch")


def _json(line: bytes) -> object:
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value
