"""Runs inside a sandbox: tries to get past each limit and prints which of them hold, as JSON.

A file of its own that needs only the standard library. Usage: ``python3 -I limits_inside.py MEMORY PROCESSES DISK
INODES CPUS``, the limits that the sandbox was given (sizes in bytes).
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

FOLDERS = ("/sandbox/repo", "/tmp", "/dev/shm")  # noqa: S108 - inside the sandbox


def main() -> None:
    """Try everything, the gentle things first."""
    memory, processes, disk, inodes = map(int, sys.argv[1:5])
    cpus = float(sys.argv[5])
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    held = {
        "not root": os.getuid() != 0 and os.geteuid() != 0 and os.getgid() != 0,
        "no capabilities": int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0,
        "no new privileges": status["NoNewPrivs"].strip() == "1",
        "system call filter": status["Seccomp"].strip() == "2",
        "no user namespaces": not _can(_new_user_namespace),
        "read-only root": not _can(lambda: Path("/etc/hgen-probe").write_text("x")),
        "no network": _no_network(),
        "disk": all(_bytes_until_full(folder, 2 * disk) < 2 * disk for folder in FOLDERS),
        "inodes": all(_files_until_full(folder, 2 * inodes) < 2 * inodes for folder in FOLDERS),
        "memory": not _can(lambda: _allocate(2 * memory)),
        "processes": _children_until_full(2 * processes) < processes,
        "cpu": _processors_used() < 1.6 * cpus,
    }
    sys.stdout.write(json.dumps(held))


def _can(attempt: Callable[[], object]) -> bool:
    # In a child, which may be killed for it.
    child = os.fork()
    if child == 0:
        code = 1
        with contextlib.suppress(OSError, MemoryError):
            attempt()
            code = 0
        os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def _new_user_namespace() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(0x10000000):
        raise OSError(ctypes.get_errno(), "unshare")


def _no_network() -> bool:
    if {name for _, name in socket.if_nameindex()} - {"lo"}:
        return False
    return not _can(lambda: socket.create_connection(("192.0.2.1", 9), timeout=0.5))


def _bytes_until_full(folder: str, most: int) -> int:
    path, written, block = Path(folder) / "hgen-probe", 0, bytes(1 << 20)
    try:
        with path.open("wb", buffering=0) as file:
            while written < most:
                written += file.write(block)
    except OSError:
        pass
    path.unlink(missing_ok=True)
    return written


def _files_until_full(folder: str, most: int) -> int:
    made = 0
    try:
        while made < most:
            os.close(os.open(f"{folder}/hgen-probe-{made}", os.O_CREAT | os.O_WRONLY))
            made += 1
    except OSError:
        pass
    for number in range(made):
        Path(f"{folder}/hgen-probe-{number}").unlink()
    return made


def _allocate(size: int) -> None:
    block = bytearray(size)
    for position in range(0, size, resource.getpagesize()):
        block[position] = 1


def _children_until_full(most: int) -> int:
    children: list[int] = []
    try:
        while len(children) < most:
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
    except OSError:
        pass
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return len(children)


def _processors_used() -> float:
    # Two busy processes for a moment.
    before, start = _seconds_of_children(), time.monotonic()
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            while time.monotonic() < start + 0.4:
                pass
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    return (_seconds_of_children() - before) / (time.monotonic() - start)


def _seconds_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
