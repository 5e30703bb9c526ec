"""What the user may write as a source, and what it means."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hgen.errors import ConfigError
from hgen.sources.urls import SCHEMES


@dataclass(frozen=True)
class LocalPath:
    """A folder, perhaps a git repository, at a revision."""

    path: Path
    revision: str | None


@dataclass(frozen=True)
class GitUrl:
    """A git repository elsewhere, at a revision; ``None`` is its default branch."""

    url: str
    revision: str | None


@dataclass(frozen=True)
class Hosted:
    """``owner/name`` on the host of the configuration, at a revision."""

    name: str
    revision: str | None


@dataclass(frozen=True)
class Project:
    """A project on the package index; ``None`` is its newest version."""

    name: str
    version: str | None


@dataclass(frozen=True)
class Installed:
    """A distribution in hgen's own environment."""

    name: str


@dataclass(frozen=True)
class Rows:
    """Many repositories: a file, or a dataset and its split, of rows with ``repo`` and ``base_commit``."""

    where: str
    split: str | None


Location = LocalPath | GitUrl | Hosted | Project | Installed | Rows

_PROJECT = re.compile(r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==(?P<version>[A-Za-z0-9.!+_-]+))?")
_HOSTED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+?)(?:\.git)?(?:@(?P<revision>.+))?")
_SCP_STYLE = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:(?!//)[^@]+(?P<revision>@.+)?")
_TABLES = (".jsonl", ".parquet")


def parse_spec(spec: str) -> Location:
    """Understand a source as the user wrote it; raises ``ConfigError`` if it is none.

    What exists as a path is that path, whatever else it could mean; ``./`` before it makes sure.
    """
    if not spec:
        raise ConfigError(f"{spec!r} is no source")
    prefix, colon, rest = spec.partition(":")
    if colon and prefix in ("pypi", "installed"):
        match = _PROJECT.fullmatch(rest)
        if not match or (prefix == "installed" and match["version"]):
            raise ConfigError(f"{spec!r} is not {prefix}:NAME{'[==VERSION]' if prefix == 'pypi' else ''}")
        return Project(match["name"], match["version"]) if prefix == "pypi" else Installed(match["name"])
    if colon and prefix == "hf":
        dataset, _, split = rest.partition(":")
        if not dataset:
            raise ConfigError(f"{spec!r} is not hf:DATASET[:SPLIT]")
        return Rows(dataset, split or None)
    if "://" in spec:
        return _parse_url(spec)
    if match := _SCP_STYLE.fullmatch(spec):
        url, revision = _split_revision(spec, spec.index(":"))
        return GitUrl(url, revision)
    return _parse_path(spec)


def _parse_url(spec: str) -> Location:
    spec = spec.removeprefix("git+")
    scheme = spec.partition("://")[0]
    if scheme == "file":
        path, revision = _split_revision(spec, len("file://"))
        return LocalPath(Path(urlsplit(path).path), revision)
    if scheme not in SCHEMES:
        raise ConfigError(f"{spec!r}: git URLs may begin with {', '.join(sorted({*SCHEMES, 'file'}))}")
    authority_end = spec.find("/", len(scheme) + len("://"))
    if authority_end < 0:
        raise ConfigError(f"{spec!r} names no repository")
    url, revision = _split_revision(spec, authority_end)
    return GitUrl(url, revision)


def _split_revision(spec: str, start: int) -> tuple[str, str | None]:
    """Split at the last ``@`` behind ``start``; a revision may hold slashes."""
    head, at, revision = spec[start:].partition("@")
    return spec[:start] + head, revision if at and revision else None


def _parse_path(spec: str) -> Location:
    whole = Path(spec).expanduser()
    if whole.suffix in _TABLES and whole.is_file():
        return Rows(spec, None)
    if whole.exists():
        return LocalPath(whole, None)
    path, _, revision = spec.rpartition("@")
    if path and Path(path).expanduser().exists():
        return LocalPath(Path(path).expanduser(), revision)
    if match := _HOSTED.fullmatch(spec):
        return Hosted(match["name"], match["revision"])
    if spec.startswith((".", "/", "~")):
        return LocalPath(whole, None)
    raise ConfigError(
        f"{spec!r} is neither a path that exists nor a git URL, OWNER/NAME[@REVISION], pypi:NAME[==VERSION], "
        f"installed:NAME or hf:DATASET[:SPLIT]"
    )
