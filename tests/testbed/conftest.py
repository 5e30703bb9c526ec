"""What these tests share: one environment with pytest, built once, and sandboxes of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hgen.config import SandboxConfig
from hgen.engines import OpenEngine
from hgen.records import Environment
from hgen.sandbox.container import Containers
from hgen.snapshots.snapshot import Snapshot
from tests.testbed import world


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small repository in ``store``, and a cache."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="session")
def snapshot(kept: Path) -> Snapshot:
    return world.keep(kept)


@pytest.fixture(scope="session")
def engine(kept: Path) -> Iterator[OpenEngine]:
    with OpenEngine(SandboxConfig(base_image=world.BASE), cache=kept / "cache", store=kept / "store") as opened:
        yield opened


@pytest.fixture(scope="session")
def environment(engine: OpenEngine, snapshot: Snapshot) -> dict[str, Any]:
    """The small repository's environment, as it stands in a task's row."""
    python, machine = engine.house.fetcher.python()
    return Environment(
        snapshot=snapshot.digest,
        python=python,
        machine=machine,
        wheels=engine.house.choose(["pytest"]),
        editable=False,
        path=(".",),
        generated={},
        options=(),
    ).model_dump(mode="json")


@pytest.fixture(scope="session")
def testbed(engine: OpenEngine, environment: dict[str, Any]) -> Containers:
    return engine.sandboxes(Environment.model_validate(environment), base_commit="1.0", name="world")
