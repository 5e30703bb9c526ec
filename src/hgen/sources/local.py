"""Folders on this machine, as they are."""

from pathlib import Path

from hgen.errors import Skip
from hgen.scoring.roles import LEFTOVER_NAMES
from hgen.sources.origin import Origin

_DERIVED = LEFTOVER_NAMES | {".venv"}
"""What tools leave in a working folder and nobody would commit."""


def find_folder(path: Path) -> Origin:
    """A plain folder, read in place; raises ``Skip`` if there is none."""
    if not path.is_dir():
        raise Skip("no-such-path", f"{path} is not a folder")
    resolved = path.resolve()
    return Origin(f"local:{resolved.name}", "", resolved, ignore=_DERIVED)
