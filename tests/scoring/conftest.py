"""The travelling grader as a file."""

from pathlib import Path

import pytest

from hgen.grader import grader_source


@pytest.fixture(scope="session")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("grader") / "grader.py"
    path.write_text(grader_source(), encoding="utf-8")
    return path
