"""Where repositories come from: folders, git, the package index, this environment, tables of commits."""

from pathlib import Path
from typing import assert_never

from hgen.errors import ConfigError, Skip
from hgen.sources.checkout import fetch_checkout, find_checkout
from hgen.sources.installed import fetch_installed
from hgen.sources.local import find_folder
from hgen.sources.mirror import fetch_git, name_of
from hgen.sources.origin import Origin, Settings, settings_for
from hgen.sources.pypi import fetch_project
from hgen.sources.spec import GitUrl, Hosted, Installed, LocalPath, Location, Project, Rows

__all__ = ["Origin", "Settings", "fetch", "settings_for"]


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
            return _fetch_path(path, revision, into, settings)
        case GitUrl(url, revision):
            return fetch_git(url, revision, name_of(url, settings.host), into, settings)
        case Hosted(name, revision):
            return fetch_git(f"{settings.host}{name}.git", revision, name, into, settings)
        case Rows(where):
            raise ConfigError(f"{where} is a table of repositories, not one")
        case _:
            assert_never(location)


def _fetch_path(path: Path, revision: str | None, into: Path, settings: Settings) -> Origin:
    if checkout := find_checkout(path):
        return fetch_checkout(path, checkout, revision, into, settings)
    if revision:
        raise Skip("no-such-revision", f"{path} is no git repository and has no revision {revision!r}")
    return find_folder(path)
