"""Replies on disk, each under the digest of its request: the first that is kept stays."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hgen.endpoint.usage import Usage
from hgen.errors import ShardError
from hgen.records import Record
from hgen.shards import write_whole


class Called(Record):
    """A tool that a model calls; the arguments are JSON as the model wrote it."""

    id: str
    name: str
    arguments: str


class Reply(Record):
    """What a model said, why it ended, and what that took."""

    text: str
    refusal: str
    reasoning: str = ""
    """What it thought, where the endpoint tells."""
    calls: tuple[Called, ...] = ()
    """The tools that it calls."""
    finish: str
    """The protocol's ``finish_reason``: ``stop``, ``length``, ``content_filter``, …"""
    usage: Usage


class Kept(Record):
    """A request as it was sent, and its reply."""

    request: dict[str, Any]
    reply: Reply


class Replies:
    """A folder of replies, for any number of processes and threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, digest: str) -> Kept | None:
        """What is kept under a digest, if anything is; raises ``ShardError`` if it is damaged."""
        path = self._path(digest)
        try:
            return Kept.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            raise ShardError(f"{path} is damaged; delete it, and run again") from None

    def keep(self, digest: str, kept: Kept) -> Kept:
        """Keep a reply, durably, unless another process was first; what is kept then is what counts."""
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self._folder):
            first = self.get(digest)
            if first is None:
                write_whole(path, kept.model_dump_json(indent=1).encode() + b"\n")
        return first or kept

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.json"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep all other threads and processes off a folder; a killed process holds no lock."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
