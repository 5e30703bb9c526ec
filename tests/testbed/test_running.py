"""What the driver says of a repository's tests, whatever they do."""

import os
from collections.abc import Callable

import pytest

from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState
from hgen.scoring.tested.jobs import Job
from hgen.scoring.tested.report import TestRun, read_report
from hgen.testbed.running import Drive, run_jobs

pytestmark = [pytest.mark.container, pytest.mark.network]

Run = Callable[..., TestRun]

LIBRARY = b"""def plain():
    return 1


def outer():
    def inner():
        return 2
    return inner()


class Thing:
    @property
    def value(self):
        return plain()


AT_IMPORT = outer()
"""


@pytest.fixture
def run(testbed: Containers) -> Run:
    """Run one job on one module of tests, beside ``pkg/lib.py``."""

    def run(text: str, **job: object) -> TestRun:
        files = {"tests/test_it.py": text.encode(), "pkg/lib.py": LIBRARY}
        drive = Drive((Job(path=(".",), **job),))  # type: ignore[arg-type]
        with testbed.start(StartState(files, job=drive.files)) as sandbox:
            return drive.run(sandbox)[0]

    return run


def outcomes(found: TestRun) -> dict[str, str]:
    return {test.rpartition("::")[2]: result.outcome for test, result in found.results.items()}


def test_every_outcome_has_its_word(run):
    found = run(
        "import pytest, unittest\n"
        "@pytest.fixture\ndef bad():\n    raise ValueError\n"
        "@pytest.fixture\ndef bad_end():\n    yield\n    raise ValueError\n"
        "def test_passes(): pass\n"
        "def test_fails(): assert 0\n"
        "def test_exits(): raise SystemExit(0)\n"
        "def test_error(bad): pass\n"
        "def test_error_at_the_end(bad_end): pass\n"
        "def test_skips(): pytest.skip('no')\n"
        "@pytest.mark.xfail\ndef test_xfails(): assert 0\n"
        "@pytest.mark.xfail\ndef test_xpasses(): pass\n"
        "@pytest.mark.parametrize('a', ['x::y', '[', 'a b'])\ndef test_many(a): pass\n"
        "class TestOld(unittest.TestCase):\n"
        "    def test_old(self): self.assertEqual(1, 1)\n"
        "    def test_parts(self):\n"
        "        for n in (1, 2):\n"
        "            with self.subTest(n=n): self.assertEqual(n, 2)\n"
        "    @unittest.expectedFailure\n"
        "    def test_expected(self): self.fail()\n"
    )
    assert {test.partition("::")[2]: result.outcome for test, result in found.results.items()} == {
        "test_passes": "passed", "test_fails": "failed", "test_exits": "failed", "test_error": "error",
        "test_error_at_the_end": "error", "test_skips": "skipped", "test_xfails": "xfailed",
        "test_xpasses": "xpassed", "test_many[x::y]": "passed", "test_many[[]": "passed", "test_many[a b]": "passed",
        "TestOld::test_old": "passed", "TestOld::test_parts": "failed", "TestOld::test_expected": "xfailed",
    }  # fmt: skip
    assert (found.status, found.exit_code, found.whole, found.distrust) == (1, 1, True, "")
    assert "assert 0" in found.results["tests/test_it.py::test_fails"].why


def test_only_the_tests_asked_for_are_run(run):
    text = "import pytest\n@pytest.mark.parametrize('a', [1, 2])\ndef test_a(a): pass\ndef test_b(): pass\n"
    assert outcomes(run(text, tests=("tests/test_it.py::test_a[2]",))) == {"test_a[2]": "passed"}
    left = run(text, tests=("tests/test_it.py",), without=("tests/test_it.py::test_a",))
    assert outcomes(left) == {"test_b": "passed"}
    assert run(text, mode="collect").collected == tuple(
        f"tests/test_it.py::test_{name}" for name in ("a[1]", "a[2]", "b")
    )


def test_the_order_is_shuffled_by_the_seed_alone(run):
    text = "".join(f"def test_{number}(): pass\n" for number in range(30))
    first, again, other = (list(outcomes(run(text, shuffle=seed))) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert sorted(first) == sorted(other)
    assert list(outcomes(run(text))) == [f"test_{number}" for number in range(30)]


def test_a_run_that_computes_for_ever_is_ended_by_what_it_computes(run):
    text = "import time\ndef test_waits(): time.sleep(3)\ndef test_computes():\n    while True: pass\n"
    found = run(text, cpu=2.0, each=100.0, seconds=100.0)
    assert outcomes(found) == {"test_waits": "passed"}
    assert (found.whole, found.timed_out, found.exit_code) == (False, False, -9)


APART = """import os, pytest, subprocess, time
seen = []
@pytest.fixture(scope="session")
def shared():
    yield len(seen)
    seen.append("end")
def test_first():
    seen.append(1)
def test_needs_the_first():
    assert seen
def test_shares(shared):
    seen.append(2)
def test_shares_too(shared):
    assert shared == 0
@pytest.mark.skip
def test_skips(): pass
"""


def test_apart_no_test_is_helped_by_another(run):
    together = outcomes(run(APART))
    assert (together["test_needs_the_first"], together["test_shares_too"]) == ("passed", "failed")
    apart = run(APART, fork_each=True)
    assert outcomes(apart) == {
        "test_first": "passed", "test_needs_the_first": "failed", "test_shares": "passed", "test_shares_too": "passed",
        "test_skips": "skipped",
    }  # fmt: skip
    assert apart.whole
    assert "assert []" in apart.results["tests/test_it.py::test_needs_the_first"].why


def test_apart_a_test_may_kill_its_process_hang_or_leave_others_behind(run):
    text = (
        "import os, subprocess, time\n"
        "def test_dies(): os._exit(0)\n"
        "def test_hangs(): time.sleep(60)\n"
        "def test_leaves(): subprocess.Popen(['sleep', '60'])\n"
        "def test_forks():\n    if not os.fork(): time.sleep(60)\n"
        "def test_fine(): pass\n"
    )
    found = run(text, fork_each=True, each=2.0)
    assert outcomes(found) == {
        "test_dies": "error", "test_hangs": "timeout", "test_leaves": "passed", "test_forks": "passed",
        "test_fine": "passed",
    }  # fmt: skip
    assert found.whole
    assert found.seconds < 30


def test_what_a_test_executes_is_told_with_what_its_fixtures_executed(run):
    found = run(
        "import pytest\nfrom pkg import lib\n"
        "@pytest.fixture(scope='module')\ndef shared():\n    return lib.plain()\n"
        "def test_first(shared): pass\n"
        "def test_second(shared): pass\n"
        "def test_property(): assert lib.Thing().value == 1\n"
        "def test_nothing(): pass\n",
        fork_each=True,
        trace=True,
    )
    of_library = {
        test.rpartition("::")[2]: sorted(line for file, line in places if file == "pkg/lib.py")
        for test, places in found.covers.items()
    }
    assert of_library == {
        "": [5, 6], "test_first": [1], "test_second": [1], "test_property": [1, 12], "test_nothing": []
    }  # fmt: skip


def test_a_test_that_takes_too_long_is_one_that_failed(run):
    found = run(
        "import time\n"
        "def test_sleeps():\n    time.sleep(60)\n"
        "def test_swallows():\n    while True:\n        try:\n            time.sleep(60)\n"
        "        except BaseException as error:\n            if swallowed: raise\n            swallowed.append(error)\n"
        "swallowed = []\n"
        "def test_computes():\n    while True: pass\n"
        "def test_is_quick(): pass\n",
        each=1.0,
    )
    assert outcomes(found) == {
        "test_sleeps": "timeout", "test_swallows": "timeout", "test_computes": "timeout", "test_is_quick": "passed"
    }  # fmt: skip
    assert found.whole


def test_a_run_that_does_not_end_is_ended(run):
    found = run(
        "import time\ndef test_a(): pass\n"
        "def test_b():\n    while True:\n        try: time.sleep(60)\n        except BaseException: pass\n",
        each=30.0,
        seconds=3.0,
    )
    assert outcomes(found) == {"test_a": "passed"}
    assert (found.timed_out, found.whole) == (True, False)


@pytest.mark.parametrize(
    "end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.kill(os.getppid(), 9)", "os.kill(-1, 9)", "os.abort()"]
)
def test_a_run_that_ends_early_is_not_whole(run, end):
    found = run(f"import os\ndef test_a(): pass\ndef test_b(): {end}\ndef test_c(): pass\n")
    assert "test_c" not in outcomes(found) or found.exit_code is None
    assert not found.whole


def test_gigabytes_of_output_do_not_matter(run):
    found = run(
        "import os\ndef test_floods():\n    for _ in range(200): os.write(2, b'x' * (1 << 20))\n", options=("-s",)
    )
    assert outcomes(found) == {"test_floods": "passed"}
    assert found.whole
    assert len(found.log) < 10_000


def test_children_and_threads_that_stay_keep_nothing_from_ending(run):
    found = run(
        "import os, threading, time\n"
        "def test_forks():\n    if os.fork() == 0:\n        time.sleep(600)\n"
        "def test_threads():\n    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
        "def test_a_child_goes_on():\n    os.fork()\n",
        seconds=60.0,
    )
    assert outcomes(found) == dict.fromkeys(("test_forks", "test_threads", "test_a_child_goes_on"), "passed")
    assert found.whole
    assert found.seconds < 30


def test_nothing_of_the_job_is_left_for_the_tests_to_read(run):
    found = run(
        "import os, sys\n"
        "def test_it():\n"
        "    assert not os.path.exists('/sandbox/job/driver.zip')\n"
        "    assert not [name for name in sys.modules if name.split('.')[0] == 'hgen_driver']\n"
        "    assert not [entry for entry in sys.path if 'job' in entry]\n"
    )
    assert outcomes(found) == {"test_it": "passed"}


FORGED = """import os, pytest
def tell(line):
    for number in range(3, 64):
        try:
            os.write(number, line)
        except OSError:
            pass
def test_it():
    tell(b'C 0 1 000000000000000000000000 {"k":"test","id":"tests/test_it.py::test_b","o":"passed","s":0}\\n')
"""


def test_a_line_that_the_driver_did_not_write_is_noticed(run):
    found = run(FORGED)
    assert found.forged
    assert not found.whole
    assert outcomes(found) == {"test_it": "passed"}


def test_a_report_is_read_with_its_own_key_only(testbed):
    drive = Drive((Job(), Job()))
    files = {"tests/test_it.py": b"def test_it(): pass\n"}
    with testbed.start(StartState(files, job=drive.files)) as sandbox:
        done = sandbox.exec(
            ["/opt/venv/bin/python", "-c", "import sys; sys.path[0] = '/sandbox/job/driver.zip'\n"
             "from hgen_driver.main import main; main()"], timeout=60
        )  # fmt: skip
    assert all(run.whole and run.passed for run in read_report(done.stdout, drive.key, 2))
    lines = done.stdout.split(b"\n")
    for changed in (
        [lines[0].replace(b'"k"', b'"K"'), *lines[1:]],
        lines[1:],
        [lines[0], lines[0], *lines[1:]],
        [line.replace(b"C 0", b"C 1") for line in lines],
        [line.replace(b"passed", b"failed") for line in lines],
        [lines[1], lines[0], *lines[2:]],
        [*lines, b"P 0 0 {}"],
    ):
        assert all(run.forged for run in read_report(b"\n".join(changed), drive.key, 2))
    assert all(run.forged for run in read_report(done.stdout, os.urandom(32), 2))
    assert not any(run.whole for run in read_report(b"\n".join(lines[:-3]), drive.key, 2)[1:])


def test_files_of_a_run_lie_in_the_tree_during_that_run_only(testbed):
    text = "from pathlib import Path\nfrom pkg import lib\ndef test_it(): assert lib.plain() == Path('new').exists()\n"
    files = {"tests/test_it.py": text.encode(), "pkg/lib.py": LIBRARY, "new": b"old"}
    changed = {"pkg/lib.py": LIBRARY.replace(b"return 1", b"return 2")}
    jobs = [Job(path=(".",)), Job(path=(".",), files=changed), Job(path=(".",), files={"a/b": b"x"}), Job(path=(".",))]
    drive = Drive((Job(path=(".",)),))
    with testbed.start(StartState(files, job=drive.files)) as sandbox:
        runs = (*drive.run(sandbox), *run_jobs(sandbox, jobs))
        assert sandbox.diff() == b""
    assert [[result.outcome for result in run.results.values()] for run in runs] == [
        ["passed"], ["passed"], ["failed"], ["passed"], ["passed"]
    ]  # fmt: skip


def test_a_large_suite_with_all_that_it_executes_can_be_reported(run):
    library = "".join(f"def f{number}(): pass\n" for number in range(300))
    text = f"import pytest\n{library}\nALL = [globals()[f'f{{n}}'] for n in range(300)]\n" + (
        "@pytest.mark.parametrize('number', range(5000))\n"
        "def test_it(number):\n    for f in ALL[number % 7 :: 1 + number % 3]: f()\n"
    )
    found = run(text, fork_each=True, trace=True, seconds=300.0)
    assert found.whole
    assert len(found.passed) == 5000
    assert len(found.covers["tests/test_it.py::test_it[2]"]) == 101


def test_a_suite_that_cannot_be_collected_says_why(run):
    found = run("import nothing_of_that_name\n")
    assert "No module named 'nothing_of_that_name'" in found.broken["tests/test_it.py"]
    assert found.whole
    assert not found.results
