"""The files that ship with hgen: templates and configurations, in the wheel or in a checkout."""

from functools import cache
from pathlib import Path


@cache
def folder() -> Path:
    """The folder that holds ``templates/`` and ``configs/``."""
    package = Path(__file__).parent
    checkout = package.parent.parent
    return package if (package / "templates").is_dir() else checkout


def path(name: str) -> Path:
    """Where a shipped file is."""
    return folder() / name


def text(name: str) -> str:
    """The contents of a shipped file, named by its path, as in ``templates/dep-search.md.j2``."""
    return path(name).read_text(encoding="utf-8")
