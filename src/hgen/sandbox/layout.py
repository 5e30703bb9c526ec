"""A start state, and the archive that lays it out in a sandbox: the files and a git repository of one commit."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from hgen.sandbox import hostgit

TREE = PurePosixPath("/sandbox/repo")
"""Where the start state lies in every sandbox; also the working folder of commands."""

HIDDEN = PurePosixPath("/sandbox/hidden")
"""Where only commands that run as the grader can read."""

JOB = PurePosixPath("/sandbox/job")
"""Where the files of ``StartState.job`` lie: not in the tree, and only for the user that commands run as."""

AGENT, GRADER, KEEPER = 60101, 60102, 60103
"""The users of the Containerfile: of foreign code, of what judges it, and of the first process, out of reach of both.

Not 65534, which owns files and processes on many hosts.
"""

ROOT = (0, 0)

_BLOCK = 512
_PAGE = 4096
_INDEXED = 512
"""Bytes that git needs for a file, besides its content and three times its path."""
_GIT_INODES = 32
_MODIFIED = 946_684_800
"""Time of every file, in seconds since 1970: nothing in a sandbox depends on when it was made."""


@dataclass(frozen=True, eq=False)
class StartState:
    """The tree that a sandbox starts from; paths are relative with forward slashes.

    Keep one to start several sandboxes from it: it is packed once.
    """

    files: Mapping[str, bytes]
    executable: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links and where they point."""
    job: Mapping[str, bytes] = field(default_factory=dict)
    """Files for ``JOB``, by name; they are no part of the tree."""

    @cached_property
    def tree(self) -> dict[bytes, hostgit.GitFile]:
        """The files as git sees them; raises ``ValueError`` for a path that cannot be in a repository."""
        tree = {os.fsencode(_checked(path)): self._entry(path) for path in self.files}
        for path, target in self.links.items():
            tree[os.fsencode(_checked(path))] = hostgit.GitFile(hostgit.SYMLINK, os.fsencode(target))
        return tree

    @cached_property
    def size(self) -> int:
        """The space that it takes up, in bytes, at most: whole pages, and a pack that saved nothing."""
        lengths = [len(entry.content) for entry in self.tree.values()]
        pages = sum(-(-length // _PAGE) for length in [*lengths, *map(len, self.job.values())]) + self.inodes
        return pages * _PAGE + sum(lengths) + sum(_INDEXED + 3 * len(path) for path in self.tree)

    @cached_property
    def inodes(self) -> int:
        """Files and folders, those of git included, at most."""
        return len(self.tree) + len(_folders(self.tree)) + len(self.job) + _GIT_INODES

    @cached_property
    def archive(self) -> bytes:
        """A tar archive for ``/sandbox``: the files, and ``.git``, a repository of one commit, no reflog, no remote."""
        tree = {b"repo/" + path: entry for path, entry in self.tree.items()}
        for path, content in repository(self.tree).items():
            tree[b"repo/.git/" + path] = hostgit.GitFile(hostgit.REGULAR, content)
        return _pack(tree, self.job)

    def _entry(self, path: str) -> hostgit.GitFile:
        mode = hostgit.EXECUTABLE if path in self.executable else hostgit.REGULAR
        return hostgit.GitFile(mode, self.files[path])


def repository(tree: Mapping[bytes, hostgit.GitFile]) -> dict[bytes, bytes]:
    """The files of ``.git``, by path, for a tree as the only commit: no reflog, no remote, no hook; the index holds it.

    ``refs`` must be a folder beside them.
    """
    with hostgit.repository() as folder:
        hostgit.commit(folder, "main", tree)
        hostgit.git(folder, "read-tree", "main")
        hostgit.git(folder, "config", "core.bare", "false")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {os.fsencode(path.relative_to(folder)): path.read_bytes() for path in files}


def single(name: str, content: bytes, *, owner: tuple[int, int], mode: int) -> bytes:
    """A tar archive of one file."""
    return b"".join([*_member(name.encode(), content, owner, mode), bytes(2 * _BLOCK)])


def open_folder() -> bytes:
    """A tar archive that gives the folder where it is unpacked to everyone, as ``/tmp`` is."""
    return b"".join([*_folder(b".", ROOT, 0o1777), bytes(2 * _BLOCK)])


def _checked(path: str) -> str:
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise ValueError(f"{path!r} cannot be a path in a start state")
    return path


def _pack(tree: Mapping[bytes, hostgit.GitFile], job: Mapping[str, bytes]) -> bytes:
    folders = _folders(tree) | {b"repo", b"repo/.git/refs"}
    blocks = [*_folder(b".", ROOT, 0o755), *_folder(os.fsencode(HIDDEN.name), (0, GRADER), 0o750)]
    # Parents come first: a folder sorts before what is in it.
    for path in sorted(folders):
        blocks += _folder(path, (AGENT, AGENT), 0o755)
    for path, entry in sorted(tree.items()):
        if entry.mode == hostgit.SYMLINK:
            blocks += _link(path, entry.content)
            continue
        blocks += _member(path, entry.content, (AGENT, AGENT), 0o755 if entry.mode == hostgit.EXECUTABLE else 0o644)
    blocks += _folder(os.fsencode(JOB.name), (AGENT, AGENT), 0o700)
    for name, content in sorted(job.items()):
        blocks += _member(os.fsencode(f"{JOB.name}/{name}"), content, (AGENT, AGENT), 0o600)
    return b"".join([*blocks, bytes(2 * _BLOCK)])


def _folders(tree: Mapping[bytes, hostgit.GitFile]) -> set[bytes]:
    return {path[:end] for path in tree for end in _slashes(path)}


def _slashes(path: bytes) -> Iterator[int]:
    end = path.find(b"/")
    while end >= 0:
        yield end
        end = path.find(b"/", end + 1)


def _folder(path: bytes, owner: tuple[int, int], mode: int) -> list[bytes]:
    return [*_long_name(path + b"/"), _header(path + b"/", 0, owner, mode, b"5")]


def _member(path: bytes, content: bytes, owner: tuple[int, int], mode: int) -> list[bytes]:
    header = _header(path, len(content), owner, mode, b"0")
    return [*_long_name(path), header, content, bytes(-len(content) % _BLOCK)]


def _link(path: bytes, target: bytes) -> list[bytes]:
    header = _header(path, 0, (AGENT, AGENT), 0o777, b"2", target=target)
    return [*_long_name(target, b"K"), *_long_name(path), header]


def _long_name(path: bytes, kind: bytes = b"L") -> list[bytes]:
    if len(path) <= 100:
        return []
    name = path + b"\0"
    return [_header(b"././@LongLink", len(name), ROOT, 0o644, kind), name, bytes(-len(name) % _BLOCK)]


def _header(path: bytes, size: int, owner: tuple[int, int], mode: int, kind: bytes, *, target: bytes = b"") -> bytes:
    # By hand, because the standard library's tar writer takes longer than the engine needs to unpack.
    fields = b"%b%07o\0%07o\0%07o\0%011o\0%011o\0        %b%b%b" % (
        path[:100].ljust(100, b"\0"), mode, *owner, size, _MODIFIED, kind,
        target[:100].ljust(100, b"\0"), b"ustar  \0",
    )  # fmt: skip
    block = fields.ljust(_BLOCK, b"\0")
    return b"%b%06o\0 %b" % (block[:148], sum(block), block[156:])
