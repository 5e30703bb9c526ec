"""The driver on this machine and with the Python of these tests, for tests that are written here: no container."""

import os
import subprocess
import sys
from pathlib import Path

from hgen.scoring.tested.driver import ARCHIVE, command
from hgen.scoring.tested.jobs import Job
from hgen.scoring.tested.report import TestRun, read_report
from hgen.testbed.running import Drive


def run(folder: Path, library: str, tests: str, *, conftest: str = "", **job: object) -> TestRun:
    """Run a module of tests beside ``lib.py``, which it finds imported as ``lib``."""
    tree, place = folder / "tree", folder / "job"
    place.mkdir()
    tree.mkdir()
    files = {"lib.py": library, "test_it.py": "import lib, pytest, sys, threading, asyncio\n" + tests}
    files |= {"conftest.py": conftest} if conftest else {}
    for name, text in files.items():
        (tree / name).write_text(text, encoding="utf-8")
    drive = Drive((Job(path=(".",), seconds=60.0, **job),))  # type: ignore[arg-type]
    for name, content in drive.files.items():
        (place / name).write_bytes(content)
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PYTEST")}
    argv = command(sys.executable, str(place / ARCHIVE))
    done = subprocess.run(argv, cwd=tree, capture_output=True, check=True, timeout=90, env=environment)
    return read_report(done.stdout, drive.key, 1)[0]
