"""Say on every container, volume and temporary folder whose it is, and tell whether that process still lives."""

import hashlib
import os
import platform
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

MARK = "hgen.sandbox"
"""The label that every container and volume of a sandbox has."""

FOLDERS = "hgen-git-"
"""How the name of every temporary folder begins."""

_OWNER = "hgen.owner"
_UNTIL = "hgen.until"


def own(lifetime: float) -> dict[str, str]:
    """Labels for something that this process makes and that is over after ``lifetime`` seconds."""
    return {
        MARK: "1",
        _OWNER: f"{_place()}/{os.getpid()}/{_started(os.getpid())}",
        _UNTIL: f"{time.time() + lifetime:.0f}",
    }


def abandoned(labels: Mapping[str, str]) -> bool:
    """Whether nobody will come back for what bears these labels.

    Processes of another machine, boot or namespace cannot be seen: theirs is abandoned once its time is over.
    """
    place, _, process = labels.get(_OWNER, "").partition("/")
    if place == _place() and process:
        pid, _, started = process.partition("/")
        return _started(int(pid)) != started
    until = labels.get(_UNTIL, "")
    return not until.isdecimal() or time.time() > int(until)


def folder_prefix() -> str:
    """How the name of a temporary folder of this process begins."""
    return f"{FOLDERS}{_short(_place())}-{os.getpid()}-{_started(os.getpid())}-"


def abandoned_folder(name: str) -> bool:
    """Whether the process that made a temporary folder is known to be gone."""
    place, _, rest = name.removeprefix(FOLDERS).partition("-")
    pid, _, rest = rest.partition("-")
    return place == _short(_place()) and pid.isdecimal() and _started(int(pid)) != rest.partition("-")[0]


def _short(place: str) -> str:
    return hashlib.blake2b(place.encode(), digest_size=4).hexdigest()


@cache
def _place() -> str:
    # Process identifiers mean something in one PID namespace of one boot only.
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}-{Path('/proc/self/ns/pid').readlink().name.strip('pid:[]')}"
    except OSError:
        return platform.node() or "unknown"


def _started(pid: int) -> str:
    # A process identifier is used again; together with its start it is unique. Empty for a process that is gone.
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return _alive_elsewhere(pid)
    state, *fields = stat.rpartition(")")[2].split()
    return "" if state == "Z" else fields[18]


def _alive_elsewhere(pid: int) -> str:
    if Path("/proc/self").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "alive"
    return "alive"
