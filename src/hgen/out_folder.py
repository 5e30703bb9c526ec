"""The out folder: a mark says that it is hgen's, and a lock on the mark keeps a second hgen off it."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hgen.errors import ConfigError, ShardError
from hgen.shards import write_whole

MARK = ".hgen"
"""The file that makes a folder an out folder."""

_TEXT = "hgen keeps what it makes in this folder: it replaces and deletes files that it has written here.\n"


@contextmanager
def claimed(out: Path, *, new: bool) -> Iterator[None]:
    """Take up an out folder, or make one if it may be ``new``, and keep a second hgen off; a killed one holds no lock.

    Raises ``ConfigError`` if the folder holds anything and has no mark, or if another hgen works in it; ``ShardError``
    if there must be one and there is none.
    """
    _refuse_foreign(out)
    if not new and not (out / MARK).is_file():
        raise ShardError(f"{out} is no out folder yet; run `hgen mine` first")
    out.mkdir(parents=True, exist_ok=True)
    with (out / MARK).open("a", encoding="utf-8") as mark:
        try:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"another hgen is working in {out}") from None
        if not mark.tell():
            mark.write(_TEXT)
            mark.flush()
        yield


def write_settings(out: Path, text: str) -> None:
    """Write ``out/config.yaml``, below a line with its digest; raises ``ConfigError`` for one that hgen did not write.

    Another file of that name, or one in which somebody has changed something, stays as it is.
    """
    file = out / "config.yaml"
    if file.is_symlink() or (file.exists() and not _is_own(file.read_bytes())):
        raise ConfigError(f"{file} is not as hgen wrote it, which would replace it; move it away")
    write_whole(file, _signed(text.encode()))


def _is_own(content: bytes) -> bool:
    return content == _signed(content.partition(b"\n")[2])


def _signed(text: bytes) -> bytes:
    return (
        f"# What hgen was last run with, for the record (digest {hashlib.sha256(text).hexdigest()})\n".encode() + text
    )


def _refuse_foreign(out: Path) -> None:
    if not out.exists() or (out / MARK).is_file():
        return
    if not out.is_dir():
        raise ConfigError(f"{out} is not a folder; choose another")
    if next(out.iterdir(), None) is not None:
        raise ConfigError(
            f"{out} is not empty and no out folder of hgen, which would replace and delete files in it; choose another "
            f"one (if an earlier hgen made it, say so: touch {out / MARK})"
        )
