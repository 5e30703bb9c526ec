"""Unpack source archives (tar, zip) that nobody vouches for."""

import bz2
import errno
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hgen.errors import Skip
from hgen.snapshots import TreeLimits
from hgen.sources.safe_writer import TreeWriter, read_chunks

_MOST_HEADER_BYTES = 1 << 20
"""Far more than the headers between two files of a tar archive ever need."""

_OPENERS: dict[str, Callable[[Path], io.BufferedIOBase]] = {
    ".gz": gzip.GzipFile,
    ".tgz": gzip.GzipFile,
    ".bz2": bz2.BZ2File,
    ".xz": lzma.LZMAFile,
    ".tar": lambda archive: archive.open("rb"),
}


_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    lzma.LZMAError,
    zlib.error,
    struct.error,
    EOFError,
    # Encrypted members and compression methods that this Python does not know.
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class Unpacked:
    """The folder that holds the archive's tree, and what was left out by reason."""

    tree: Path
    dropped: Counter[str]


def unpack(archive: Path, into: Path, limits: TreeLimits, *, max_ratio: float) -> Unpacked:
    """Unpack an archive; a single folder around everything is not part of the tree.

    Raises ``Skip``: ``unsafe-path`` for members that would land outside, ``too-big`` and ``archive-bomb`` by the bytes
    that really come out, ``broken-archive`` for what cannot be read.
    """
    # Small archives of one well compressed file are common; they may hold at least one of the largest size.
    bomb = _Ratio(archive.name, max(archive.stat().st_size * max_ratio, limits.file_bytes))
    writer = TreeWriter(into, limits)
    with _broken_is_a_skip(archive.name):
        if archive.suffix == ".zip":
            _unpack_zip(archive, writer, limits, bomb)
        elif archive.suffix in _OPENERS:
            _unpack_tar(archive, writer, limits, bomb)
        else:
            raise Skip("broken-archive", f"{archive.name} is of no known kind")
    writer.finish()
    children = sorted(into.iterdir())
    only = children[0] if len(children) == 1 and children[0].is_dir() and not children[0].is_symlink() else into
    return Unpacked(only, writer.dropped)


@dataclass
class _Ratio:
    """Counts what comes out of an archive against what its size allows."""

    name: str
    allowed: float
    seen: int = 0

    def count(self, chunk: bytes) -> bytes:
        self.seen += len(chunk)
        if self.seen > self.allowed:
            raise Skip("archive-bomb", f"{self.name} unpacks to more than {int(self.allowed)} bytes")
        return chunk


@contextmanager
def _broken_is_a_skip(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # Decompressors raise it without a number, and seeking to where a damaged header points is an invalid argument.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise Skip("broken-archive", f"{name}: {error}") from error
    except _BROKEN as error:
        raise Skip("broken-archive", f"{name}: {error}") from error


def _unpack_zip(archive: Path, writer: TreeWriter, limits: TreeLimits, bomb: _Ratio) -> None:
    with zipfile.ZipFile(archive) as members:
        limits.check(archive.name, files=len(members.infolist()), total_bytes=0, file_bytes=0)
        for member in members.infolist():
            mode = member.external_attr >> 16
            path = _relative(member.filename.replace("\\", "/"))
            if member.is_dir():
                continue
            with members.open(member) as content:
                chunks = map(bomb.count, read_chunks(content))
                if mode & 0o170000 == 0o120000:
                    writer.link(path, _link_target(chunks))
                else:
                    writer.file(path, chunks, executable=bool(mode & 0o100))


def _link_target(chunks: Iterator[bytes]) -> str:
    return next(chunks, b"").decode(errors="surrogateescape")


def _unpack_tar(archive: Path, writer: TreeWriter, limits: TreeLimits, bomb: _Ratio) -> None:
    with _OPENERS[archive.suffix](archive) as raw:
        stream = _Metered(raw, bomb)
        with tarfile.open(fileobj=stream, mode="r|", bufsize=tarfile.RECORDSIZE, errorlevel=1) as members:
            for member in members:
                stream.expect(member.size)
                _write_member(members, member, writer)


class _Metered(io.RawIOBase):
    """A stream that gives no more than was announced: tarfile reads headers whole, however long they say they are."""

    def __init__(self, raw: io.BufferedIOBase, bomb: _Ratio) -> None:
        self._raw = raw
        self._bomb = bomb
        self._allowed = _MOST_HEADER_BYTES

    def expect(self, size: int) -> None:
        """Allow for the contents of a file and the headers after it."""
        self._allowed = size + _MOST_HEADER_BYTES

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._raw.read(size)
        self._allowed -= len(chunk)
        if self._allowed < 0:
            raise Skip("archive-bomb", f"{self._bomb.name} has headers of more than {_MOST_HEADER_BYTES} bytes")
        return self._bomb.count(chunk)


def _write_member(members: tarfile.TarFile, member: tarfile.TarInfo, writer: TreeWriter) -> None:
    # Not by tarfile's "data" filter: Python has it since 3.11.4 only, and it refuses a whole archive for one bad link.
    path = _relative(member.name)
    if member.issym():
        writer.link(path, member.linkname)
    elif member.islnk():
        writer.copy(path, _relative(member.linkname), executable=_is_executable(member))
    elif member.isreg():
        content = members.extractfile(member)
        if content is not None:
            writer.file(path, read_chunks(content), executable=_is_executable(member))
    elif not member.isdir():
        writer.dropped["special-file"] += 1


def _relative(name: str) -> str:
    """A member's name without what says nothing: a root, ``.``, doubled slashes. ``..`` stays and will be refused."""
    return PurePosixPath(name.lstrip("/")).as_posix()


def _is_executable(member: tarfile.TarInfo) -> bool:
    return bool(member.mode & 0o100)
