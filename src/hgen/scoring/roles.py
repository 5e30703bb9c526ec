"""What the files of a repository are for, by their paths: asked here by all that need to know.

The first role in this order that fits is a file's own: a tool's leaving in a folder of tests is a leaving.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath

LEFTOVER = "leftover"
"""What tools leave behind where they ran: caches, bytecode in its own folder, metadata of an installation."""
SETUP = "setup"
"""Configures how the repository is built or its tests are run, or runs before what imports the library."""
TEST = "test"
"""A test, or what helps tests."""
ASIDE = "aside"
"""Beside the library: documentation, examples, benchmarks, copies of others' code, and everything that is no Python."""
LIBRARY = "library"
"""The repository's own code."""

LEFTOVER_NAMES = frozenset(
    {
        "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis", ".tox",
        ".nox", ".eggs", ".coverage", ".DS_Store", ".benchmarks", ".dmypy.json", ".ipynb_checkpoints", ".pyre",
        ".pytype", ".testmondata", "htmlcov",
    }
)  # fmt: skip
"""Files and folders that only tools make."""
_NAMED_BY_TOOLS = re.compile(r"/(?:[^/]*\.egg-info(?:/|$)|\.coverage\.[^/]+$)")
_TEST_FOLDERS = frozenset({"test", "tests", "testing", "mocks"})
_TEST_ROOTS = frozenset({"features", "integration", "integration_tests", "spec", "specs", "t", "unittests"})
"""Folders of tests where they stand at the top of the tree; deeper down a library may call its packages so."""
_ASIDE_FOLDERS = frozenset(
    {
        "_vendor", "benchmark", "benchmarks", "bench", "demo", "demos", "doc", "docs", "example", "examples", "extern",
        "externals", "sample", "samples", "third_party", "vendor", "vendored",
    }
)  # fmt: skip
_SETUP_FILES = frozenset({"setup.py", "noxfile.py", "sitecustomize.py", "usercustomize.py"})
_SETUP_SUFFIXES = frozenset({".ini", ".toml", ".cfg", ".pth"})
_CONFTEST = "conftest.py"


@lru_cache(maxsize=65536)
def role(file: str) -> str:
    """A file's role; bytecode outside of ``__pycache__`` is no leaving, as Python imports it like any module."""
    path = PurePosixPath(file)
    if not LEFTOVER_NAMES.isdisjoint(path.parts) or _NAMED_BY_TOOLS.search(f"/{file}"):
        return LEFTOVER
    if path.name in _SETUP_FILES or path.suffix in _SETUP_SUFFIXES:
        return SETUP
    folders = set(path.parts[:-1])
    is_python = path.suffix == ".py"
    if _TEST_FOLDERS & folders or _TEST_ROOTS & set(path.parts[:-1][:1]) or (is_python and _names_a_test(path)):
        return TEST
    return LIBRARY if is_python and not _ASIDE_FOLDERS & folders else ASIDE


def is_library(file: str) -> bool:
    """Whether a file is the repository's own library code."""
    return role(file) == LIBRARY


def is_support(file: str) -> bool:
    """Whether library code neither calls nor needs what is in a file, as that is for tests or for building."""
    return role(file) in (TEST, SETUP)


def is_written_test(file: str) -> bool:
    """Whether a file can be part of tests that somebody writes; ``conftest.py`` only in a folder of tests."""
    path = PurePosixPath(file)
    return role(file) == TEST and (path.name != _CONFTEST or not _TEST_FOLDERS.isdisjoint(path.parts[:-1]))


def is_test_module(file: str) -> bool:
    """Whether a file can hold tests itself, not only what helps them."""
    path = PurePosixPath(file)
    return role(file) == TEST and path.suffix == ".py" and path.name not in (_CONFTEST, "__init__.py")


def is_leftover(file: str) -> bool:
    """Whether a file is what tools leave behind: it counts for nothing, unless the repository itself has it."""
    return role(file) == LEFTOVER


def is_doctest(test: str) -> bool:
    """Whether a node id of pytest means examples in a docstring or a text: what one is called is no name in Python."""
    file, _, rest = test.partition("::")
    return not file.endswith(".py") or "." in rest.partition("[")[0]


def _names_a_test(path: PurePosixPath) -> bool:
    return path.name.startswith("test_") or path.stem.endswith("_test") or path.name == _CONFTEST
