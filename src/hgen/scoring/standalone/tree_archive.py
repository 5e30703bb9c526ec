"""A tree as a tar archive, with which a start state is laid out wherever there is ``tar``."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_MODIFIED = 946_684_800
"""Time of every file, in seconds since 1970."""


def packed(files: Mapping[str, bytes], *, executable: Collection[str], links: Mapping[str, str]) -> bytes:
    """A compressed archive; as for ``write``."""
    archive = io.BytesIO()
    write(archive, files, executable=executable, links=links)
    return gzip.compress(archive.getvalue(), compresslevel=6, mtime=0)


def write(
    file: str | IO[bytes], files: Mapping[str, bytes], *, executable: Collection[str], links: Mapping[str, str]
) -> None:
    """Write an archive, the same bytes for the same tree; links come last, so that nothing is written through one."""
    given = {"name": file} if isinstance(file, str) else {"fileobj": file}
    with tarfile.open(mode="w", format=tarfile.PAX_FORMAT, **given) as archive:
        for path in sorted(files):
            content = files[path]
            entry = _entry(path, 0o755 if path in executable else 0o644)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        for path, target in sorted(links.items()):
            entry = _entry(path, 0o777)
            entry.type = tarfile.SYMTYPE
            entry.linkname = target
            archive.addfile(entry)


def _entry(path: str, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.mode = mode
    entry.mtime = _MODIFIED
    return entry
