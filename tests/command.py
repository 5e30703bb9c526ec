"""hgen as a user runs it: a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

HGEN = [sys.executable, "-m", "hgen"]


def environment(hash_seed: str = "0") -> dict[str, str]:
    """This process's environment, with the seed of Python's string hashes chosen."""
    return os.environ | {"PYTHONHASHSEED": hash_seed, "COLUMNS": "160"}


def hgen(*arguments: str | Path, hash_seed: str = "0") -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    return subprocess.run(
        [*HGEN, *map(str, arguments)], capture_output=True, text=True, check=False, env=environment(hash_seed)
    )
