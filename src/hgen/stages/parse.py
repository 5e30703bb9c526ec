"""The parse stage: from a repository's files to its symbols and what each of them calls."""

from collections.abc import Mapping

from hgen.config import ParseConfig
from hgen.errors import Skip
from hgen.records import Codebase, Repo
from hgen.resolve import resolve


def parse(repo: Repo, files: Mapping[str, bytes], settings: ParseConfig) -> Codebase:
    """The codebase of a repository, given as relative posix paths and contents; only ``.py`` files are looked at.

    Raises ``Skip("no-symbols")`` if no file defines anything.
    """
    symbols, broken = resolve(files, max_bytes=settings.max_file_bytes)
    if not symbols:
        raise Skip("no-symbols", f"{len(broken)} broken files" if broken else "no Python file defines anything")
    return Codebase(repo=repo, symbols=symbols, broken=broken)
