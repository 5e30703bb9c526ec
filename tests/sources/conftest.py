"""What the tests of sources share: limits, settings and a real git."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hgen.snapshots import TreeLimits
from hgen.sources import Settings
from hgen.sources.pip_config import PackageIndex

LIMITS = TreeLimits(files=1000, total_bytes=10_000_000, file_bytes=5_000_000)


@pytest.fixture
def limits() -> TreeLimits:
    return LIMITS


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        cache=tmp_path / "cache",
        limits=LIMITS,
        max_ratio=100,
        host="https://host.invalid/",
        index=PackageIndex(urls=(), cert=None, proxy=None),
        silence=10,
        timeout=60,
    )


@pytest.fixture
def git() -> Callable[..., str]:
    """Runs git in a folder as its first argument, as a person without any configuration would."""

    def run(folder: Path, *arguments: str) -> str:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        for role in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{role}_NAME": "Ann", f"GIT_{role}_EMAIL": "ann@example.org"}
            environment |= {f"GIT_{role}_DATE": "2026-01-01T00:00:00Z"}
        done = subprocess.run(
            ["git", "-c", "init.defaultBranch=main", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    return run


@pytest.fixture
def repository(tmp_path: Path, git: Callable[..., str]) -> Path:
    """A repository of two commits: tag v1 is the first, branch side another one on top of it."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "module.py").write_text("VERSION = 1\n", encoding="utf-8")
    (folder / "pkg").mkdir()
    (folder / "pkg/run.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "pkg/run.sh").chmod(0o755)
    (folder / "pkg/link").symlink_to("../module.py")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    git(folder, "tag", "-a", "-m", "first", "v1")
    git(folder, "checkout", "-qb", "side/branch")
    (folder / "module.py").write_text("VERSION = 'side'\n", encoding="utf-8")
    git(folder, "commit", "-qam", "side")
    git(folder, "checkout", "-q", "main")
    (folder / "module.py").write_text("VERSION = 2\n", encoding="utf-8")
    git(folder, "commit", "-qam", "two")
    return folder
