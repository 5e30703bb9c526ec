"""The high-water mark of a process's memory.

``ru_maxrss`` will not do: a child starts with the mark of the parent that forked it.
"""

from pathlib import Path


def peak_bytes(process: int | str = "self") -> int:
    """The largest resident set that a running process has had."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").split("\n"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
