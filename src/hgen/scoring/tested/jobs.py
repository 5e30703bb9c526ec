"""A job: what one run of pytest is to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Job:
    """One run of pytest, in a process of its own."""

    tests: tuple[str, ...] | None = None
    """Node ids, or files of which all tests are wanted; None for all that the repository has."""
    without: tuple[str, ...] = ()
    """Node ids without parameters that are left out."""
    mode: str = "run"
    """``run``, or ``collect`` to only find the tests."""
    path: tuple[str, ...] = ()
    """As ``Environment.path``."""
    options: tuple[str, ...] = ()
    """As ``Environment.options``."""
    shuffle: int | None = None
    """A seed, to run the files, and the tests of each, in another order."""
    fork_each: bool = False
    """Whether each test runs in a process of its own, forked when all are collected."""
    trace: bool = False
    """With ``fork_each``, whether to report which functions each test executes."""
    each: float = 60.0
    """Seconds that a test may take."""
    seconds: float = 600.0
    """Seconds that the whole run may take."""
    cpu: float = 0.0
    """Seconds that the run's own process may compute; 0 for as many as it likes."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Text files that lie in the tree during this run only, by path."""
    canaries: int = 0
    """How many tests that must fail are put among the others."""
    guard: bool = False
    """Whether to note what answers must not do."""
    watched: tuple[str, ...] = ()
    """For the guard: the files that the answer changed."""
    hidden: tuple[str, ...] = ()
    """For the guard: the files that the answer's code must not read, in the tree or by absolute paths."""

    def row(self) -> dict[str, object]:
        """What the driver reads, as JSON has it."""
        files = {path: content.decode("utf-8", "surrogateescape") for path, content in self.files.items()}
        return {**vars(self), "files": files}
