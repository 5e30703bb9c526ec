"""Rows into parquet files of bounded size, the same bytes for the same rows."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from hgen.export.task_row import Row

GROUP_ROWS = 1_000
"""Rows in a row group: what a reader must take in at once."""

GROUP_BYTES = 32_000_000
"""Where a row group ends earlier, by its length in memory: bounds what is held here."""

FOOTER_BYTES = 32_000
"""An upper bound for what a row group adds to a file beside its pages."""


class ParquetShards:
    """Writes ``SPLIT-00000-of-0000N.parquet`` in a folder; the names are given when the block ends.

    A file ends before the row group that could take it past ``shard_bytes``; only a single row that is larger than
    that makes a larger file. Only the columns in ``indexed`` get statistics.
    """

    def __init__(
        self, folder: Path, split: str, schema: pa.Schema, shard_bytes: int, *, indexed: Sequence[str]
    ) -> None:
        self.rows = 0
        self.memory_bytes = 0
        """The size of all rows as Arrow tables."""
        self.file_bytes = 0
        """The length of the files, once the block has ended."""
        self._folder = folder
        self._split = split
        self._schema = schema
        self._shard_bytes = shard_bytes
        self._group_bytes = min(GROUP_BYTES, shard_bytes // 4)
        self._indexed = list(indexed)
        self._pending: list[Row] = []
        self._pending_bytes = 0
        self._parts: list[Path] = []
        self._sink: pa.NativeFile | None = None
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir(exist_ok=True)
        return self

    def write(self, row: Row) -> None:
        """Append one row."""
        size = sum(len(value) for value in row.values() if isinstance(value, str))
        if self._pending and (len(self._pending) == GROUP_ROWS or self._pending_bytes + size > self._group_bytes):
            self._flush()
        self._pending.append(row)
        self._pending_bytes += size

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            # Closing writes, which fails again on a full disk; the first error is the one to report.
            with suppress(OSError, pa.ArrowException):
                self._close()

    def _finish(self) -> None:
        if self._pending:
            self._flush()
        self._close()
        self.file_bytes = sum(part.stat().st_size for part in self._parts)
        for number, part in enumerate(self._parts):
            part.rename(self._folder / f"{self._split}-{number:05d}-of-{len(self._parts):05d}.parquet")

    def _flush(self) -> None:
        table = pa.Table.from_pylist(self._pending, schema=self._schema)
        if self._sink is not None and self._sink.tell() + table.nbytes + FOOTER_BYTES > self._shard_bytes:
            self._close()
        if self._writer is None:
            self._writer = self._open()
        self._writer.write_table(table, row_group_size=GROUP_ROWS)
        self.rows += table.num_rows
        self.memory_bytes += table.nbytes
        self._pending = []
        self._pending_bytes = 0

    def _open(self) -> pq.ParquetWriter:
        part = self._folder / f"{self._split}-part-{len(self._parts):05d}"
        self._parts.append(part)
        self._sink = pa.OSFile(str(part), "wb")
        # Not with chunks defined by content, though the hub likes them: pyarrow 26 then aborts on a full disk.
        return pq.ParquetWriter(
            self._sink,
            self._schema,
            compression="zstd",
            write_page_index=True,
            write_statistics=self._indexed,
        )

    def _close(self) -> None:
        writer, sink = self._writer, self._sink
        self._writer = self._sink = None
        try:
            if writer is not None:
                writer.close()
        finally:
            if sink is not None:
                sink.close()
