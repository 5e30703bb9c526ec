"""Where repositories come from: folders, git, the package index, this environment, tables of commits."""

from pathlib import Path

from hgen.errors import ConfigError
from hgen.sources.commit_table import Rows
from hgen.sources.origin import Location, Origin, Settings, settings_for

__all__ = ["Location", "Origin", "Settings", "fetch", "settings_for"]


def fetch(location: Location | Rows, into: Path, settings: Settings) -> Origin:
    """Bring the files of one repository here; see ``Location.fetch``. Raises ``ConfigError`` for a table of many."""
    if isinstance(location, Rows):
        raise ConfigError(f"{location.where} is a table of repositories, not one")
    return location.fetch(into, settings)
