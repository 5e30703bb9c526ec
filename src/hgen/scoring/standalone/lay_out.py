"""Lay a tree out for a run of tests, freshly and owned by who runs them, where nothing planted is looked at."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from hgen.scoring.standalone.other_user import private_folder
from hgen.scoring.verdicts import NoVerdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


@contextmanager
def folders(place: str, owner: int | None) -> Iterator[tuple[Path, Path, Path]]:
    """Three new folders for the tree, for the driver and for temporary files; all of it is removed afterwards.

    The tree's is ``place`` if that is given; what lies there meanwhile waits beside it. Raises ``NoVerdict``.
    """
    base = _new_folder(owner)
    try:
        job, scratch, around = base / "job", base / "tmp", base / "around"
        for folder in (job, scratch):
            _own(folder, owner)
        if place:
            with _cleared(Path(place)):
                _own(Path(place), owner)
                try:
                    yield Path(place), job, scratch
                finally:
                    _remove(Path(place))
        else:
            around.mkdir(mode=0o755)
            # pytest looks for its configuration upwards, as far as it finds one.
            (around / "pytest.ini").write_bytes(b"[pytest]\n")
            _own(around / "tree", owner)
            yield around / "tree", job, scratch
    finally:
        _remove(base)


def lay(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    executable: Collection[str],
    links: Mapping[str, str],
    owner: int | None,
) -> None:
    """Write a tree into an empty folder; links come last, so that nothing is written through one."""
    made = {folder}
    for path, content in files.items():
        file = _below(folder, path, made, owner)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as written:
            written.write(content)
            os.fchmod(descriptor, 0o755 if path in executable else 0o644)
            if owner is not None:
                os.fchown(descriptor, owner, owner)
    for path, target in links.items():
        link = _below(folder, path, made, owner)
        link.symlink_to(target)
        if owner is not None:
            os.lchown(link, owner, owner)


def _below(folder: Path, path: str, made: set[Path], owner: int | None) -> Path:
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise NoVerdict(f"{path!r} cannot be a path in a tree")
    inner = folder
    for part in parts[:-1]:
        inner /= part
        if inner not in made:
            _own(inner, owner)
            made.add(inner)
    return inner / parts[-1]


def _own(folder: Path, owner: int | None) -> None:
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    if owner is not None:
        os.chown(folder, owner, owner)


def _remove(folder: Path) -> None:
    for inner, _, _ in os.walk(folder):
        # Tests may have taken even their own rights away.
        Path(inner).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _new_folder(owner: int | None) -> Path:
    """A folder for all the others, which their owner can pass through but not write to."""
    # Whoever started us may have been told another folder for temporary files by the agent.
    parent = "/tmp" if owner is None else private_folder()  # noqa: S108 - made by mkdtemp
    base = Path(tempfile.mkdtemp(prefix="hgen-grading-", dir=parent))
    base.chmod(0o711)
    return base


@contextmanager
def _cleared(place: Path) -> Iterator[None]:
    """Put what lies at a place aside, and back afterwards."""
    new = [folder for folder in place.parents if not folder.exists()]
    waiting: Path | None = None
    try:
        place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if os.path.lexists(place):
            waiting = Path(tempfile.mkdtemp(prefix="hgen-aside-", dir=place.parent))
            _move(place, waiting / place.name)
    except OSError as error:
        if waiting is not None:
            if any(waiting.iterdir()):
                _move(waiting / place.name, place)
            waiting.rmdir()
        raise NoVerdict(_why(place, error)) from None
    try:
        yield
    finally:
        if waiting is not None:
            _move(waiting / place.name, place)
            waiting.rmdir()
        for folder in new:
            folder.rmdir()


def _move(old: Path, new: Path) -> None:
    """Rename something, or if it is a folder of a container's image, which cannot be renamed, rename what is in it."""
    with _opened(old.parent) as source, _opened(new.parent) as target:
        _move_entry(source, target, old.name, new.name)


def _move_entry(source: int, target: int, old: str, new: str) -> None:
    try:
        os.rename(old, new, src_dir_fd=source, dst_dir_fd=target)
    except OSError as error:
        # The last two, when what could be moved only in part is put back.
        if error.errno not in (errno.EXDEV, errno.ENOTEMPTY, errno.EEXIST):
            raise
    else:
        return
    with suppress(FileExistsError):
        os.mkdir(new, 0o700, dir_fd=target)
    # By folders that are held open: no link that somebody puts in the way meanwhile is followed.
    with _opened(old, source) as inner, _opened(new, target) as made:
        status = os.fstat(inner)
        for name in os.listdir(inner):  # noqa: PTH208 - by its descriptor
            _move_entry(inner, made, name, name)
        os.fchown(made, status.st_uid, status.st_gid)
        os.fchmod(made, stat.S_IMODE(status.st_mode))
        os.utime(made, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.rmdir(old, dir_fd=source)


@contextmanager
def _opened(folder: str | Path, inside: int | None = None) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=inside)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _why(place: Path, error: OSError) -> str:
    return (
        f"the environment imports the repository from {place}, which must be free while tests run, and what lies there "
        f"cannot be put aside ({error.strerror}); grade as root, in a container in which this is no mount point"
    )
