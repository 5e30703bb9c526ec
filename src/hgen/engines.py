"""One container engine per worker: opened in one place, used by every stage, closed when the worker ends."""

import os
from contextlib import ExitStack
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from types import TracebackType
from typing import Self

from hgen.config import SandboxConfig
from hgen.records import Environment
from hgen.sandbox.base import Limits
from hgen.sandbox.client import Client
from hgen.sandbox.container import Containers
from hgen.sandbox.opening import open_sandboxes
from hgen.snapshots import Store
from hgen.testbed.environment.install import RepositoryTree, ensure, version_of
from hgen.testbed.environment.wheels import open_wheelhouse

_OUTPUT_BYTES = 16 << 20
"""What one command may print, which is also how its results are read."""


@cache
def worker_engine(sandbox: SandboxConfig, store: Path, cache_folder: Path) -> "OpenEngine":
    """The engine of this worker: opened when first asked for, closed when the worker ends.

    Raises ``SandboxError`` if no engine answers or holds its limits.
    """
    opened = OpenEngine(sandbox, store=store, cache=cache_folder)
    Finalize(None, opened.close, exitpriority=10)
    return opened


class OpenEngine:
    """An engine that holds its limits, with its generic image and the environments that are built on that.

    ``store`` is the snapshot store, ``cache`` keeps wheels between runs. Opening raises ``SandboxError`` if no engine
    answers or holds its limits.
    """

    def __init__(self, sandbox: SandboxConfig, *, store: Path, cache: Path) -> None:
        self.limits = limits_of(sandbox)
        self._store = Store(store)
        self._last: tuple[Environment, Containers] | None = None
        with ExitStack() as opened:
            self.generic = opened.enter_context(
                open_sandboxes(sandbox.engine, base=sandbox.base_image, limits=self.limits)
            )
            """Sandboxes of the generic image, without any repository's environment."""
            self._url = self.generic.client.url
            self.house = open_wheelhouse(Client(self._url), self.generic.image, cache, os.environ)
            opened.callback(self.house.close)
            opened.callback(self._close_last)
            self._opened = opened.pop_all()

    def sandboxes(self, environment: Environment, *, base_commit: str, name: str) -> Containers:
        """Sandboxes of a repository's environment, whose image is built first if it is not there.

        One environment at a time, as the tasks of a repository follow each other: those of another one are closed.
        ``base_commit`` and ``name`` are the repository's.
        """
        if self._last is None or self._last[0] != environment:
            self._close_last()
            # The image is looked for first: a tree need not be read where it is there.
            with self._store.open(environment.snapshot) as snapshot:
                version = version_of(base_commit)
                image = ensure(self.house, environment, lambda: RepositoryTree.of(snapshot), version=version, name=name)
            self._last = environment, Containers(Client(self._url), image, self.limits)
        return self._last[1]

    def close(self) -> None:
        """Remove every sandbox and what else was started on the engine, and disconnect."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _close_last(self) -> None:
        if self._last is not None:
            self._last[1].close()
            self._last = None


def limits_of(sandbox: SandboxConfig) -> Limits:
    """What one sandbox may use: its files are in its memory, so their space is a share of that."""
    memory = sandbox.memory_mb << 20
    return Limits(
        memory=memory,
        cpus=sandbox.cpus,
        processes=sandbox.processes,
        disk=memory // 4,
        scratch=memory // 8,
        output=_OUTPUT_BYTES,
    )
