"""What the user may write as a source, and what it means."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hgen.errors import ConfigError
from hgen.sources.commit_table import Rows, parse_dataset
from hgen.sources.installed import parse_installed
from hgen.sources.local import LocalPath
from hgen.sources.mirror import GitUrl, Hosted
from hgen.sources.origin import Location
from hgen.sources.pypi import parse_project
from hgen.sources.urls import SCHEMES


@dataclass(frozen=True)
class Prefix:
    """A kind of source that is written ``prefix:``, and what stands behind that."""

    form: str
    """For people."""
    parse: Callable[[str], Location | Rows | None]
    """None for what has another form."""


PREFIXES = {
    "pypi": Prefix("NAME[==VERSION]", parse_project),
    "installed": Prefix("NAME", parse_installed),
    "hf": Prefix("DATASET[:SPLIT]", parse_dataset),
}
"""The kinds of sources that have a prefix. Paths, git URLs and ``owner/name`` are told by their looks."""

_HOSTED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+?)(?:\.git)?(?:@(?P<revision>.+))?")
_SCP_STYLE = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+:(?!//)[^@]+(?P<revision>@.+)?")
_TABLES = (".jsonl", ".parquet")


def parse_spec(spec: str) -> Location | Rows:
    """Understand a source as the user wrote it; raises ``ConfigError`` if it is none.

    What exists as a path is that path, whatever else it could mean; ``./`` before it makes sure.
    """
    if not spec:
        raise ConfigError(f"{spec!r} is no source")
    name, colon, text = spec.partition(":")
    if colon and (prefix := PREFIXES.get(name)):
        location = prefix.parse(text)
        if location is None:
            raise ConfigError(f"{spec!r} is not {name}:{prefix.form}")
        return location
    if "://" in spec:
        return _parse_url(spec)
    if _SCP_STYLE.fullmatch(spec):
        url, revision = _split_revision(spec, spec.index(":"))
        return GitUrl(url, revision)
    return _parse_path(spec)


def _parse_url(spec: str) -> Location:
    spec = spec.removeprefix("git+")
    scheme = spec.partition("://")[0]
    try:
        urlsplit(spec)
    except ValueError as error:
        raise ConfigError(f"{spec!r} is no URL: {error}") from None
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


def _parse_path(spec: str) -> Location | Rows:
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
    *most, last = [f"{name}:{prefix.form}" for name, prefix in PREFIXES.items()]
    raise ConfigError(
        f"{spec!r} is neither a path that exists nor a git URL, OWNER/NAME[@REVISION], {', '.join(most)} or {last}"
    )
