"""Run one command in a container: output capped, time limited, nothing of it left, whatever the command does."""

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from hgen.errors import SandboxError
from hgen.sandbox.base import Ended, Result
from hgen.sandbox.client import Client
from hgen.sandbox.connection import EngineRefusal
from hgen.sandbox.layout import KEEPER

# Waits for a word from outside: Podman may start a command before it listens, and lose what it says. Then says that it
# has started, ends what an earlier command may have left, runs the command under its time limit, and ends what it left.
# The shell's own complaints go nowhere; the command keeps its standard error as descriptor 3, and has an environment of
# its own: what the caller puts there (``PATH``, ``LD_PRELOAD``) must not choose the programs of this script.
_SUPERVISOR = """read -r word || exit 125
printf 'started\\n' >&2
cd "$0" || exit 125
exec 3>&2 2>/dev/null
kill -9 -1
(exec timeout -s KILL "$@" </dev/null 2>&3 3>&-)
status=$?
kill -9 -1
exit $status"""

# Engines report that they could not start a command as if the command had said it. Ours says this first.
_STARTED = b"started\n"

_SUPERVISING = ("/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "/bin/sh", "-c", _SUPERVISOR)

_SWEEP = "kill -9 -1 2>/dev/null; :"

DIED = Result("died", None, b"", b"", 0.0)
"""The answer of a sandbox that is no longer there."""

_KILLED = 128 + 9

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_LONGEST, _TOGETHER, _POINTER = 130_000, 1 << 20, 9
"""Bytes that one word of a command, and all with a pointer for each, may have; a little less than what Linux takes."""

_OVERDUE_SECONDS = 3.0
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
) -> tuple[Result, bool]:
    """Run a command and wait for its end; ``cwd`` and ``argv`` need not exist.

    Gives the result, and whether the container can be used again. Raises ``ValueError`` for what cannot be passed on.
    """
    command = _command(argv, {"PWD": cwd, **environment})
    if not 0 < timeout < threading.TIMEOUT_MAX:
        raise ValueError(f"{timeout} seconds cannot be a time limit")
    # ``timeout 0`` would mean none.
    words = [*_SUPERVISING, cwd, f"{max(timeout, 0.001):.3f}", *command]
    started = time.monotonic()
    try:
        identifier, pieces = client.execute(container, words, user=f"{user}:{user}", stdin=b"go\n")
    except EngineRefusal as error:
        return _not_started(client, container, str(error)), False
    reader = _Reader(pieces, output_limit)
    reader.done.wait(timeout + _OVERDUE_SECONDS)
    killed = not reader.finished and _end(client, container, user, reader)
    seconds = time.monotonic() - started
    if reader.trouble and not killed and _runs(client, container):
        raise reader.trouble
    if not reader.err.startswith(_STARTED):
        return _not_started(client, container, bytes(reader.out + reader.err).decode(errors="replace")), False
    ended, code = _outcome(client, container, identifier, reader, timed_out=seconds >= timeout)
    if code == _KILLED and not _answers(client, container):
        ended, code = _not_started(client, container, "it no longer answers").ended, None
    said = bytes(reader.err.removeprefix(_STARTED))
    return Result(ended, code, bytes(reader.out), said, seconds), not killed and ended != "died"


def _command(argv: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    # Refused here, because an engine's refusal would look like a broken engine.
    if not argv or "=" in argv[0]:
        raise ValueError(f"{list(argv)[:1]} cannot be a command: it needs the name of a program, without '='")
    for name in environment:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of an environment variable")
    words = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in environment.items()), *argv]
    lengths = [len(word.encode()) for word in words]
    if any("\0" in word for word in words):
        raise ValueError(f"the command {argv[0]!r} cannot be run: a word of it holds NUL")
    if max(lengths) > _LONGEST or sum(lengths) + _POINTER * len(words) > _TOGETHER:
        raise ValueError(
            f"the command {argv[0]!r} cannot be run: {sum(lengths)} bytes in {len(words)} words are too long"
        )
    return words


def sweep(client: Client, container: str, user: int) -> None:
    """End every process of a user in a container, if it runs."""
    try:
        _, pieces = client.execute(container, ["/bin/sh", "-c", _SWEEP], user=f"{user}:{user}")
        for _ in pieces:
            pass
    except EngineRefusal:
        if _runs(client, container):
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
        self._limit = limit + len(_STARTED)
        self.trouble: SandboxError | None = None
        self._thread = threading.Thread(target=self._read, args=(pieces,), daemon=True)
        self._thread.start()

    def join(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

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
            self.trouble = error
        finally:
            self.finished = True
            self.done.set()


def _end(client: Client, container: str, user: int, reader: _Reader) -> bool:
    # A sweep keeps the sandbox usable, but needs a process and memory inside; where those are used up, all must go.
    threading.Thread(target=_try_sweep, args=(client, container, user), daemon=True).start()
    if reader.join(_OVERDUE_SECONDS):
        return False
    client.kill(container)
    if not reader.join(30.0):
        raise SandboxError("a command's output did not end although its container was killed")
    return True


def _try_sweep(client: Client, container: str, user: int) -> None:
    with suppress(SandboxError):
        sweep(client, container, user)


def _outcome(
    client: Client, container: str, identifier: str, reader: _Reader, *, timed_out: bool
) -> tuple[Ended, int | None]:
    if reader.flooded:
        return "flooded", None
    code = _exit_code(client, identifier)
    if timed_out and code in (_KILLED, None):
        return "timeout", None
    if code is not None:
        return "exited", code
    if _runs(client, container):
        raise SandboxError(f"the engine at {client.url} does not say how a command ended")
    return "died", None


def _not_started(client: Client, container: str, said: str) -> Result:
    # Either the container is over, or the code inside has used it up, or the engine is broken.
    for wait in (0.0, 0.1, 0.4, 1.0):
        # The engine can take a moment to notice.
        time.sleep(wait)
        if not _runs(client, container):
            return DIED
    if client.exhausted(container):
        client.kill(container)
        return DIED
    raise SandboxError(f"the engine at {client.url} does not start a command: {said.strip()[-500:]}")


def _runs(client: Client, container: str) -> bool:
    state = client.state(container)
    if state == "lost":
        # Somebody else's doing, which must not count as the result of the code inside.
        raise SandboxError(f"a container on the engine at {client.url} was stopped or removed from outside")
    return state == "running"


def _answers(client: Client, container: str) -> bool:
    try:
        identifier, pieces = client.execute(container, ["/bin/true"], user=f"{KEEPER}:{KEEPER}")
        for _ in pieces:
            pass
    except EngineRefusal:
        return False
    return _exit_code(client, identifier) == 0


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
