"""Run one command in a container: output capped, time limited, nothing of it left, whatever the command does."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from hgen.errors import SandboxError
from hgen.sandbox.base import Ended, Result
from hgen.sandbox.client import Client, EngineRefusal

# Ends what an earlier command may have left, runs the command under its time limit, then ends what it left.
# The shell's own complaints go nowhere; the command keeps its standard error as descriptor 3.
_SUPERVISOR = """exec 3>&2 2>/dev/null
kill -9 -1
(exec timeout -s KILL "$0" "$@" 2>&3 3>&-)
status=$?
kill -9 -1
exit $status"""

_SWEEP = "kill -9 -1 2>/dev/null; :"

_GRACE = 3.0
"""Seconds that the supervisor may be late before the container is ended from outside."""


def run(
    client: Client,
    container: str,
    argv: Sequence[str],
    *,
    user: int,
    environment: Mapping[str, str],
    cwd: str,
    timeout: float,
    output_limit: int,
) -> Result:
    """Run a command and wait for its end; ``cwd`` and ``argv`` need not exist."""
    words = ["/usr/bin/env", "-i", f"--chdir={cwd}", *(f"{name}={value}" for name, value in environment.items())]
    words += ["/bin/sh", "-c", _SUPERVISOR, f"{timeout:.3f}", *argv]
    started = time.monotonic()
    try:
        identifier, pieces = client.execute(container, words, user=f"{user}:{user}")
    except EngineRefusal:
        if client.running(container):
            raise
        return Result("died", None, b"", b"", 0.0)
    reader = _Reader(pieces, output_limit)
    reader.done.wait(timeout + _GRACE)
    if not reader.finished:
        _end(client, container, user, reader)
    seconds = time.monotonic() - started
    reader.check(client.running(container))
    ended, code = _outcome(client, container, identifier, reader, timed_out=seconds >= timeout)
    return Result(ended, code, bytes(reader.out), bytes(reader.err), seconds)


def sweep(client: Client, container: str, user: int) -> None:
    """End every process of a user in a container, if it runs."""
    try:
        _, pieces = client.execute(container, ["/bin/sh", "-c", _SWEEP], user=f"{user}:{user}")
        for _ in pieces:
            pass
    except EngineRefusal:
        if client.running(container):
            raise


class _Reader:
    """Reads a command's output in a thread, so that a full pipe never keeps the engine from ending the command."""

    def __init__(self, pieces: Iterator[tuple[bytes, bytes]], limit: int) -> None:
        self.done = threading.Event()
        """Set when there is no more output, or more than the limit."""
        self.finished = False
        self.flooded = False
        self.out = bytearray()
        self.err = bytearray()
        self._limit = limit
        self._error: SandboxError | None = None
        self._thread = threading.Thread(target=self._read, args=(pieces,), daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def check(self, running: bool) -> None:
        """Raise what went wrong while reading, unless it was the container's end."""
        if self._error is not None and running:
            raise self._error

    def _read(self, pieces: Iterator[tuple[bytes, bytes]]) -> None:
        try:
            for out, err in pieces:
                room = self._limit - len(self.out) - len(self.err)
                self.out += out[:room]
                self.err += err[: max(0, room - len(out))]
                if len(out) + len(err) > room:
                    self.flooded = True
                    self.done.set()
        except SandboxError as error:
            self._error = error
        finally:
            self.finished = True
            self.done.set()


def _end(client: Client, container: str, user: int, reader: _Reader) -> None:
    # A sweep keeps the sandbox usable, but needs a process and memory inside; where those are used up, all must go.
    threading.Thread(target=_try_sweep, args=(client, container, user), daemon=True).start()
    if reader.join(_GRACE):
        return
    client.kill(container)
    if not reader.join(30.0):
        raise SandboxError("a command's output did not end although its container was killed")


def _try_sweep(client: Client, container: str, user: int) -> None:
    with suppress(SandboxError):
        sweep(client, container, user)


def _outcome(
    client: Client, container: str, identifier: str, reader: _Reader, *, timed_out: bool
) -> tuple[Ended, int | None]:
    if reader.flooded:
        return "flooded", None
    code = _exit_code(client, identifier)
    if timed_out and code in (137, None):
        return "timeout", None
    if code is None:
        if client.running(container):
            raise SandboxError("the engine does not say how a command ended")
        return "died", None
    return "exited", code


def _exit_code(client: Client, identifier: str) -> int | None:
    # The output can end a moment before the engine notes the exit.
    for wait in (0.0, 0.01, 0.05, 0.2, 1.0):
        time.sleep(wait)
        try:
            code = client.exit_code(identifier)
        except EngineRefusal:
            return None
        if code is not None:
            return code
    return None
