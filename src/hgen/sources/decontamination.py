"""Lists of repositories that benchmarks are made of, which training tasks must not come from."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from packaging.utils import canonicalize_name

from hgen.errors import ConfigError, Skip
from hgen.resources import folder, text
from hgen.sources.metadata import Metadata
from hgen.sources.origin import Origin
from hgen.sources.urls import hosted_name

_FOLDER = "configs/decontamination"
_LINE = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)(?:\s+(?P<projects>[\w.-]+(?:\s*,\s*[\w.-]+)*))?")


@dataclass(frozen=True)
class BenchmarkList:
    """The repositories of one benchmark: ``owner/name`` in lower case, and normalised names on the package index."""

    name: str
    repositories: frozenset[str]
    projects: frozenset[str]


def require_clean(origin: Origin, metadata: Metadata, lists: tuple[str, ...]) -> None:
    """Raise ``Skip("decontamination")`` if any name or address of a tree is on one of the lists."""
    repositories = {repository_name(url) for url in (origin.repo, *origin.urls, *metadata.urls)}
    projects = {canonicalize_name(name) for name in (*origin.projects, *metadata.names)}
    for benchmark in map(load_list, lists):
        for found in sorted((repositories & benchmark.repositories) | (projects & benchmark.projects)):
            raise Skip("decontamination", f"{found} is part of {benchmark.name}")


@cache
def load_list(name: str) -> BenchmarkList:
    """A list that ships with hgen, or one of the user's own: a path that ends in ``.txt``.

    One repository a line: ``owner/name``, then its names on the package index, separated by commas; ``#`` begins a
    comment. Raises ``ConfigError`` for unknown lists and lines of another form.
    """
    content = _read(name)
    repositories: set[str] = set()
    projects: set[str] = set()
    for number, line in enumerate(content.split("\n"), 1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        match = _LINE.fullmatch(entry)
        if not match:
            raise ConfigError(
                f"decontamination list {name}, line {number}: {entry!r} is not OWNER/NAME PROJECT[, PROJECT]"
            )
        repositories.add(match["repo"].lower())
        projects |= {canonicalize_name(project.strip()) for project in (match["projects"] or "").split(",") if project}
    return BenchmarkList(name, frozenset(repositories), frozenset(projects))


def known_lists() -> tuple[str, ...]:
    """The names of the lists that ship with hgen."""
    return tuple(sorted(path.stem for path in (folder() / _FOLDER).glob("*.txt")))


def lists_digest(names: tuple[str, ...]) -> str:
    """A digest of what the lists say now: what was mined under other lists has to be mined again."""
    return hashlib.sha256("\0".join(map(_read, names)).encode()).hexdigest()


def repository_name(url: str) -> str:
    """``owner/name`` in lower case, from a repository's URL or from itself; deeper paths are cut off."""
    path = hosted_name(url) if "://" in url or "@" in url else url
    return "/".join(path.split("/")[:2]).removesuffix(".git").lower()


def _read(name: str) -> str:
    if name.endswith(".txt"):
        try:
            return Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read the decontamination list {name}: {error}") from None
    if name not in known_lists():
        raise ConfigError(f"unknown decontamination list {name!r}; known: {', '.join(known_lists())}, or a .txt file")
    return text(f"{_FOLDER}/{name}.txt")
