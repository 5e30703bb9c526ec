"""What a repository's files are by their paths: library code, tests, or what configures how tests are run."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePosixPath

_NOT_LIBRARY = frozenset(
    {
        "_vendor", "benchmark", "benchmarks", "bench", "demo", "demos", "doc", "docs", "example", "examples", "extern",
        "externals", "sample", "samples", "test", "testing", "tests", "third_party", "vendor", "vendored",
    }
)  # fmt: skip
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
_STARTED = frozenset({"conftest.py", "setup.py", "noxfile.py", "sitecustomize.py", "usercustomize.py"})
"""Python files that run before, or instead of, what imports the library."""
_LEFTOVERS = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"})


@lru_cache(maxsize=65536)
def is_library(file: str) -> bool:
    """Whether a file is the repository's own library code: no test, example, documentation, set-up or vendored copy."""
    path = PurePosixPath(file)
    if _NOT_LIBRARY & set(path.parts[:-1]):
        return False
    return not (path.name in _STARTED or path.name.startswith("test_") or path.stem.endswith("_test"))


def is_test(file: str) -> bool:
    """Whether a file can be part of tests that somebody writes: a test module, or beside one in a folder of tests."""
    path = PurePosixPath(file)
    if path.suffix == ".py" and (path.name.startswith("test_") or path.stem.endswith("_test")):
        return True
    if path.suffix in (".ini", ".toml", ".cfg", ".pth") or path.name in _STARTED - {"conftest.py"}:
        return False
    return bool(_TEST_FOLDERS & set(path.parts[:-1]))


def is_doctest(test: str) -> bool:
    """Whether a node id of pytest means examples in a docstring or a text: what one is called is no name in Python."""
    file, _, rest = test.partition("::")
    return not file.endswith(".py") or "." in rest.partition("[")[0]


def is_leftover(file: str) -> bool:
    """Whether a file is what running tests leaves behind."""
    path = PurePosixPath(file)
    return bool(_LEFTOVERS & set(path.parts)) or path.suffix in (".pyc", ".pyo") or path.name == ".coverage"
