"""Each Python has an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def run(*command: str, **more: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if name != "PYTHON" and not name.startswith("MAKE")}
    return subprocess.run(command, cwd=CHECKOUT, env=kept | more, capture_output=True, text=True, check=False)


def test_a_python_that_is_asked_for_never_gets_the_environment_of_another() -> None:
    assert " .venv/bin/python" in run("make", "-n", "test").stdout
    for asked in (
        run("make", "-n", "test", f"PYTHON={sys.executable}"),
        run("make", "-n", "test", PYTHON=sys.executable),
    ):
        assert f" .venv-{VERSION}/bin/python" in asked.stdout
        assert " .venv/" not in asked.stdout


def test_a_python_that_pyenv_has_is_found(tmp_path: Path) -> None:
    kept = tmp_path / "versions/3.99.1/bin/python"
    kept.parent.mkdir(parents=True)
    kept.symlink_to(sys.executable)
    assert run("sh", "scripts/find-python.sh", "python3.99", PYENV_ROOT=str(tmp_path)).stdout.strip() == str(kept)


def test_a_python_that_is_not_here_is_named() -> None:
    asked = run("make", "-n", "test", "PYTHON=python3.99")
    assert asked.returncode
    assert "there is no python3.99" in asked.stderr
