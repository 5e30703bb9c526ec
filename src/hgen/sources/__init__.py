"""Where repositories come from: folders, git, the package index, this environment, tables of commits."""

from pathlib import Path
from typing import assert_never

from hgen.errors import ConfigError
from hgen.sources.installed import fetch_installed
from hgen.sources.local import find_folder
from hgen.sources.origin import Origin, Settings
from hgen.sources.pypi import fetch_project
from hgen.sources.spec import GitUrl, Hosted, Installed, LocalPath, Location, Project, Rows

__all__ = ["Origin", "Settings", "fetch"]


def fetch(location: Location, into: Path, settings: Settings) -> Origin:
    """Bring the files of one repository here: into the folder, which is created, unless they are on this machine.

    Raises ``Skip`` for what does not exist or is too big, ``NetworkError`` if that cannot be known.
    """
    match location:
        case Project(name, version):
            return fetch_project(name, version, into, settings)
        case Installed(name):
            return fetch_installed(name, into, settings.limits)
        case LocalPath(path, revision):
            return find_folder(path)
        case GitUrl() | Hosted():
            raise NotImplementedError
        case Rows(where):
            raise ConfigError(f"{where} is a table of repositories, not one")
        case _:
            assert_never(location)
