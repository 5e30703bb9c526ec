"""Where a task's row stands in a file of any size, so that it can be read again without keeping it."""

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from hgen.errors import ConfigError, ShardError
from hgen.tasksets.columns import Row, decoded

ANSWERS = "answers.zip"
"""The archive of tasks in formats that carry the travelling grader: the answer file of each, which has its row."""

_BATCH = 64
"""Rows of a table that are held at a time."""
_MOST = 1 << 30
"""Bytes of one row in an archive, which may have been made to fill the memory."""


class Place(Protocol):
    """Where a row stands; as a text it is for messages."""

    def read(self) -> bytes:
        """The row as a line of JSON, as it is now; raises ``ShardError`` if it is not there any more."""
        ...


@dataclass(frozen=True)
class LinePlace:
    """A line in a file, by its offset in bytes."""

    file: Path
    offset: int

    def read(self) -> bytes:
        """The line."""
        with self.file.open("rb") as lines:
            lines.seek(self.offset)
            return lines.readline()

    def __str__(self) -> str:
        return f"{self.file}, byte {self.offset}"


@dataclass(frozen=True)
class TablePlace:
    """A row in a parquet file, counted from 0 in its row group."""

    file: Path
    group: int
    number: int

    def read(self) -> bytes:
        """The row, with the shape that it has in JSON lines."""
        group = _group(self.file, self.group)
        if self.number >= group.num_rows:
            raise ShardError(f"{self} is not there any more; run again")
        return _line(group.slice(self.number, 1).to_pylist()[0], self)

    def __str__(self) -> str:
        return f"{self.file}, row {self.number + 1} of group {self.group + 1}"


@dataclass(frozen=True)
class MemberPlace:
    """A file in an archive of answer files."""

    file: Path
    member: str

    def read(self) -> bytes:
        """The row, with the shape that it has in JSON lines."""
        with _answers(self.file) as answers:
            return _row(answers, self)

    def __str__(self) -> str:
        return f"{self.file}, {self.member}"


def rows_of(file: Path) -> Iterator[tuple[Place, bytes]]:
    """All rows of a file of JSON lines, a parquet file or an archive of answer files, by its name, as lines of JSON.

    Raises ``ConfigError`` for a file that cannot be read at all, ``ShardError`` where a table or an archive breaks off.
    """
    readers = {".parquet": _table_rows, ".zip": _answer_rows}
    return readers.get(file.suffix, lines_of)(file)


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
    """Raise ``ConfigError`` for what is no file that can be read, and read again."""
    # Opening a pipe may wait for ever.
    if file.exists() and not file.is_file() and not file.is_dir():
        raise ConfigError(f"cannot read {file}: it is no regular file, and is read more than once")
    try:
        with file.open("rb"):
            pass
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}") from None


def _table_rows(file: Path) -> Iterator[tuple[Place, bytes]]:
    with _table(file) as table:
        for group in range(table.num_row_groups):
            number = 0
            for batch in table.iter_batches(batch_size=_BATCH, row_groups=[group]):
                for row in batch.to_pylist():
                    place = TablePlace(file, group, number)
                    yield place, _line(row, place)
                    number += 1


def _answer_rows(file: Path) -> Iterator[tuple[Place, bytes]]:
    with _answers(file) as answers:
        for member in answers.namelist():
            place = MemberPlace(file, member)
            yield place, _row(answers, place)


@contextmanager
def _answers(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as answers:
            yield answers
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise ShardError(f"cannot read {file}: it is no archive of answer files, or damaged ({error})") from None


def _row(answers: zipfile.ZipFile, place: MemberPlace) -> bytes:
    try:
        if answers.getinfo(place.member).file_size > _MOST:
            raise ShardError(f"{place}: it is larger than {_MOST} bytes")
        return json.dumps(json.loads(answers.read(place.member))["task"], ensure_ascii=False).encode() + b"\n"
    except KeyError:
        raise ShardError(f"{place} is not there any more, or no answer file; run again") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise ShardError(f"{place} is no answer file: {error}") from None


# Tasks of one snapshot follow each other, and are asked for one by one.
@lru_cache(maxsize=2)
def _group(file: Path, group: int) -> pa.Table:
    with _table(file) as table:
        return table.read_row_group(group)


@contextmanager
def _table(file: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(file) as table:
            yield table
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise ShardError(f"cannot read {file}: it is no parquet file, or damaged ({error})") from None


def _line(row: Row, place: Place) -> bytes:
    try:
        return json.dumps(decoded(row), ensure_ascii=False).encode() + b"\n"
    except ShardError as error:
        raise ShardError(f"{place}: {error}") from None
    except (TypeError, ValueError) as error:
        raise ShardError(f"{place}: it holds what JSON cannot: {error}") from None
