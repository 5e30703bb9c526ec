"""What of a folder belongs in a snapshot: files and harmless links, and what was left out and why."""

import os
import stat
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from hgen.errors import Skip

VERSION_CONTROL = frozenset({".git", ".hg", ".svn", ".bzr"})
"""Folders (or files, as in submodules) that hold history; compared without regard to case."""

Mode = Literal["100644", "100755", "120000"]
"""As git writes them: a file, an executable file, a symbolic link."""

_MAX_LINKS_FOLLOWED = 40
_LONGEST_NAME = 255
_LONGEST_PATH = 1000
"""In bytes; less than systems allow, because the tree has to fit below other folders."""


@dataclass(frozen=True)
class TreeLimits:
    """The largest tree that is taken: number of files and of folders, bytes in all, bytes of one file."""

    files: int
    total_bytes: int
    file_bytes: int

    def check(self, path: str, *, files: int, total_bytes: int, file_bytes: int) -> None:
        """Raise ``Skip("too-big")`` if a tree that has come this far, with ``path`` last, is over a limit."""
        if files > self.files:
            raise Skip("too-big", f"more than {self.files} files or folders")
        if file_bytes > self.file_bytes:
            raise Skip("too-big", f"{path} has {file_bytes} bytes; the limit is {self.file_bytes}")
        if total_bytes > self.total_bytes:
            raise Skip("too-big", f"more than {self.total_bytes} bytes")


@dataclass(frozen=True)
class Entry:
    """A file or link that belongs in the snapshot."""

    path: str
    mode: Mode
    size: int
    link: str = ""

    @property
    def is_python(self) -> bool:
        """Whether it is a file of Python code by its name."""
        return is_python(self.mode, self.path)


@dataclass
class Tree:
    """The entries of a folder in the order of their paths, and how many things were left out by reason."""

    entries: list[Entry]
    dropped: Counter[str] = field(default_factory=Counter)


def read_tree(root: Path, limits: TreeLimits, ignore: Collection[str]) -> Tree:
    """List what belongs in a snapshot of a folder, without opening a file.

    Left out and counted: version control, the names in ``ignore``, names that ``path_problem`` objects to, devices,
    pipes and sockets, and links that lead nowhere, out of the tree or in circles. Raises ``Skip("too-big")``.
    """
    entries: list[Entry] = []
    links: dict[str, str] = {}
    folders = {""}
    dropped: Counter[str] = Counter()
    total = 0
    for found in _walk(root, frozenset(ignore), dropped):
        path, mode = found.path, found.mode
        if mode == "folder":
            folders.add(path)
            limits.check(path, files=len(folders), total_bytes=0, file_bytes=0)
        elif mode == "link":
            links[path] = os.readlink(root / path)  # noqa: PTH115 - Path would tidy the target up
        else:
            entries.append(Entry(path, "100755" if mode == "executable" else "100644", found.size))
            total += found.size
            limits.check(path, files=len(entries), total_bytes=total, file_bytes=found.size)
    kept = _harmless_links(links, {entry.path for entry in entries}, folders, dropped)
    entries += [Entry(path, "120000", len(target.encode()), target) for path, target in kept.items()]
    entries.sort(key=lambda entry: entry.path.encode())
    return Tree(entries, dropped)


def is_python(mode: Mode, path: str) -> bool:
    """Whether an entry is a file of Python code by its name."""
    return mode != "120000" and path.endswith(".py")


def path_problem(path: str) -> str | None:
    """Why a path cannot be in a snapshot, or nothing.

    Paths become JSON strings and lines of diffs, so they must be UTF-8 and hold no control characters; and every file
    system must take them.
    """
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return "name-not-utf-8"
    if any(ord(character) < 32 or ord(character) == 127 for character in path):
        return "name-with-control-character"
    if len(encoded) > _LONGEST_PATH or any(len(part) > _LONGEST_NAME for part in encoded.split(b"/")):
        return "name-too-long"
    return "version-control" if not VERSION_CONTROL.isdisjoint(path.casefold().split("/")) else None


def is_safe_path(path: str) -> bool:
    """Whether a path stays below the folder that it is relative to."""
    return path != "" and not path.startswith("/") and not {"", ".", ".."} & set(path.split("/"))


@dataclass(frozen=True)
class _Found:
    path: str
    mode: Literal["folder", "link", "file", "executable"]
    size: int = 0


def _walk(root: Path, ignore: frozenset[str], dropped: Counter[str]) -> Iterator[_Found]:
    pending = [""]
    while pending:
        folder = pending.pop()
        with os.scandir(root / folder) as children:
            for child in sorted(children, key=lambda child: child.name):
                path = f"{folder}/{child.name}" if folder else child.name
                problem = "ignored" if child.name in ignore else path_problem(path)
                if problem:
                    dropped[problem] += 1
                    continue
                found = _classify(child, path)
                if found is None:
                    dropped["special-file"] += 1
                    continue
                if found.mode == "folder":
                    pending.append(path)
                yield found


def _classify(child: os.DirEntry[str], path: str) -> _Found | None:
    if child.is_symlink():
        return _Found(path, "link")
    status = child.stat(follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode):
        return _Found(path, "folder")
    if not stat.S_ISREG(status.st_mode):
        return None
    return _Found(path, "executable" if status.st_mode & stat.S_IXUSR else "file", status.st_size)


def _harmless_links(links: dict[str, str], files: set[str], folders: set[str], dropped: Counter[str]) -> dict[str, str]:
    kept = dict(sorted(links.items()))
    # A dropped link can leave others dangling; each round drops at least one link more.
    while True:
        problems = _link_problems(kept, files, folders)
        if not problems:
            return kept
        for path, problem in problems.items():
            dropped[problem] += 1
            del kept[path]


def _link_problems(links: dict[str, str], files: set[str], folders: set[str]) -> dict[str, str]:
    problems: dict[str, str] = {}
    to_folders: dict[str, str] = {}
    for path, target in links.items():
        end, problem = _follow(path, links)
        if path_problem(target) not in (None, "version-control"):
            problem = "link-name"
        elif problem is None and end in folders:
            to_folders[path] = end
        elif problem is None and end not in files:
            problem = "link-dangling"
        if problem:
            problems[path] = problem
    # A link to a folder that itself holds links to folders may come round to where it started.
    starts = sorted(to_folders)
    for path, end in to_folders.items():
        prefix = f"{end}/" if end else ""
        position = bisect_left(starts, prefix)
        if position < len(starts) and starts[position].startswith(prefix):
            problems[path] = "link-circle"
    return problems


def _follow(path: str, links: dict[str, str]) -> tuple[str, str | None]:
    """Where a link ends, as the file system would follow it, or what is wrong with it."""
    at: list[str] = []
    ahead = list(reversed(PurePosixPath(path).parts))
    followed = 0
    while ahead:
        part = ahead.pop()
        if part in ("", "."):
            continue
        if part == "..":
            if not at:
                return "", "link-outside"
            at.pop()
            continue
        at.append(part)
        target = links.get("/".join(at))
        if target is None:
            continue
        followed += 1
        if followed > _MAX_LINKS_FOLLOWED:
            return "", "link-circle"
        if target.startswith("/"):
            return "", "link-absolute"
        at.pop()
        ahead += reversed(target.split("/"))
    return "/".join(at), None
