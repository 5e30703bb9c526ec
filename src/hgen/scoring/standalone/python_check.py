"""The Python environment in which tests run: whether it is the task's, and whether an agent could have changed it."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hgen.scoring.verdicts import NoVerdict

_VERSION = re.compile(r"^version(?:_info)? *= *(\d+\.\d+)", re.MULTILINE)
_SEPARATORS = re.compile(r"[-_.]+")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hgen.scoring.tested.task import TestEnvironment


@dataclass(frozen=True)
class Someone:
    """Who may have written; ``user`` is None if all that is known is that it is not root."""

    user: int | None
    group: int | None = None

    def may_write(self, status: os.stat_result) -> bool:
        """Whether they can write to a file or folder, or grant themselves the right."""
        if stat.S_ISLNK(status.st_mode):
            return False
        if self.user is not None and self.user in (0, status.st_uid):
            return True
        by_group = self.group is not None and status.st_gid == self.group and status.st_mode & stat.S_IWGRP
        return bool(by_group or status.st_mode & stat.S_IWOTH)


def require(python: str, environment: TestEnvironment, agent: Someone) -> None:
    """Raise ``NoVerdict`` unless a Python is what the task's tests need and out of an agent's reach."""
    if not Path(python).is_absolute() or not os.access(python, os.X_OK):
        raise NoVerdict(f"{python} is no program: --python must name the Python of the task's environment, absolutely")
    if agent.user == 0:
        raise NoVerdict(
            f"the tree belongs to root, and who is root can have changed {python}; make a diff of the tree and grade "
            "it with --diff in a fresh container"
        )
    for path in _parts(python):
        if agent.may_write(os.lstat(path)):
            raise NoVerdict(
                f"{path} can be written by others than root, so that the tests' results say nothing; make a diff of "
                "the tree and grade it with --diff in a fresh container, where this is not so"
            )
    _require_same(Path(python).parent.parent, environment)


def _parts(python: str) -> Iterator[str]:
    """The program, by all its names, what it imports from, and the folders above."""
    names = [python, os.path.realpath(python)]
    above = {str(parent) for name in names for parent in Path(name).parents}
    # In a folder like /tmp, nobody can move or replace what belongs to others.
    yield from sorted(folder for folder in above if not os.lstat(folder).st_mode & stat.S_ISVTX)
    yield from names
    for name in names:
        prefix = Path(name).parent.parent
        within = [prefix] if (prefix / "pyvenv.cfg").exists() else sorted(prefix.glob("lib/python3*"))
        for root in within:
            yield str(root)
            for folder, folders, files in os.walk(root):
                yield from (f"{folder}/{entry}" for entry in (*folders, *files))


def _require_same(prefix: Path, environment: TestEnvironment) -> None:
    """Compare with what the task was proven in, where a virtual environment says what it is."""
    try:
        said = (prefix / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return
    version = _VERSION.search(said)
    if version and version[1] != environment.python:
        raise NoVerdict(f"the task needs Python {environment.python}, and {prefix} has {version[1]}")
    there = {_normal(path.name[: -len(".dist-info")]) for path in prefix.glob("lib/python3*/site-packages/*.dist-info")}
    missing = [wheel for wheel in environment.wheels if _normal("-".join(wheel.split("-")[:2])) not in there]
    if missing:
        raise NoVerdict(f"{prefix} is not the task's environment: it lacks {', '.join(missing)}")


def _normal(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()
