"""Tasks and predictions as users give them: lines of JSON, found by where they stand, in files of any size."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hgen.errors import ConfigError, ShardError
from hgen.records import Prediction

Row = dict[str, object]


@dataclass(frozen=True)
class LinePlace:
    """A line in a file, by its offset in bytes."""

    file: Path
    offset: int

    def read(self) -> bytes:
        """The line, as it is now."""
        with self.file.open("rb") as lines:
            lines.seek(self.offset)
            return lines.readline()


class UnreadableRow(Exception):  # noqa: N818 - a row that is counted, not a failure
    """A row that is no prediction; the message says why."""


def lines_of(file: Path) -> Iterator[tuple[LinePlace, bytes]]:
    """All lines that are not blank."""
    offset = 0
    try:
        with file.open("rb") as lines:
            for line in lines:
                if line.strip():
                    yield LinePlace(file, offset), line
                offset += len(line)
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}") from None


def require_readable(file: Path) -> None:
    """Raise ``ConfigError`` for what is no file of lines that can be read, and read again."""
    # Opening a pipe may wait for ever.
    if file.exists() and not file.is_file() and not file.is_dir():
        raise ConfigError(f"cannot read {file}: it is no regular file, and is read more than once")
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}") from None


def task_files(path: Path) -> list[Path]:
    """The files of tasks that a path means: itself, or a folder's.

    A folder is one of shards or of exported lines, or one that holds these: an out folder, or its exports.
    """
    if not path.is_dir():
        return [path]
    holding = [path / "validate", path / "export" / "jsonl", path / "jsonl"]
    folder = next((each for each in holding if each.is_dir()), path)
    files = sorted(file for file in folder.glob("*.jsonl") if not file.name.endswith(".rejects.jsonl"))
    if not files:
        raise ConfigError(f"{folder} holds no tasks (*.jsonl); `hgen export --format jsonl` writes some")
    return files


def task_of(line: bytes, place: LinePlace) -> Row:
    """A task's row, also out of a record of validation; raises ``ShardError`` for anything else."""
    row = _json(line)
    if isinstance(row, dict) and isinstance(row.get("task"), dict):
        row = row["task"]
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in _TASK_KEYS):
        raise ShardError(
            f"{place.file}, byte {place.offset}: this line is no task (a row with {', '.join(_TASK_KEYS)})"
        )
    return row


def prediction_of(line: bytes, number: int) -> Prediction:
    """The prediction in a row, in SWE-bench's shape or OpenHands' own; raises ``UnreadableRow`` without id or answer.

    An answer of null is one: an agent that gave none.
    """
    row = _json(line)
    if not isinstance(row, dict) or not isinstance(row.get("instance_id"), str):
        raise UnreadableRow("no JSON object with an instance_id")
    if not _is_storable(row["instance_id"]):
        raise UnreadableRow("its instance_id is no Unicode text")
    result = row.get("test_result")
    if "model_patch" in row:
        patch = row["model_patch"]
    elif isinstance(result, dict) and "git_patch" in result:
        patch = result["git_patch"]
    else:
        raise UnreadableRow(f"{row['instance_id']} has no model_patch")
    model = row.get("model_name_or_path")
    return Prediction(
        instance_id=row["instance_id"],
        model_name_or_path=model if isinstance(model, str) else "",
        model_patch=patch if patch is None or _is_storable(patch) else (json.dumps(patch),),
        row=number,
    )


_TASK_KEYS = ("instance_id", "family", "snapshot", "setup_patch")


def _is_storable(value: object) -> bool:
    """Whether it is text that UTF-8 can write; JSON's escapes can name halves of characters."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _json(line: bytes) -> object:
    try:
        value: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value
