"""Predictions as agents' harnesses leave them, whatever their shape: each row read once, and said how many of which."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hgen.errors import ConfigError
from hgen.predictions.shapes import files
from hgen.predictions.shapes.folders import KNOWN, read_folder
from hgen.predictions.shapes.rows import Read, ReadRow, UnreadableRow


@dataclass
class Given:
    """A file or folder of predictions, whose rows can be read once."""

    shape: str
    _rows: Iterator[Read]
    _forms: Counter[str] = field(default_factory=Counter)

    def rows(self) -> Iterator[Read]:
        """All rows in order."""
        for row in self._rows:
            if isinstance(row, ReadRow):
                self._forms[row.form] += 1
            yield row

    def __str__(self) -> str:
        """What they were taken for; complete once the rows were read."""
        several = len(self._forms) > 1
        forms = " and ".join(f"{form}{f' ({count:,})' if several else ''}" for form, count in self._forms.items())
        return f"{self.shape}: {forms}" if forms and self.shape.endswith(_OF_ROWS) else self.shape


def given(path: Path) -> Given:
    """The predictions in a file or folder.

    Raises ``ConfigError`` if it is of no shape that is known: if it has rows, and none of them is a prediction.
    """
    first: UnreadableRow | None = None
    for row in _shape_and_rows(path)[1]:
        if isinstance(row, ReadRow):
            first = None
            break
        first = first or row
    if first is not None:
        raise ConfigError(f"cannot read {path}: no row of it is a prediction ({first}); {KNOWN}")
    return Given(*_shape_and_rows(path))


def _shape_and_rows(path: Path) -> tuple[str, Iterator[Read]]:
    if path.is_dir():
        return read_folder(path, str(path))
    shape = files.shape_of(path)
    return shape, files.read_file(path, shape)


_OF_ROWS = (files.JSON_LINES, files.ARRAY)
"""The shapes whose rows have different forms."""
