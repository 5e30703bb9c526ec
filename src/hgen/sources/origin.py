"""How sources are fetched, and what one turns out to be: a tree of files, and who it is."""

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from hgen.config import MineConfig
from hgen.snapshots import TreeLimits
from hgen.sources.pip_config import PackageIndex, read_index


@dataclass(frozen=True)
class Settings:
    """How sources are fetched."""

    cache: Path
    """Keeps downloads and git mirrors between runs; any number of workers may share it."""
    limits: TreeLimits
    max_ratio: float
    """How many times its own size an archive may unpack to."""
    host: str
    """The address that ``owner/name`` is appended to."""
    index: PackageIndex
    silence: float
    """Seconds without a byte after which a server counts as gone."""
    timeout: float
    """Seconds that one download may take."""


def settings_for(config: MineConfig, cache: Path) -> Settings:
    """How the configuration and pip's own settings want sources fetched."""
    return Settings(
        cache=cache,
        limits=TreeLimits(config.max_files, config.max_bytes, config.max_file_bytes),
        max_ratio=config.max_ratio,
        host=config.host,
        index=read_index(os.environ),
        silence=config.silence,
        timeout=config.timeout,
    )


@dataclass(frozen=True)
class Origin:
    """The files of one repository at one commit or version, in a folder of our own."""

    repo: str
    base_commit: str
    """Empty for a plain folder, which has no name for its state but the digest of its files."""
    tree: Path
    urls: tuple[str, ...] = ()
    """Addresses that the repository is known by, beside those in its metadata."""
    projects: tuple[str, ...] = ()
    """Names on the package index that it is known by, beside those in its metadata."""
    ignore: frozenset[str] = frozenset()
    """Names that are no part of the tree, wherever they are."""
    dropped: Counter[str] = field(default_factory=Counter)
    """How many things were left out on the way here, by reason."""


class Location(Protocol):
    """Where one repository is, as the user wrote it."""

    def fetch(self, into: Path, settings: Settings) -> Origin:
        """Bring its files here: into the folder, which is created, unless they are on this machine.

        Raises ``Skip`` for what does not exist or is too big, ``NetworkError`` if that cannot be known.
        """
        ...
