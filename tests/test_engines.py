"""A worker has one engine; ``test_keys`` shows that it is what the configuration says."""

from pathlib import Path

import pytest

from hgen.config import SandboxConfig
from hgen.engines import worker_engine


@pytest.mark.container
def test_all_stages_of_a_worker_share_one_engine(tmp_path: Path) -> None:
    engine = worker_engine(SandboxConfig(), tmp_path / "snapshots", tmp_path / "cache")
    assert worker_engine(SandboxConfig(), tmp_path / "snapshots", tmp_path / "cache") is engine
    assert engine.generic.image == engine.house.image
