"""Runs inside a sandbox without a network: makes a virtual environment and installs a tree into it.

A file of its own that needs only the standard library: ``python3 -I -c TEXT VENV WHEELS install|path``, in the tree.
Prints one JSON object; what builds say goes to the standard error.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

MOST_BYTES = 100_000
MOST_FILES = 50
EXTENSIONS = (".so", ".pyd", ".dylib")

_MISSING = """
import importlib.metadata as metadata, json, sys
from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name
found = list(metadata.distributions())
here = {canonicalize_name(one.metadata["Name"]) for one in found if one.metadata["Name"]}
own = [one for one in found if "file://" + sys.argv[1] in (one.read_text("direct_url.json") or "")]
wanted = [Requirement(text) for one in own for text in one.requires or ()]
wanted = [one for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})]
print(json.dumps([str(one) for one in wanted if canonicalize_name(one.name) not in here]))
"""


def main() -> None:
    """Install, then say what is there."""
    venv, wheels, how = sys.argv[1:4]
    python = f"{venv}/bin/python"
    pip = [python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-input", "--no-cache-dir"]
    run([sys.executable, "-m", "venv", venv])
    if found := sorted(str(path) for path in Path(wheels).glob("*.whl")):
        run([*pip, "--force-reinstall", *found])
    tree = str(Path.cwd())
    editable = how == "install" and succeeds([*pip, "--no-build-isolation", "--use-pep517", "--editable", tree])
    missing: list[str] = []
    if editable:
        said = subprocess.run([python, "-c", _MISSING, tree], stdout=subprocess.PIPE, check=False)
        missing = json.loads(said.stdout) if said.returncode == 0 else []
    if not any(Path(wheel).name.startswith("pip-") for wheel in found):
        # Half of the layer, and it holds copies of libraries that tasks may be about.
        run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "pip"])
    new = added()
    report = {
        "editable": editable,
        "missing": missing,
        "compiled": [path for path in new if path.endswith(EXTENSIONS)],
        "generated": texts(new),
    }
    sys.stdout.write(json.dumps(report))


def run(command: Sequence[str]) -> None:
    """Run a command, or end with its status."""
    status = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    if status:
        sys.exit(status if status > 0 else 1)


def succeeds(command: Sequence[str]) -> bool:
    """Whether a command succeeds."""
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0


def added() -> list[str]:
    """The files that the tree has beside those of its commit."""
    listing = ["git", "ls-files", "--others", "-z"]
    names = subprocess.run(listing, stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "replace").split("\0")
    return sorted(name for name in names if name and not is_left_over(name))


def is_left_over(name: str) -> bool:
    """Whether a file is what installing leaves and nothing needs."""
    parts = PurePosixPath(name).parts
    metadata = any(part.endswith((".egg-info", ".dist-info")) for part in parts)
    return metadata or "__pycache__" in parts or parts[0] == "build"


def texts(names: Sequence[str]) -> dict[str, str]:
    """The small text files among some, by path."""
    found = {}
    for name in names[:MOST_FILES]:
        path = Path(name)
        if not name.endswith(EXTENSIONS) and path.is_file() and path.stat().st_size <= MOST_BYTES:
            try:
                found[name] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found


if __name__ == "__main__":
    main()
