"""Tables of commits, in the shape of SWE-Gym-Raw: one repository at one commit in each row."""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hgen.errors import ConfigError, NetworkError, Skip
from hgen.sources.mirror import Hosted

_COLUMNS = ("repo", "base_commit")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+")
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True)
class Rows:
    """Many repositories: a file, or a dataset and its split, of rows with ``repo`` and ``base_commit``."""

    where: str
    split: str | None


def parse_dataset(text: str) -> Rows | None:
    """What stands behind ``hf:``."""
    dataset, _, split = text.partition(":")
    return Rows(dataset, split or None) if dataset else None


@dataclass(frozen=True)
class Row:
    """What a row names; not looked at yet."""

    repo: str
    base_commit: str

    @property
    def spec(self) -> str:
        """The row as a source of its own."""
        return f"{self.repo}@{self.base_commit}"

    def location(self) -> Hosted:
        """The commit that it names; raises ``Skip("bad-row")`` if it names none."""
        if not _NAME.fullmatch(self.repo) or not _COMMIT.fullmatch(self.base_commit):
            raise Skip("bad-row", f"{self.spec!r} is not OWNER/NAME and a commit's hash")
        return Hosted(self.repo, self.base_commit)


def read_rows(table: Rows) -> Iterator[Row]:
    """The different commits of a table, in its order: a JSONL or Parquet file, or a dataset and its split.

    Without a split all of them are read. Raises ``ConfigError`` for files that are no such tables, ``Skip`` for
    datasets that do not exist, ``NetworkError`` if that cannot be known.
    """
    seen: set[Row] = set()
    for values in _read(table):
        row = Row(str(values.get("repo", "")), str(values.get("base_commit", "")))
        if row not in seen:
            seen.add(row)
            yield row


def _read(table: Rows) -> Iterator[Mapping[str, object]]:
    path = Path(table.where).expanduser()
    if path.suffix == ".jsonl":
        return _read_jsonl(path)
    if path.suffix == ".parquet":
        return _read_parquet(path)
    return _read_dataset(table.where, table.split)


def _read_jsonl(path: Path) -> Iterator[Mapping[str, object]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                values = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise ConfigError(f"{path}, line {number}: not JSON ({error})") from None
            if not isinstance(values, dict) or not set(_COLUMNS) <= set(values):
                raise ConfigError(f"{path}, line {number}: needs {' and '.join(_COLUMNS)}")
            yield values


def _read_parquet(path: Path) -> Iterator[Mapping[str, object]]:
    # Costs half a second to import, which only those who read such tables should pay.
    from pyarrow import ArrowInvalid, parquet  # noqa: PLC0415

    try:
        file = parquet.ParquetFile(path)
    except (OSError, ArrowInvalid) as error:
        raise ConfigError(f"{path} is not a Parquet file: {error}") from None
    if not set(_COLUMNS) <= set(file.schema_arrow.names):
        raise ConfigError(f"{path} needs the columns {' and '.join(_COLUMNS)}")
    for batch in file.iter_batches(columns=list(_COLUMNS)):
        yield from batch.to_pylist()


def _read_dataset(name: str, split: str | None) -> Iterator[Mapping[str, object]]:
    from datasets import load_dataset  # noqa: PLC0415
    from datasets.exceptions import DatasetNotFoundError, DatasetsError  # noqa: PLC0415
    from huggingface_hub.errors import HfHubHTTPError  # noqa: PLC0415

    # It tells of every attempt, twice; the one error in the end says it all.
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    try:
        splits = load_dataset(name, split=split, streaming=True)
        for rows in [splits] if split else [splits[key] for key in splits]:
            if not set(_COLUMNS) <= set(rows.column_names or _COLUMNS):
                raise ConfigError(f"the dataset {name} needs the columns {' and '.join(_COLUMNS)}")
            yield from rows
    except DatasetNotFoundError as error:
        raise Skip("no-such-dataset", str(error)) from error
    except (ConnectionError, HfHubHTTPError) as error:
        raise NetworkError(f"the dataset {name}: {error}") from error
    except (DatasetsError, ValueError) as error:
        raise ConfigError(f"the dataset {name} cannot be read: {' '.join(str(error).split())}") from error
