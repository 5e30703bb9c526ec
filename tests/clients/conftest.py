"""The field's own tools on what hgen exports; `make test-clients` runs these tests."""

import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from hgen.sandbox.image import BASE, DEBIAN_BASE
from tests.command import hgen

# Installing a tool takes minutes, once.
_SECONDS = 1800


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_SECONDS))


@pytest.fixture(scope="session")
def exports(undisturbed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder ``export`` with static tasks of real packages, in the formats for trainers."""
    out = tmp_path_factory.mktemp("trainers") / "out"
    subprocess.run(["cp", "-r", undisturbed, out], check=True)
    for name in ("verifiers", "inspect", "trl", "nemo-gym"):
        done = hgen("export", "--format", name, "-o", out)
        assert done.returncode == 0, done.stderr
    return out / "export"


@pytest.fixture(scope="session")
def base_image() -> str:
    """An image that Docker has and that agents can work in."""
    for name in (BASE, DEBIAN_BASE):
        with suppress(FileNotFoundError):
            if not subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False).returncode:
                return name
    pytest.skip(f"Docker has neither {BASE} nor {DEBIAN_BASE} here: bash scripts/setup-engine.sh docker")
