"""What several test modules share: one real run on packages of the test environment."""

from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import settings

from tests.command import hgen
from tests.effort import LONG_LOOK

# A run of the tests is the same everywhere; a long look draws new examples.
settings.register_profile("same", derandomize=True, database=None)
if not LONG_LOOK:
    settings.load_profile("same")

_CONTAINER_SECONDS = 900
"""For a test with containers, fixtures included: some of these build the environments of a dozen repositories first."""

CONFIG = """
mine:
  sources: [installed:gitpython, installed:docker, installed:anyio, installed:hypothesis]
synth:
  options:
    func-localize: {cap: 12}
    dep-search: {cap: 12}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("container") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(_CONTAINER_SECONDS))


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    ran = {each.nodeid for each in reports if each.when == "call" and "container" in each.keywords}
    terminalreporter.write_line(f"{len(ran)} container tests ran")


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration that takes a few seconds and no network."""
    path = tmp_path_factory.mktemp("config") / "small.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def undisturbed(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The out directory of one whole run with one worker; tests read it and leave it as it is."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    done = hgen("run", "-c", config, "-o", out, "-j", "1")
    assert done.returncode == 0, done.stderr
    return out
