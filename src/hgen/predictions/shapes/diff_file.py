"""A file that holds one diff, as agents leave it: any bytes, of any size."""

from pathlib import Path

from hgen.predictions.shapes.regular_file import UnreadableFile, beginning_of
from hgen.scoring.predicted_diff import MAX_PATCH

ENDINGS = (".diff", ".patch")

_MOST = 4 * MAX_PATCH + 4
"""Bytes that are more characters than a prediction may have, whatever they are: what is longer need not be read on."""


def read_diff(file: Path) -> str:
    """The text of a regular file, as much as shows whether it is too large; raises ``UnreadableFile``."""
    content = beginning_of(file, _MOST)
    try:
        # A cut may go through a character.
        return content.decode("utf-8", "ignore" if len(content) == _MOST else "strict")
    except UnicodeDecodeError:
        raise UnreadableFile(f"{file.name} is not UTF-8") from None
