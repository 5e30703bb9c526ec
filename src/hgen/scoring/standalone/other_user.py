"""Run a command as far apart from this process as the system lets us: another user, little environment, nothing left.

On Linux. Elsewhere, and where this process may not change users, the command runs as the same user.
"""

from __future__ import annotations

import fcntl
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hgen.scoring.verdicts import NoVerdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

USERS = (60102, 60103, 65534, 60104, 60105)
"""Users that code may run as, those first that the images of hgen, or most systems, have a name for."""

MOST_OUTPUT = 16 << 20
"""Bytes that a command may print."""
_LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_FSIZE: 256 << 20,
    resource.RLIMIT_NOFILE: 4096,
}
_ENDING_SECONDS = 5.0
"""Seconds in which the processes of a command must be gone once they are killed."""
_CAPABILITIES = 1 << 0 | 1 << 6 | 1 << 7  # CAP_CHOWN, CAP_SETGID, CAP_SETUID
_SET_DUMPABLE, _SET_SUBREAPER, _SET_NO_NEW_PRIVILEGES = 4, 36, 38


@dataclass(frozen=True)
class Done:
    """What a command did."""

    ended: str
    """``exited``, ``timeout`` or ``flooded``."""
    exit_code: int
    stdout: bytes
    stderr: bytes


def harden() -> None:
    """Make this process unreadable for others of its user, and the parent of whatever its descendants abandon.

    Neither can be had outside Linux.
    """
    if sys.platform == "linux":
        with suppress(ImportError, OSError, AttributeError):
            # Not every Python has it.
            import ctypes  # noqa: PLC0415

            control = ctypes.CDLL(None).prctl
            control(_SET_DUMPABLE, 0, 0, 0, 0)
            control(_SET_SUBREAPER, 1, 0, 0, 0)
            control(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


@contextmanager
def free_user(*, taken: int | None) -> Iterator[int | None]:
    """A user that code can run as, who owns no process, is not ``taken``, and is ours alone while the context lasts.

    None if this process cannot change users. Raises ``NoVerdict`` if all are in use.
    """
    if os.geteuid() != 0 or not _holds(_CAPABILITIES):
        yield None
        return
    busy = {_owner(process) for process in _processes()}
    for user in USERS:
        if user != taken and user not in busy and _becomes(user):
            with _locked(Path(private_folder(), f".hgen-grading-{user}.lock")) as ours:
                if ours:
                    yield user
                    return
    raise NoVerdict(f"all users that tests could run as are in use: {', '.join(map(str, USERS))}")


@contextmanager
def _locked(file: Path) -> Iterator[bool]:
    """Whether a file can be locked, against other graders in the same container; it is gone afterwards."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    ours = False
    try:
        with suppress(BlockingIOError, FileNotFoundError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may have removed it meanwhile.
            ours = file.stat().st_ino == os.fstat(descriptor).st_ino
        yield ours
    finally:
        if ours:
            file.unlink()
        os.close(descriptor)


def private_folder() -> str:
    """A folder that only root can write to, as those above it; for what others must not touch."""
    for folder in ("/opt", "/var/lib", "/run"):
        with suppress(OSError):
            status = Path(folder).stat()
            if status.st_uid == 0 and not status.st_mode & 0o022 and os.access(folder, os.W_OK):
                return folder
    return "/"


def run(argv: Sequence[str], *, user: int | None, folder: str, environment: Mapping[str, str], seconds: float) -> Done:
    """Run a command to its end or to one of its limits; afterwards nothing that it started is left.

    Raises ``OSError`` if it cannot be started.
    """
    identity = {} if user is None else {"user": user, "group": user, "extra_groups": []}
    process = subprocess.Popen(
        argv, cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True, **identity,
        preexec_fn=_limit,  # noqa: PLW1509 - there are no threads
    )  # type: ignore[call-overload]  # fmt: skip
    try:
        out, err, ended = _listen(process, time.monotonic() + seconds)
    finally:
        _end(process, user)
        for pipe in (process.stdout, process.stderr):
            pipe.close()
    return Done(ended, process.returncode, out, err)


def _limit() -> None:
    # None on processes: the kernel would count those of all containers whose users have the same number.
    for what, most in _LIMITS.items():
        hard = resource.getrlimit(what)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))


def _listen(process: subprocess.Popen[bytes], until: float) -> tuple[bytes, bytes, str]:
    """What a process prints until it is over, and how that came; what it left running is not waited for."""
    said = {process.stdout: bytearray(), process.stderr: bytearray()}
    ended = "exited"
    over = False
    with selectors.DefaultSelector() as ready:
        for pipe in said:
            os.set_blocking(pipe.fileno(), False)  # type: ignore[union-attr]
            ready.register(pipe, selectors.EVENT_READ)  # type: ignore[arg-type]
        while ready.get_map():
            found = ready.select(0.0 if over else 0.05)
            for key, _ in found:
                piece = os.read(key.fd, 1 << 16)
                said[key.fileobj] += piece  # type: ignore[index]
                if not piece:
                    ready.unregister(key.fileobj)
            if over and not found:
                break
            over = over or process.poll() is not None
            if sum(map(len, said.values())) > MOST_OUTPUT:
                ended = "flooded"
                break
            if not over and time.monotonic() > until:
                ended = "timeout"
                break
        else:
            # Both pipes are closed; the process may go on in silence.
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()))
            ended = "exited" if process.returncode is not None else "timeout"
    return bytes(said[process.stdout]), bytes(said[process.stderr]), ended


def _end(process: subprocess.Popen[bytes], user: int | None) -> None:
    """Kill a command and all that came from it, as far as it can be found."""
    until = time.monotonic() + _ENDING_SECONDS
    while True:
        with suppress(ProcessLookupError, PermissionError):
            # Its number is not given away before it is waited for.
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        left = _kill_all_of(user) if user is not None else _kill(list(_descendants()))
        _reap(process)
        if not left and process.poll() is not None:
            return
        if time.monotonic() > until:
            raise OSError(f"{left} processes of the tests cannot be ended")
        time.sleep(0.01)


def _kill_all_of(user: int) -> int:
    """End every process of a user; returns how many there were."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            _become(user)
            # As this user, so that no process can be missed between looking and killing, and none of others is hit.
            os.kill(-1, signal.SIGKILL)
        os._exit(0)
    os.waitpid(child, 0)
    # The child may have been killed by one of them.
    return _kill([process for process in _processes() if _owner(process) == user and not _is_over(process)])


def _kill(processes: Sequence[int]) -> int:
    for process in processes:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process, signal.SIGKILL)
    return len(processes)


def _descendants() -> Iterator[int]:
    parents = {process: _parent(process) for process in _processes() if not _is_over(process)}
    family = {os.getpid()}
    for _ in parents:
        more = {process for process, parent in parents.items() if parent in family} - family
        if not more:
            break
        family |= more
    yield from sorted(family - {os.getpid()})


def _reap(process: subprocess.Popen[bytes]) -> None:
    """Wait for those whom the command left to us; the command itself is ``Popen``'s to wait for."""
    process.poll()
    with suppress(ChildProcessError):
        for child in _processes():
            if child != process.pid and _parent(child) == os.getpid():
                with suppress(ChildProcessError):
                    os.waitpid(child, os.WNOHANG)


def _processes() -> list[int]:
    try:
        return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    except FileNotFoundError:
        return []


def _owner(process: int) -> int | None:
    try:
        return Path(f"/proc/{process}").stat().st_uid
    except OSError:
        return None


def _stat(process: int) -> list[str]:
    try:
        # The name, in parentheses, may hold anything.
        return Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ["X", "0"]


def _is_over(process: int) -> bool:
    return _stat(process)[0] in ("Z", "X")


def _parent(process: int) -> int:
    return int(_stat(process)[1])


def _holds(capabilities: int) -> bool:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    held = next(line.split()[1] for line in status.split("\n") if line.startswith("CapEff:"))
    return int(held, 16) & capabilities == capabilities


def _become(user: int) -> None:
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)


def _becomes(user: int) -> bool:
    """Whether this process may become the user; not all are mapped into every container."""
    child = os.fork()
    if child == 0:
        status = 1
        with suppress(BaseException):
            _become(user)
            status = 0
        os._exit(status)
    return os.waitpid(child, 0)[1] == 0
