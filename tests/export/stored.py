"""A snapshot store for tasks that are about no repository in particular."""

import tempfile
from functools import cache
from pathlib import Path

from hgen.snapshots import Store, TreeLimits

LIMITS = TreeLimits(files=99, total_bytes=1 << 30, file_bytes=1 << 30)

PARTS = b'''\
def join(parts):
    """Puts the parts together."""
    return split(parts)


def split(parts):
    """Takes them apart again."""
    return list(parts)
'''

FILES = {"parts.py": PARTS, "x.py": b"...\n", "pkg/k\u00e4se.py": b"class Parser:\n    pass\n"}


@cache
def store() -> Path:
    """The folder of the store, which the process leaves to the system's clean-up."""
    root = Path(tempfile.mkdtemp(prefix="hgen-test-store-"))
    keep(root, FILES)
    return root


@cache
def snapshot() -> str:
    """The digest of the one snapshot in ``store``."""
    return next(store().glob("*.zip")).stem


def keep(root: Path, files: dict[str, bytes]) -> str:
    """Put a tree into a store."""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_bytes(content)
        return Store(root).add(Path(folder), LIMITS).digest
