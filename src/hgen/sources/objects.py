"""Write a commit's tree into a folder, byte for byte as it is in the objects: no filters, attributes or checkouts."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from hgen.errors import MachineError, Skip
from hgen.snapshots import TreeLimits
from hgen.sources.git import Git, GitError
from hgen.sources.safe_writer import CHUNK, TreeWriter

_SUBMODULE = "160000"
_LINK = "120000"
_EXECUTABLE = "100755"

_LONGEST_PATH = 1 << 16
"""Far longer than any file system takes; hostile trees hold longer ones."""

_END = 0.2
"""Seconds within which a process that has closed its output is gone."""


@dataclass(frozen=True)
class _Listed:
    mode: str
    sha: str
    size: int
    path: str


def write_tree(git: Git, commit: str, writer: TreeWriter, limits: TreeLimits) -> None:
    """Write the files and links of a commit; submodules are left out and counted.

    Raises ``Skip`` for what is too big, before anything is written, or unsafe; ``GitError`` when objects are damaged or
    missing, as they are in partial clones; ``MachineError`` if git is killed.
    """
    listed = list(_list_tree(git, commit, limits))
    with git.start("cat-file", "--batch", stdin=subprocess.PIPE) as process:
        requests, answers = _pipe(process.stdin).fileno(), _pipe(process.stdout)
        for entry in listed:
            if entry.mode == _SUBMODULE:
                writer.dropped["submodule"] += 1
                continue
            _ask(requests, entry, process)
            content = _content(entry, process)
            if entry.mode == _LINK:
                writer.link(entry.path, b"".join(content).decode(errors="surrogateescape"))
            else:
                writer.file(entry.path, content, executable=entry.mode == _EXECUTABLE)
            # Whatever the writer did not want has to be read all the same, to come to the next answer.
            for _ in content:
                pass
            answers.read(1)
    writer.finish()


def _list_tree(git: Git, commit: str, limits: TreeLimits) -> Iterator[_Listed]:
    total = 0
    with git.start("ls-tree", "-r", "-z", "-l", "--full-tree", commit) as process:
        for count, line in enumerate(_until_null(_pipe(process.stdout)), 1):
            facts, _, path = line.decode(errors="surrogateescape").partition("\t")
            mode, kind, sha, size = facts.split()
            bytes_ = int(size) if kind == "blob" and size.isdigit() else 0
            total += bytes_
            limits.check(path, files=count, total_bytes=total, file_bytes=bytes_)
            yield _Listed(mode, sha, bytes_, path)
        if process.wait():
            raise _failure(process, f"objects of {commit} are missing")


def _until_null(stream: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(CHUNK):
        *lines, rest = (rest + chunk).split(b"\0")
        yield from lines
        if len(rest) > _LONGEST_PATH:
            raise Skip("unsafe-path", f"a path of more than {_LONGEST_PATH} bytes")


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("git is started with pipes")
    return stream


def _ask(requests: int, entry: _Listed, process: subprocess.Popen[bytes]) -> None:
    try:
        # Past Python's buffer, which would fail once more when it is closed.
        os.write(requests, f"{entry.sha}\n".encode())
    except BrokenPipeError:
        raise _failure(process, f"{entry.path} is missing or damaged") from None


def _content(entry: _Listed, process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    answers = _pipe(process.stdout)
    header = answers.readline().split()
    if len(header) != 3 or header[1] != b"blob":
        raise _failure(process, f"{entry.path} is missing or damaged")
    left = int(header[2])
    while left:
        chunk = answers.read(min(CHUNK, left))
        if not chunk:
            raise _failure(process, f"{entry.path} is damaged")
        left -= len(chunk)
        yield chunk


def _failure(process: subprocess.Popen[bytes], message: str) -> Exception:
    """What a git that gave no answer means: it waits for more if something is missing, else it has ended."""
    with suppress(subprocess.TimeoutExpired):
        if process.wait(timeout=_END) < 0:
            return MachineError(f"git was ended by signal {-process.returncode}")
    return GitError(message)
