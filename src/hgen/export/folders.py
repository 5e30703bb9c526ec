"""Export folders that appear whole or not at all, and know which files are hgen's."""

import json
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from hgen import __version__
from hgen.errors import ConfigError
from hgen.scratch import scratch
from hgen.shards import file_digest, sync_folder

MANIFEST = ".hgen.json"
"""Lists an export's files with their digests; hidden, so that data loaders pass it by."""

_SMALL = 1 << 16
"""Bytes of files that are always compared with the manifest; larger ones are if they are younger than it."""

_SYNCED_ONE_BY_ONE = 200
"""Files beyond this are written down by ``sync`` of the whole system: a disk's cache is flushed once, not per file."""


@contextmanager
def whole_folder(folder: Path, kind: str) -> Iterator[Path]:
    """Give an empty folder to write to, which takes the place of ``folder`` when the block ends without an error.

    Until then an earlier export stays as it is; between the two renames of the swap it stands beside its place under
    the name ``.NAME.old``, from which the next export puts it back. A ``folder`` that is a link stays one, and what it
    leads to is replaced. Raises ``ConfigError`` if ``folder`` or ``.NAME.old`` holds anything that no export wrote, a
    file that was edited since included.
    """
    folder = Path(os.path.realpath(folder))
    old = folder.with_name(f".{folder.name}.old")
    _recover(folder, old)
    _refuse_foreign(folder)
    with scratch(folder.parent) as new:
        try:
            yield new
            _write_manifest(new, kind)
            _sync_tree(new)
            # Writing takes a while, in which somebody may have put a file there.
            _refuse_foreign(folder)
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
            sync_folder(folder.parent)
        finally:
            _recover(folder, old)


def move_aside(folder: Path) -> tuple[Path, ...]:
    """Give what is in the way of an export at ``folder`` another name: ``NAME.before-1``, or with the next free number.

    Returns where it is then; what an export wrote is not in the way. Nothing is deleted.
    """
    folder = Path(os.path.realpath(folder))
    return tuple(
        _renamed(place, folder.name) for place in (folder.with_name(f".{folder.name}.old"), folder) if _foreign(place)
    )


def _renamed(place: Path, name: str) -> Path:
    names = (place.with_name(f"{name}.before-{number}") for number in count(1))
    free = next(each for each in names if not os.path.lexists(each))
    place.rename(free)
    sync_folder(place.parent)
    return free


def exported_files(folder: Path, kind: str) -> dict[str, str]:
    """The files of a finished export with their SHA-256, by relative path in POSIX form, in order.

    Raises ``ConfigError`` if the folder is not an export of this kind.
    """
    manifest = _manifest(folder)
    if manifest is None or manifest.get("format") != kind:
        raise ConfigError(f"{folder} is not an export in the format {kind}; run `hgen export --format {kind}` first")
    files = manifest["files"]
    if not isinstance(files, dict):
        raise ConfigError(f"{folder / MANIFEST} is damaged; run `hgen export --format {kind}` again")
    return {str(name): str(digest) for name, digest in sorted(files.items())}


def tree_files(folder: Path) -> list[Path]:
    """All files below a folder, in order."""
    return sorted(path for path in folder.rglob("*") if not path.is_dir())


def _recover(folder: Path, old: Path) -> None:
    _refuse_foreign(old)
    if old.exists() and not folder.exists():
        old.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _refuse_foreign(folder: Path) -> None:
    if problem := _foreign(folder):
        raise ConfigError(f"{folder} {problem}; move it away, or have `hgen export --force` move it aside")


def _foreign(folder: Path) -> str:
    """What is there that no export wrote, or that was edited since, or nothing."""
    if folder.is_symlink():
        return "is in the way of an export: it is a link"
    if not folder.exists():
        return ""
    if not folder.is_dir():
        return "is in the way of an export: it is not a folder"
    manifest = _manifest(folder) or {}
    ours = manifest.get("files")
    known = {MANIFEST: None, **ours} if isinstance(ours, dict) else {}
    names = _relative(folder)
    if foreign := [name for name in names if name not in known]:
        return f"holds files that no export wrote, such as {foreign[0]}"
    written = (folder / MANIFEST).stat().st_mtime_ns if known else 0
    edited = (name for name in names if name != MANIFEST and _is_edited(folder / name, known[name], written))
    return f"holds files that were edited since the export, such as {name}" if (name := next(edited, "")) else ""


def _is_edited(file: Path, digest: object, written: int) -> bool:
    """Whether a file is another one than the manifest says, which was the last to be ``written``."""
    status = file.lstat()
    if not stat.S_ISREG(status.st_mode):
        return True
    if status.st_size > _SMALL and status.st_mtime_ns < written:
        return False
    return file_digest(file) != digest


def _manifest(folder: Path) -> dict[str, object] | None:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return manifest if isinstance(manifest, dict) and "files" in manifest else None


def _write_manifest(folder: Path, kind: str) -> None:
    # A file with several names, as an archive that many tasks share, is read once.
    digests: dict[tuple[int, int], str] = {}
    files = {}
    for path in tree_files(folder):
        status = path.lstat()
        inode = (status.st_dev, status.st_ino)
        if inode not in digests:
            digests[inode] = file_digest(path)
        files[path.relative_to(folder).as_posix()] = digests[inode]
    manifest = {"hgen": __version__, "format": kind, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _relative(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in tree_files(folder)]


def _sync_tree(folder: Path) -> None:
    """Have everything written down: file by file while they are few, else the whole system's at once."""
    files = tree_files(folder)
    if len(files) > _SYNCED_ONE_BY_ONE:
        os.sync()
        return
    for path in files:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    for path in sorted({folder, *(path for path in folder.rglob("*") if path.is_dir())}):
        sync_folder(path)
