"""The Python files of anything that can be named: a folder, a snapshot, or a source."""

from pathlib import Path

from hgen.config import MineConfig
from hgen.scratch import scratch
from hgen.snapshots import Store, is_digest
from hgen.sources import fetch, settings_for
from hgen.sources.spec import parse_spec


def read_files(spec: str, settings: MineConfig, *, store: Path, cache: Path, max_bytes: int) -> dict[str, bytes]:
    """Repository-relative posix paths and contents; those of a file that has more than ``max_bytes`` may be cut.

    A folder is read as it lies there, whatever git says of it; a snapshot is named by its digest in ``store`` or by the
    path of its archive; everything else is a source as ``mine`` knows them, without its filters. Raises
    ``ConfigError`` for what is none of these, ``Skip`` for what does not exist.
    """
    path = Path(spec).expanduser()
    if spec and path.is_dir():
        return read_folder(path, max_bytes=max_bytes)
    if path.suffix == ".zip" and path.is_file():
        return _read_snapshot(path.parent, path.stem)
    if is_digest(spec) and Store(store).archive(spec).is_file():
        return _read_snapshot(store, spec)
    with scratch(cache / "work") as folder:
        tree = fetch(parse_spec(spec), folder / "tree", settings_for(settings, cache)).tree
        return read_folder(tree, max_bytes=max_bytes)


def read_folder(folder: Path, *, max_bytes: int) -> dict[str, bytes]:
    """The Python files below a folder by their relative posix path; follows no links, and skips ``.git``.

    Raises ``OSError`` for a file that cannot be read. One that is too large is cut one byte later, which shows it.
    """
    files: dict[str, bytes] = {}
    pending = [folder]
    while pending:
        for path in pending.pop().iterdir():
            if path.is_symlink() or path.name == ".git":
                continue
            if path.is_dir():
                pending.append(path)
            elif path.suffix == ".py" and path.is_file():
                with path.open("rb") as stream:
                    files[path.relative_to(folder).as_posix()] = stream.read(max_bytes + 1)
    return dict(sorted(files.items()))


def _read_snapshot(store: Path, digest: str) -> dict[str, bytes]:
    with Store(store).open(digest) as files:
        return {file: files[file] for file in files if file.endswith(".py")}
