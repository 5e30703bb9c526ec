"""Folders on this machine: plain ones as they are, git repositories at a commit."""

from dataclasses import dataclass
from pathlib import Path

from hgen.errors import Skip
from hgen.scoring.roles import LEFTOVER_NAMES
from hgen.sources.checkout import fetch_checkout, find_checkout
from hgen.sources.origin import Origin, Settings

_DERIVED = LEFTOVER_NAMES | {".venv"}
"""What tools leave in a working folder and nobody would commit."""


@dataclass(frozen=True)
class LocalPath:
    """A folder, perhaps a git repository, at a revision."""

    path: Path
    revision: str | None

    def fetch(self, into: Path, settings: Settings) -> Origin:
        """See ``fetch_checkout`` and ``find_folder``."""
        if checkout := find_checkout(self.path):
            return fetch_checkout(self.path, checkout, self.revision, into, settings)
        if self.revision:
            raise Skip("no-such-revision", f"{self.path} is no git repository and has no revision {self.revision!r}")
        return find_folder(self.path)


def find_folder(path: Path) -> Origin:
    """A plain folder, read in place; raises ``Skip`` if there is none."""
    if not path.is_dir():
        raise Skip("no-such-path", f"{path} is not a folder")
    resolved = path.resolve()
    return Origin(f"local:{resolved.name}", "", resolved, ignore=_DERIVED)
