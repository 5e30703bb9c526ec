"""Tar archives for container engines: files, folders and links with their owners, the same bytes each time."""

import os
from collections.abc import Collection, Iterator, Mapping

from hgen.sandbox.hostgit import EXECUTABLE, SYMLINK, GitFile

MODIFIED = 946_684_800
"""Time of every file, in seconds since 1970: nothing in a sandbox depends on when it was made."""

ROOT = (0, 0)

_BLOCK = 512
END = bytes(2 * _BLOCK)
"""What an archive ends with."""


def single(name: str, content: bytes, *, owner: tuple[int, int], mode: int) -> bytes:
    """An archive of one file."""
    return b"".join([*member(os.fsencode(name), content, owner, mode), END])


def open_folder() -> bytes:
    """An archive that gives the folder where it is unpacked to everyone, as ``/tmp`` is."""
    return b"".join([*folder(b".", ROOT, 0o1777), END])


def tree(
    root: bytes, files: Mapping[bytes, GitFile], owner: tuple[int, int], *, folders: Collection[bytes] = ()
) -> Iterator[bytes]:
    """The blocks of the folder ``root`` with files and links, all folders that these are in, and ``folders``."""
    yield from folder(root, owner, 0o755)
    # Parents come first: a folder sorts before what is in it.
    for path in sorted({*folders, *folders_of(files)}):
        yield from folder(b"%b/%b" % (root, path), owner, 0o755)
    for path, entry in sorted(files.items()):
        name = b"%b/%b" % (root, path)
        if entry.mode == SYMLINK:
            yield from _link(name, entry.content, owner)
        else:
            yield from member(name, entry.content, owner, 0o755 if entry.mode == EXECUTABLE else 0o644)


def folders_of(paths: Collection[bytes]) -> set[bytes]:
    """All folders above some paths."""
    return {path[:end] for path in paths for end in _slashes(path)}


def folder(path: bytes, owner: tuple[int, int], mode: int) -> list[bytes]:
    """The blocks of a folder."""
    return [*_long_name(path + b"/"), _header(path + b"/", 0, owner, mode, b"5")]


def member(path: bytes, content: bytes, owner: tuple[int, int], mode: int) -> list[bytes]:
    """The blocks of a file."""
    header = _header(path, len(content), owner, mode, b"0")
    return [*_long_name(path), header, content, bytes(-len(content) % _BLOCK)]


def _slashes(path: bytes) -> Iterator[int]:
    end = path.find(b"/")
    while end >= 0:
        yield end
        end = path.find(b"/", end + 1)


def _link(path: bytes, target: bytes, owner: tuple[int, int]) -> list[bytes]:
    header = _header(path, 0, owner, 0o777, b"2", target=target)
    return [*_long_name(target, b"K"), *_long_name(path), header]


def _long_name(path: bytes, kind: bytes = b"L") -> list[bytes]:
    if len(path) <= 100:
        return []
    name = path + b"\0"
    return [_header(b"././@LongLink", len(name), ROOT, 0o644, kind), name, bytes(-len(name) % _BLOCK)]


def _header(path: bytes, size: int, owner: tuple[int, int], mode: int, kind: bytes, *, target: bytes = b"") -> bytes:
    # By hand, because the standard library's tar writer takes longer than the engine needs to unpack.
    fields = b"%b%07o\0%07o\0%07o\0%011o\0%011o\0        %b%b%b" % (
        path[:100].ljust(100, b"\0"), mode, *owner, size, MODIFIED, kind,
        target[:100].ljust(100, b"\0"), b"ustar  \0",
    )  # fmt: skip
    block = fields.ljust(_BLOCK, b"\0")
    return b"%b%06o\0 %b" % (block[:148], sum(block), block[156:])
