"""Shards: JSONL files of records that appear whole or not at all."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

from pydantic import ValidationError

from hgen.errors import ShardError
from hgen.records import Record

R = TypeVar("R", bound=Record)


class ShardWriter:
    """Writes one record a line to a temporary file; ``commit`` makes it appear under its name.

    Leaving the ``with`` block without a commit leaves nothing behind.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._digest = hashlib.sha256()
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")

    def __enter__(self) -> Self:
        self._file: BinaryIO = self._temporary.open("wb")
        return self

    def write(self, record: Record) -> None:
        """Append one record."""
        line = record.model_dump_json().encode() + b"\n"
        self._file.write(line)
        self._digest.update(line)
        self.count += 1

    def commit(self) -> str:
        """Put the shard in its place, durably; returns the SHA-256 of its bytes."""
        put_in_place(self._file, self._temporary, self.path)
        return self._digest.hexdigest()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closing flushes, which fails again on a full disk; the first error is the one to report.
        with suppress(OSError):
            self._file.close()
        self._temporary.unlink(missing_ok=True)


def read_shard(path: Path, record: type[R]) -> Iterator[R]:
    """Read records one by one.

    Raises ``ShardError`` at a line that is cut off or is not such a record.
    """
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    raise ShardError(f"{path}:{number}: the last line is cut off; delete the file and run again")
                yield _record(line, record, f"{path}:{number}")
    except FileNotFoundError:
        raise ShardError(f"{path} is missing; run the stage that writes it") from None


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file so that it appears whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            put_in_place(file, temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def put_in_place(file: BinaryIO, temporary: Path, path: Path) -> None:
    """Give an open temporary file that is written to its end the name that it is meant for, durably."""
    file.flush()
    os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _record(line: bytes, record: type[R], place: str) -> R:
    try:
        return record.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"])) or "line"
        raise ShardError(
            f"{place}: not a {record.__name__} ({where}: {problem['msg']}); it was damaged or written by another "
            f"version: delete it and run the stage that writes it again"
        ) from None
