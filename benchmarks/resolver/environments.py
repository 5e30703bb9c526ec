"""The benchmark's two virtual environments: one for the engines, one for whatever the packages' tests import.

They are apart because an engine that finds the installed copy of a package answers with that copy's files.
"""

import subprocess
import sys
from pathlib import Path

from benchmarks.resolver.packages import PACKAGES

ENGINES = ("jedi", "ty", "tree-sitter>=0.25", "tree-sitter-python>=0.25", "pydantic>=2.11", "typeshed-client>=2.8")
TESTS = (
    "pytest>=9", "pytest-asyncio", "pytest-mock", "pytest-timeout", "pytest-trio", "pytest-xprocess", "hypothesis",
    "blinker", "cloudpickle", "cryptography", "ephemeral-port-reserve", "exceptiongroup", "freezegun", "httpx",
    "httpx2", "itsdangerous", "pretend", "psutil", "python-multipart", "pyyaml", "regex", "simplejson",
    "attrs", "immutables", "jsonschema-specifications", "pytest-describe", "python-dateutil", "pytz",
    "trio", "trustme", "truststore", "typing-extensions", "tzdata", "watchdog",
)  # fmt: skip


def environment_python(folder: Path, name: str) -> Path:
    """The interpreter of an environment that ``prepare`` made."""
    return folder / f"env-{name}" / "bin" / "python"


def prepare(folder: Path) -> None:
    """Create both environments, or bring them up to date. Packages come as wheels: none of their code runs."""
    # The packages themselves are installed too, for their dependencies and their metadata; the copy under test wins.
    # Any version will do: the newest may want a newer Python in its metadata, though its sources run on this one.
    traced = tuple(package.name for package in PACKAGES)
    for name, requirements in (("engines", ENGINES), ("tests", TESTS + traced)):
        python = environment_python(folder, name)
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "--only-binary", ":all:", *requirements], check=True)
