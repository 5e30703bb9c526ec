"""The parse stage: from a repository's files to its symbols and what each of them calls."""

from collections.abc import Iterator, Mapping

from hgen.config import ParseConfig
from hgen.errors import Skip
from hgen.records import Codebase, Reject, Repo
from hgen.resolve import resolve


def parse(repo: Repo, files: Mapping[str, bytes], settings: ParseConfig) -> Iterator[Codebase | Reject]:
    """The codebase of a repository, given as relative posix paths and contents, and a reject for each broken file.

    Only ``.py`` files are looked at. Raises ``Skip("no-symbols")`` if no file defines anything.
    """
    symbols, broken = resolve(files, max_bytes=settings.max_file_bytes)
    if not symbols:
        raise Skip("no-symbols", f"{len(broken)} broken files" if broken else "no Python file defines anything")
    yield Codebase(repo=repo, symbols=symbols)
    for each in broken:
        yield Reject(source=f"{repo.repo} {each.file}", reason=each.reason, detail=each.detail or repo.base_commit)
