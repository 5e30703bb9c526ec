"""The table of export formats."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from hgen.errors import ConfigError
from hgen.export.formats import grader, hf, jsonl
from hgen.export.summary import ExportSummary
from hgen.records import Validated


class Writer(Protocol):
    """Writes tasks into a folder, whole or not at all; the same tasks give the same bytes.

    There must be a task. ``store`` holds the snapshots, for formats that carry files of the repositories; those of one
    snapshot follow each other. Files are at most ``shard_bytes`` long where the format can split them. Raises
    ``ConfigError`` if the folder holds something that no export wrote.
    """

    def __call__(self, tasks: Iterable[Validated], folder: Path, *, store: Path, shard_bytes: int) -> ExportSummary:
        """Write, and say what was written."""
        ...


FORMATS: dict[str, Writer] = {
    hf.NAME: hf.write,
    jsonl.NAME: jsonl.write,
    grader.NAME: grader.write,
}


def writer(name: str) -> Writer:
    """The writer for a format's name; raises ``ConfigError`` for a name that is none."""
    try:
        return FORMATS[name]
    except KeyError:
        raise ConfigError(f"unknown format {name!r}; known: {', '.join(sorted(FORMATS))}") from None
