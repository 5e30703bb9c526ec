"""The table of export formats."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hgen.errors import ConfigError
from hgen.export.formats import grader, hf, jsonl
from hgen.export.summary import ExportSummary
from hgen.records import Validated


class Writer(Protocol):
    """Writes tasks into a folder, whole or not at all; the same tasks give the same bytes.

    There must be a task. Files are at most ``shard_bytes`` long where the format can split them. Raises
    ``ConfigError`` if the folder holds something that no export wrote.
    """

    def __call__(self, tasks: Iterable[Validated], folder: Path, *, shard_bytes: int) -> ExportSummary:
        """Write, and say what was written."""
        ...


FORMATS: dict[str, Writer] = {hf.NAME: hf.write, jsonl.NAME: jsonl.write}


def writer(name: str, store: Path) -> Writer:
    """The writer for a format's name; raises ``ConfigError`` for a name that is none.

    ``store`` holds the snapshots, for the formats that carry files of the repositories.
    """
    if name == grader.NAME:
        return _Travel(store)
    try:
        return FORMATS[name]
    except KeyError:
        raise ConfigError(f"unknown format {name!r}; known: {', '.join(sorted([*FORMATS, grader.NAME]))}") from None


@dataclass(frozen=True)
class _Travel:
    store: Path

    def __call__(self, tasks: Iterable[Validated], folder: Path, *, shard_bytes: int) -> ExportSummary:
        del shard_bytes
        return grader.write(tasks, folder, store=self.store)
