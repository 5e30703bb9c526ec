"""The driver's first process: it forks one process per run and never executes the repository's code itself.

It reads its job and deletes it, imports pytest, before any code of the repository can, and forks. What it says goes to
standard output, one line each:

    P RUN MAC JSON      from this process: how a run's process ended, with the tail of what it printed
    C RUN SEQ MAC JSON  from a run's process; see ``reporter``

A MAC is keyed; each run has a key of its own, and this process one that no run's process keeps.
"""

from __future__ import annotations

import json
import math
import os
import resource
import select
import shutil
import signal
import sys
import time
import traceback
from contextlib import suppress
from hashlib import blake2b
from typing import Any, NoReturn

TAIL = 3000
"""Bytes of a run's own output that are kept."""

_MAC = 12


def main() -> None:
    """Do the job that lies in the archive from which this module comes, and delete both."""
    archive = sys.path.pop(0)
    # Read by what has imported this module, as it knows the archive already.
    job = json.loads(__loader__.get_data(os.path.join(archive, "job.json")))  # type: ignore[name-defined]
    from . import session

    shutil.rmtree(os.path.dirname(archive), ignore_errors=True)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    key = bytearray.fromhex(job["key"])
    say = os.dup(1)
    os.set_inheritable(say, False)
    runs = job.pop("runs")
    del job
    sys.modules.pop(__package__ + ".main", None)
    for number in range(len(runs)):
        run, runs[number] = runs[number], None
        with _written(run.pop("files")):
            child, listen = _begin(session.run, number, run, key=key, say=say, others=runs)
            content = json.dumps(_ended(child, listen, run["seconds"]))
        mac = blake2b(b"P %d %s" % (number, content.encode()), key=key, digest_size=_MAC).hexdigest()
        os.write(say, f"P {number} {mac} {content}\n".encode())


def run_key(key: bytes | bytearray, number: int) -> bytes:
    """The key of one run, from which nothing follows about the driver's."""
    return blake2b(b"run %d" % number, key=key, digest_size=32).digest()


class _written:  # noqa: N801 - used as a function
    """Files that lie in the tree during one run only; whatever the run made of them, they are put back."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = {path: text.encode("utf-8", "surrogateescape") for path, text in files.items()}
        self.before: dict[str, bytes | None] = {}

    def __enter__(self) -> None:
        for path, content in self.files.items():
            self.before[path] = _content(path)
            _write(path, content)

    def __exit__(self, *_: object) -> None:
        for path, content in self.before.items():
            _write(path, content)


def _content(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _write(path: str, content: bytes | None) -> None:
    # A run may have put a link or a folder in the file's place.
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)
    if content is not None:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "xb") as file:
            file.write(content)


def _begin(
    work: Any, number: int, run: dict[str, Any], *, key: bytearray, say: int, others: list[object]
) -> tuple[int, int]:
    """Start a run's process; returns its number and where it can be heard."""
    own = run_key(key, number)
    listen, speak = os.pipe()
    child = os.fork()
    if child:
        os.close(speak)
        return child, listen
    status = 70
    try:
        # What would let this process speak for the driver, or for another run, is wiped from its memory.
        key[:] = bytes(len(key))
        others.clear()
        os.close(listen)
        os.setsid()
        if run["cpu"]:
            limit = math.ceil(run["cpu"])
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        os.dup2(speak, 1)
        os.dup2(speak, 2)
        os.close(speak)
        status = work(number, run, own, say)
    finally:
        _end(status)


def _end(status: int) -> NoReturn:
    """End a run's process, and say what was raised in it; whatever happens, it must never do the driver's work."""
    try:
        if sys.exc_info()[0]:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _ended(child: int, listen: int, seconds: float) -> dict[str, object]:
    """Wait for the end of a run's process, and say how it ended."""
    started = time.monotonic()
    tail, timed_out = _listen(child, listen, started + seconds)
    os.close(listen)
    return {
        "code": _status(child),
        "timeout": timed_out,
        "seconds": round(time.monotonic() - started, 3),
        "log": tail.decode("utf-8", "replace"),
    }


def _listen(child: int, listen: int, until: float) -> tuple[bytes, bool]:
    """Keep the tail of what a run prints until it is over; ends it, and all that it started, at its time limit."""
    tail = bytearray()
    os.set_blocking(listen, False)
    open_ = True
    wait = 0.002
    while True:
        if open_ and select.select([listen], [], [], wait)[0]:
            piece = os.read(listen, 1 << 16)
            open_ = bool(piece)
            tail = (tail + piece)[-TAIL:]
        else:
            if not open_:
                time.sleep(wait)
            wait = min(wait * 2, 0.05)
            if _over(child):
                _kill(child)
                return bytes(tail), False
        if time.monotonic() > until:
            _kill(child)
            return bytes(tail), True


def _over(child: int) -> bool:
    # Left to be waited for, so that its number cannot become another process's before it is killed as a group.
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _kill(child: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


def _status(child: int) -> int:
    status = os.waitpid(child, 0)[1]
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
