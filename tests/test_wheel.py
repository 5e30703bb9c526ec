"""The wheel works away from the checkout, with its own templates and configurations."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent


@pytest.mark.network
def test_an_installed_wheel_runs_the_pipeline_away_from_the_checkout(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", tmp_path, CHECKOUT], check=True, stderr=subprocess.PIPE)
    (wheel,) = tmp_path.glob("hgen-*.whl")
    site = tmp_path / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", site, wheel], check=True, stderr=subprocess.PIPE)
    environment = os.environ | {"PYTHONPATH": str(site)}
    where = "import hgen, hgen.resources; print(hgen.__file__, hgen.resources.folder())"
    said = subprocess.run(
        [sys.executable, "-c", where], check=True, capture_output=True, text=True, cwd=tmp_path, env=environment
    ).stdout
    assert said.split() == [str(site / "hgen/__init__.py"), str(site / "hgen")]
    settings = ["--set", "mine.sources=[installed:docker]", "--set", "synth.options.func-localize.cap=4"]
    done = subprocess.run(
        [sys.executable, "-m", "hgen", "run", *settings, "--set", "synth.options.dep-search.cap=4", "--json"],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/export/hf/README.md").exists()
