"""Write a commit's tree into a folder, byte for byte as it is in the objects: no filters, attributes or checkouts."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from hgen.errors import Skip
from hgen.snapshots import Limits
from hgen.sources.git import Git
from hgen.sources.writer import CHUNK, TreeWriter

_SUBMODULE = "160000"
_LINK = "120000"
_EXECUTABLE = "100755"

_LONGEST_PATH = 1 << 16
"""Far longer than any file system takes; hostile trees hold longer ones."""


@dataclass(frozen=True)
class _Listed:
    mode: str
    sha: str
    size: int
    path: str


def write_tree(git: Git, commit: str, writer: TreeWriter, limits: Limits) -> None:
    """Write the files and links of a commit; submodules are left out and counted.

    Raises ``Skip``: ``too-big`` before anything is written, ``unsafe-path``, ``incomplete-repository`` when objects are
    missing, as they are in partial clones.
    """
    listed = list(_list_tree(git, commit, limits))
    with git.start("cat-file", "--batch", stdin=subprocess.PIPE) as process:
        requests, answers = _pipes(process)
        for entry in listed:
            if entry.mode == _SUBMODULE:
                writer.dropped["submodule"] += 1
                continue
            requests.write(f"{entry.sha}\n".encode())
            requests.flush()
            content = _content(entry, answers)
            if entry.mode == _LINK:
                writer.link(entry.path, b"".join(content).decode(errors="surrogateescape"))
            else:
                writer.file(entry.path, content, executable=entry.mode == _EXECUTABLE)
            # Whatever the writer did not want has to be read all the same, to come to the next answer.
            for _ in content:
                pass
            answers.read(1)
    writer.finish()


def _list_tree(git: Git, commit: str, limits: Limits) -> Iterator[_Listed]:
    total = 0
    with git.start("ls-tree", "-r", "-z", "-l", "--full-tree", commit) as process:
        if process.stdout is None:
            raise AssertionError("git was started with a pipe")
        for count, line in enumerate(_until_null(process.stdout), 1):
            facts, _, path = line.decode(errors="surrogateescape").partition("\t")
            mode, kind, sha, size = facts.split()
            bytes_ = int(size) if kind == "blob" and size.isdigit() else 0
            total += bytes_
            limits.check(path, files=count, total_bytes=total, file_bytes=bytes_)
            yield _Listed(mode, sha, bytes_, path)
        # It ends early, and says so, when objects are missing.
        if process.wait():
            raise Skip("incomplete-repository", f"objects of {commit} are missing")


def _until_null(stream: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(CHUNK):
        *lines, rest = (rest + chunk).split(b"\0")
        yield from lines
        if len(rest) > _LONGEST_PATH:
            raise Skip("unsafe-path", f"a path of more than {_LONGEST_PATH} bytes")


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise AssertionError("git was started with pipes")
    return process.stdin, process.stdout


def _content(entry: _Listed, answers: IO[bytes]) -> Iterator[bytes]:
    header = answers.readline().split()
    if len(header) != 3 or header[1] != b"blob":
        raise Skip("incomplete-repository", f"{entry.path} cannot be read: {b' '.join(header).decode()}")
    left = int(header[2])
    while left:
        chunk = answers.read(min(CHUNK, left))
        if not chunk:
            raise Skip("incomplete-repository", f"{entry.path} ends early")
        left -= len(chunk)
        yield chunk
