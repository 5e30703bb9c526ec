"""Workers and their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = """
import os, time
from pathlib import Path
from hgen.executors import Pool

def work(folder):
    Path(folder, str(os.getpid())).touch()
    time.sleep(600)

if __name__ == "__main__":
    with Pool(2) as pool:
        list(pool.submit(work, [{folder!r}]))
"""


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "workers"
    folder.mkdir()
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(folder=str(folder)), encoding="utf-8")
    with subprocess.Popen([sys.executable, str(program)], stderr=subprocess.DEVNULL) as parent:
        while not (workers := [int(path.name) for path in folder.iterdir()]):
            assert parent.poll() is None
            time.sleep(0.05)
        assert all(_lives(worker) for worker in workers)
        os.kill(parent.pid, signal.SIGKILL)
    until = time.monotonic() + 60
    while any(_lives(worker) for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that has ended is there until its parent has heard of it.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or ") Z " not in stat.read_text(encoding="utf-8")
