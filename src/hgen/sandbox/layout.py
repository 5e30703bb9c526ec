"""A start state, and the archive that lays it out in a sandbox: the files and a git repository of one commit."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from hgen.sandbox import archive, hostgit

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

_PAGE = 4096
_INDEXED = 512
"""Bytes that git needs for a file, besides its content and three times its path."""
_GIT_INODES = 32


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
        return len(self.tree) + len(archive.folders_of(self.tree)) + len(self.job) + _GIT_INODES

    @cached_property
    def archive(self) -> bytes:
        """A tar archive for ``/sandbox``: the files, and ``.git``, a repository of one commit, no reflog, no remote."""
        tree = {**self.tree}
        for path, content in repository(self.tree).items():
            tree[b".git/" + path] = hostgit.GitFile(hostgit.REGULAR, content)
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


def _checked(path: str) -> str:
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise ValueError(f"{path!r} cannot be a path in a start state")
    return path


def _pack(tree: Mapping[bytes, hostgit.GitFile], job: Mapping[str, bytes]) -> bytes:
    agent = (AGENT, AGENT)
    blocks = [*archive.folder(b".", archive.ROOT, 0o755)]
    blocks += archive.folder(os.fsencode(HIDDEN.name), (0, GRADER), 0o750)
    blocks += archive.tree(os.fsencode(TREE.name), tree, agent, folders=(b".git/refs",))
    blocks += archive.folder(os.fsencode(JOB.name), agent, 0o700)
    for name, content in sorted(job.items()):
        blocks += archive.member(os.fsencode(f"{JOB.name}/{name}"), content, agent, 0o600)
    return b"".join([*blocks, archive.END])
