"""Distributions that are installed beside hgen: real code without a network."""

import re
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, PackagePath, distribution
from pathlib import Path

from packaging.utils import canonicalize_name

from hgen.errors import Skip
from hgen.snapshots import TreeLimits
from hgen.sources.licenses import is_license_name
from hgen.sources.origin import Origin, Settings
from hgen.sources.safe_writer import TreeWriter, read_chunks

_COMPILED = frozenset({".pyc", ".pyo", ".so", ".pyd", ".dylib", ".dll"})


_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class Installed:
    """A distribution in hgen's own environment."""

    name: str

    def fetch(self, into: Path, settings: Settings) -> Origin:
        """See ``fetch_installed``."""
        return fetch_installed(self.name, into, settings.limits)


def parse_installed(text: str) -> Installed | None:
    """What stands behind ``installed:``."""
    return Installed(text) if _NAME.fullmatch(text) else None


def fetch_installed(name: str, into: Path, limits: TreeLimits) -> Origin:
    """Copy the files of a distribution, without what was compiled or written by the installer.

    Raises ``Skip`` if it is not installed or nobody wrote down which files it has.
    """
    project = canonicalize_name(name)
    try:
        found = distribution(project)
    except PackageNotFoundError:
        raise Skip("no-such-project", f"{project} is not installed beside hgen") from None
    writer = TreeWriter(into, limits)
    for path in _source_files(found):
        with _place(path).open("rb") as file:
            writer.file(path.as_posix(), read_chunks(file))
    writer.finish()
    return Origin(f"installed:{project}", found.version, into, projects=(project,), dropped=writer.dropped)


def _source_files(found: Distribution) -> list[PackagePath]:
    if found.files is None:
        raise Skip("no-file-list", f"the installer of {found.name} left no list of its files")
    return sorted(path for path in found.files if _is_source(path) and _place(path).is_file())


def _is_source(path: PackagePath) -> bool:
    if ".." in path.parts or path.is_absolute() or path.suffix in _COMPILED:
        return False
    inside = path.parts[0].endswith((".dist-info", ".egg-info"))
    # The installer's own notes differ from one environment to the next.
    return not inside or path.name == "METADATA" or "licenses" in path.parts or is_license_name(path.name)


def _place(path: PackagePath) -> Path:
    return Path(str(path.locate()))
