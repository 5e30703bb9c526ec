"""A worker has one engine, whose sandboxes are what the configuration says."""

from pathlib import Path

import pytest

from hgen.config import SandboxConfig
from hgen.engines import OpenEngine, worker_engine
from hgen.sandbox.layout import StartState

LIMITS = SandboxConfig(memory_mb=256, cpus=0.5, processes=48)


@pytest.mark.container
def test_all_stages_of_a_worker_share_one_engine(tmp_path: Path) -> None:
    engine = worker_engine(SandboxConfig(), tmp_path / "snapshots", tmp_path / "cache")
    assert worker_engine(SandboxConfig(), tmp_path / "snapshots", tmp_path / "cache") is engine
    assert engine.generic.image == engine.house.image


@pytest.mark.container
def test_a_sandbox_has_the_limits_of_the_configuration(tmp_path: Path) -> None:
    with (
        OpenEngine(LIMITS, store=tmp_path, cache=tmp_path) as engine,
        engine.generic.start(StartState({"a": b"1"})) as sandbox,
    ):
        host = engine.house.client._api.inspect_container(sandbox.container)["HostConfig"]
    assert (host["Memory"], host["NanoCpus"], host["PidsLimit"]) == (256 << 20, 500_000_000, 48)
