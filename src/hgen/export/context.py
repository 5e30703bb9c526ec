"""The build context of a task's environment, in which tasks share what is the same for them."""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from hgen.errors import Skip
from hgen.export.carried import share
from hgen.export.environment import recipe
from hgen.export.view import TaskView
from hgen.testbed.environment.wheels import wheel_path


class SharedFiles:
    """Writes files of an export's folder; what has been written once gets another name the next time."""

    def __init__(self) -> None:
        self._first: dict[bytes, Path] = {}

    def write(self, file: Path, content: bytes) -> None:
        """Write a file in a folder that may be missing; for contents that are likely to come again."""
        digest = _digest(content)
        if digest in self._first:
            share(self._first[digest], file)
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        self._first[digest] = file


@lru_cache(maxsize=16)
def _digest(content: bytes) -> bytes:
    """Kept, because the same few files come again and again, and a Python object remembers its hash."""
    return hashlib.sha256(content).digest()


def carry_context(view: TaskView, folder: Path, shared: SharedFiles) -> None:
    """Write ``folder``, from which ``docker build`` makes a task's image; it must not be there.

    Nothing in it is for the agent: it holds the snapshot, and so the answers. Raises ``ShardError`` if the snapshot is
    missing or damaged, ``Skip("no-wheels")`` if a wheel is not in the cache.
    """
    task = view.task
    wheels = _wheels(view)
    view.snapshot  # noqa: B018 - opening checks the list of files against the digest
    shared.write(folder / "Dockerfile", recipe.dockerfile(task, view.images.base).encode())
    shared.write(folder / recipe.START, gzip.compress(recipe.start(task), mtime=0))
    shared.write(folder / recipe.TOOLBOX, recipe.toolbox())
    share(view.archive, folder / view.archive.name)
    if task.environment is not None:
        (folder / recipe.WHEELS).mkdir()
        for wheel in wheels:
            share(wheel, folder / recipe.WHEELS / wheel.name)


def _wheels(view: TaskView) -> list[Path]:
    environment = view.task.environment
    if environment is None:
        return []
    if view.cache is None:
        raise Skip("no-wheels", "nobody said where wheels are kept")
    files = [wheel_path(view.cache, wheel) for wheel in environment.wheels]
    if missing := [file.name for file in files if not file.exists()]:
        raise Skip("no-wheels", f"{', '.join(missing[:3])} not in {view.cache}")
    return files
