"""Building testbeds for small repositories: good ones, and all kinds of bad ones, in one run."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from hgen.config import SandboxConfig
from hgen.engines import OpenEngine
from hgen.records import Codebase, Environment, Reject, StableTest
from hgen.runner import done_shards
from hgen.sandbox.client import Client
from hgen.sandbox.discovery import choose
from hgen.scoring.tested.jobs import Job
from hgen.shards import read_shard
from hgen.snapshots import Store
from hgen.testbed.environment.install import RepositoryTree, image_name
from hgen.testbed.running import run_jobs
from tests.command import hgen
from tests.testbed.world import BASE

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
MORE = """
def summary(values):
    \"\"\"The sum of the values, the largest, and how many there are.\"\"\"
    largest_of_all = max(values)
    total_of_all = sum(values)
    number_of_values = len(values)
    return total_of_all, largest_of_all, number_of_values
"""
MORE_TESTS = """
from thing.more import summary


def test_summary():
    assert summary([1, 2]) == (3, 2, 2)


def test_summary_of_one():
    assert summary([7]) == (7, 7, 1)
"""
SLOW_REPORTS = """
import time


def pytest_exception_interact(call):
    # As on a busy machine: longer than until the next reminder that the time is over.
    if call.excinfo.typename == "TimedOut":
        time.sleep(1.5)
"""
EXTENSION = """
from setuptools import Extension, setup

setup(name="thing", version="1", packages=["thing"], ext_modules=[Extension("thing.fast", ["thing/fast.c"])])
"""
MANY = "".join(f"def test_{number}():\n    assert True\n\n\n" for number in range(12))
ATTACK = """
import os, pathlib, socket, sys
for place in ("/opt/venv/bin/python", "/usr/bin/python3", "/etc/passwd", "/sandbox/escaped", "/opt/escaped"):
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
        "src/thing/more.py": MORE,
        "tests/test_core.py": GOOD_TESTS,
        "tests/test_more.py": MORE_TESTS,
        "tests/test_installed.py": INSTALLED_TEST,
        "tests/test_bad.py": BAD_TESTS,
        "conftest.py": SLOW_REPORTS,
    },
    "path": {
        "thing/__init__.py": "",
        "thing/core.py": CORE,
        "test_core.py": GOOD_TESTS,
        "test_broken.py": "from thing.core import what_is_not_there\n\n\ndef test_it():\n    pass\n",
    },
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
    "few": {"thing/__init__.py": "", "thing/core.py": CORE, "tests/test_few.py": "def test_one():\n    pass\n"},
    "exits": {
        "thing/__init__.py": "",
        "conftest.py": "import os\nos._exit(0)\n",
        "tests/test_many.py": MANY,
    },
    "address": {
        "setup.py": "from setuptools import setup\nsetup(name='thing', version='1', packages=['thing'],"
        " install_requires=['other @ https://' + 'elsewhere.invalid/other.tar.gz', 'iniconfig'])\n",
        "thing/__init__.py": "",
        "thing/core.py": CORE,
        "tests/test_core.py": "import iniconfig\n" + GOOD_TESTS,
    },
    "impossible": {
        "pyproject.toml": NAMED + 'dependencies = ["packaging==0.0.0.1"]\n',
        "thing/__init__.py": "",
        "thing/core.py": CORE,
        "tests/test_core.py": GOOD_TESTS,
    },
    "metadata": {
        "pyproject.toml": PROJECT + 'name = "not a name!"\nversion = "one"\n',
        "thing/__init__.py": "",
        "thing/core.py": CORE,
        "tests/test_core.py": GOOD_TESTS,
    },
    "extension": {
        "setup.py": EXTENSION,
        "thing/__init__.py": "from thing.fast import double\n",
        "thing/fast.c": "#error there is nothing here\n",
        "thing/core.py": CORE,
        "tests/test_core.py": GOOD_TESTS,
    },
}


SLOW: dict[str, Mapping[str, str]] = {
    "hangs": {
        "thing/__init__.py": "",
        "thing/core.py": "import time\nwhile True:\n    time.sleep(1)\n",
        "tests/test_core.py": "import thing.core\n" + MANY,
    },
    "slow": {
        "thing/__init__.py": "",
        "thing/core.py": CORE,
        "tests/test_slow.py": MANY.replace("assert True", "__import__('time').sleep(5)"),
    },
    "forks": {
        "thing/__init__.py": "",
        "conftest.py": "import os\nwhile True:\n    os.fork()\n",
        "tests/test_many.py": MANY,
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
    chosen = {"mine.sources": f"[{sources}]", "build.targets": 2, "build.mutants": 3, **settings}
    chosen |= {"sandbox.base_image": BASE} if BASE else {}
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


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("doctests", {"no-tests"}),
        ("few", {"too-few-tests"}),
        ("exits", {"no-tests"}),
        ("impossible", {"no-wheels"}),
        ("extension", {"no-tests", "too-few-tests", "compiled-extension"}),
    ],
)
def test_what_cannot_be_used_says_why(name: str, reasons: set[str], rejects: dict[str, Reject]) -> None:
    assert rejects[name].reason in reasons, rejects[name]
    assert rejects[name].detail


def test_what_does_not_end_in_time_says_so(tmp_path: Path) -> None:
    rejects = rejects_of(run(tmp_path, SLOW, **{"build.seconds": 10}))
    assert rejects["slow"].reason == "slow-tests"
    assert {rejects[name].reason for name in ("hangs", "forks")} <= {"slow-tests", "no-tests"}


@pytest.mark.parametrize("name", ["path", "undeclared", "unittests", "raises", "attacks", "metadata", "address"])
def test_what_need_not_be_perfect_still_runs(name: str, built: dict[str, Codebase], rejects: dict[str, Reject]) -> None:
    testbed = built[name].testbed
    assert testbed, rejects[name]
    assert len(testbed.tests) == 12
    assert testbed.environment.editable == (name in ("undeclared", "address"))


def test_an_installation_cannot_say_how_it_went(built: dict[str, Codebase]) -> None:
    testbed = built["attacks"].testbed
    assert testbed
    assert "stolen.txt" not in testbed.environment.generated


def stable(codebase: Codebase) -> dict[str, StableTest]:
    assert codebase.testbed
    return {test.id: test for test in codebase.testbed.tests}


def test_only_tests_that_pass_in_any_order_and_alone_are_kept(built: dict[str, Codebase]) -> None:
    good = stable(built["good"])
    kept = {test.partition("[")[0].rpartition("::")[2] for test in good}
    assert kept == {
        "test_double", "test_half", "test_pay", "test_version", "test_first_of_two", "test_leaves_a_file",
        "test_summary", "test_summary_of_one",
    }  # fmt: skip
    assert len([test for test in good if "test_double" in test]) == 10
    assert all(0 < test.seconds < 20 for test in good.values())


def test_a_function_of_a_tree_that_is_installed_in_editable_form_is_tried(built: dict[str, Codebase]) -> None:
    testbed = built["good"].testbed
    assert testbed
    assert testbed.environment.editable
    assert [built["good"].symbols[trial.symbol].qualname for trial in testbed.trials] == ["summary"]
    assert testbed.trials[0].mutants


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


def test_an_environment_is_built_again_from_its_record_alone(
    out: Path, built: dict[str, Codebase], tmp_path: Path
) -> None:
    codebase = built["good"]
    assert codebase.testbed
    environment: Environment = codebase.testbed.environment
    client = Client(choose("auto").url)
    # Another cache stands in for another machine, an engine that has forgotten the image likewise.
    engine = OpenEngine(SandboxConfig(base_image=BASE), cache=tmp_path, store=out / "snapshots")
    client._api.remove_image(image_name(environment, engine.house.image), force=True)
    with Store(out / "snapshots").open(environment.snapshot) as snapshot:
        tree = RepositoryTree.of(snapshot)
    tests = tuple(stable(codebase))
    sandboxes = engine.sandboxes(environment, base_commit=codebase.repo.base_commit, name="good")
    with sandboxes.start(tree.state(job={}, also=environment.generated)) as sandbox:
        (run,) = run_jobs(sandbox, [Job(tests=tests, path=environment.path, options=environment.options)])
        pip = sandbox.exec(["/opt/venv/bin/python", "-c", "import pip"], timeout=30)
    engine.close()
    client.close()
    assert run.passed == set(tests)
    assert not pip.ok, "pip holds copies of libraries that tasks may be about"
