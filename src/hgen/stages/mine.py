"""Mine: fetch what a source names, keep its tree as a snapshot, and refuse what tasks must not be made of."""

from collections.abc import Iterator
from pathlib import Path

from hgen.config import MineConfig
from hgen.errors import ConfigError, Skip
from hgen.passwords import without_passwords
from hgen.records import Reject, Repo, Source
from hgen.scratch import scratch
from hgen.snapshots import Store, TreeLimits, read_tree
from hgen.sources import Location, Origin, fetch, settings_for
from hgen.sources.commit_table import Rows, read_rows
from hgen.sources.decontamination import require_clean
from hgen.sources.licenses import find_license, require_allowed
from hgen.sources.metadata import read_metadata
from hgen.sources.spec import parse_spec

_BESIDE_THE_REPOSITORY = frozenset({"ignored", "version-control"})
"""Reasons why a snapshot leaves out what is not the repository's own, such as ``.git`` and ``__pycache__``."""


def mine(source: Source, settings: MineConfig, store: Store, cache: Path) -> Iterator[Repo | Reject]:
    """Turn a source into one repository, or a table of repositories into one record or reject for each row.

    What a repository's snapshot leaves out (links to elsewhere, names that are no text) are further rejects.
    ``cache`` keeps downloads and git mirrors between runs. Raises ``Skip`` if the one repository is not wanted or does
    not exist or is no source, ``NetworkError`` if that cannot be known.
    """
    try:
        location = parse_spec(source.spec)
    except ConfigError as error:
        raise Skip("bad-row", str(error)) from None
    if not isinstance(location, Rows):
        yield from _mine_one(location, without_passwords(source.spec), settings, store, cache)
        return
    for row in read_rows(location):
        try:
            yield from _mine_one(row.location(), row.spec, settings, store, cache)
        except Skip as skip:
            yield Reject(source=row.spec, reason=skip.reason, detail=skip.detail)


def _mine_one(
    location: Location, spec: str, settings: MineConfig, store: Store, cache: Path
) -> Iterator[Repo | Reject]:
    how = settings_for(settings, cache)
    with scratch(cache / "work") as folder:
        origin = fetch(location, folder / "tree", how)
        metadata = read_metadata(origin.tree)
        require_clean(origin, metadata, settings.decontaminate)
        _require_python(origin, how.limits, settings.min_python_files)
        expression = find_license(origin.tree, metadata)
        require_allowed(expression, settings.licenses)
        # Last, so that nothing is kept of what is refused.
        added = store.add(origin.tree, how.limits, origin.ignore)
    yield Repo(
        repo=origin.repo,
        base_commit=origin.base_commit or added.digest[:12],
        snapshot=added.digest,
        license=expression,
        source=spec,
        files=added.files,
        python_files=added.python_files,
        python_lines=added.python_lines,
        python_bytes=added.python_bytes,
    )
    for reason, count in sorted((origin.dropped + added.dropped).items()):
        if reason not in _BESIDE_THE_REPOSITORY:
            yield Reject(source=spec, reason=reason, detail=f"{count} {'path' if count == 1 else 'paths'} left out")


def _require_python(origin: Origin, limits: TreeLimits, least: int) -> None:
    entries = read_tree(origin.tree, limits, origin.ignore).entries
    if not entries:
        raise Skip("empty-repository", "there are no files")
    found = sum(entry.is_python for entry in entries)
    if found < least:
        raise Skip("too-few-python-files", f"{found} of the {least} that there must be")
