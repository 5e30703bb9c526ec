"""The real git as an oracle for diffs."""

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CEILING_DIRECTORIES": tempfile.gettempdir(),
    "LC_ALL": "C",
}


def apply(patch: bytes, files: Mapping[str, bytes]) -> dict[str, bytes] | None:
    """The whole tree after ``git apply``, or None if git refuses."""
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), files)
        done = _git(["apply", "--whitespace=nowarn", "-"], Path(folder), patch)
        return _read(Path(folder)) if done.returncode == 0 else None


def diff(before: Mapping[str, bytes], after: Mapping[str, bytes], *options: str) -> bytes:
    """``git diff`` between two trees."""
    with tempfile.TemporaryDirectory() as folder:
        old, new = Path(folder) / "a", Path(folder) / "b"
        for tree, files in ((old, before), (new, after)):
            tree.mkdir()
            _write(tree, files)
        done = _git(["diff", "--no-index", "--no-prefix", *options, "a", "b"], Path(folder), b"")
        assert done.returncode in (0, 1), done.stderr
        # Without an index git writes the folders' names into renames, which no other diff has.
        return re.sub(rb'^((?:rename|copy) (?:from|to) "?)[ab]/', rb"\1", done.stdout, flags=re.MULTILINE)


def _git(arguments: list[str], folder: Path, text: bytes) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        ["git", *arguments], cwd=folder, input=text, env=ENVIRONMENT, capture_output=True, check=False
    )


def _write(root: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        target = root / os.fsdecode(path.encode("utf-8", "surrogateescape"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _read(root: Path) -> dict[str, bytes]:
    return {
        os.fsencode(file.relative_to(root)).decode("utf-8", "surrogateescape"): file.read_bytes()
        for file in sorted(root.rglob("*"))
        if file.is_file()
    }
