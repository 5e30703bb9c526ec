"""From an environment to sandboxes in which a repository's tests run."""

import os
from dataclasses import dataclass
from pathlib import Path

from hgen.records import Environment
from hgen.sandbox.base import Limits
from hgen.sandbox.client import Client
from hgen.sandbox.container import Containers
from hgen.sandbox.engines import Choice
from hgen.sandbox.opening import open_sandboxes
from hgen.snapshots import Store
from hgen.testbed.building import Tree, ensure
from hgen.testbed.wheels import Wheelhouse, open_wheelhouse

LIMITS = Limits(memory=1 << 30, processes=256, disk=256 << 20, scratch=128 << 20, output=16 << 20, lifetime=3600.0)
"""What a repository's tests may use."""


@dataclass(frozen=True)
class Engine:
    """Where environments are built and used: an engine that has been probed, its generic image, and the caches."""

    house: Wheelhouse
    store: Path
    """The snapshot store."""

    def sandboxes(self, environment: Environment, *, version: str, name: str) -> Containers:
        """Sandboxes of an environment, whose image is built first if it is not there; close them after use."""
        client = self.house.client
        # The image is looked for first: a tree need not be read where it is there.
        with Store(self.store).open(environment.snapshot) as snapshot:
            image = ensure(self.house, environment, lambda: Tree.of(snapshot), version=version, name=name)
        return Containers(Client(client.url), image, LIMITS)

    def close(self) -> None:
        """Disconnect."""
        self.house.close()


class Testbeds:
    """Sandboxes of one environment at a time: the tasks of a repository follow each other."""

    __test__ = False

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: tuple[Environment, Containers] | None = None

    def of(self, environment: Environment, *, version: str, name: str) -> Containers:
        """Sandboxes of an environment; those of another one are closed."""
        if self._open is None or self._open[0] != environment:
            self._leave()
            self._open = environment, self._engine.sandboxes(environment, version=version, name=name)
        return self._open[1]

    def close(self) -> None:
        """Close what is open, and disconnect."""
        self._leave()
        self._engine.close()

    def _leave(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


def open_engine(choice: Choice, *, base: str, cache: Path, store: Path) -> Engine:
    """An engine that holds its limits; ``cache`` keeps wheels between runs.

    Raises ``SandboxError`` if there is none.
    """
    with open_sandboxes(choice, base=base) as probed:
        client, image = Client(probed.client.url), probed.image
    return Engine(open_wheelhouse(client, image, cache, os.environ), store)
