"""One run of pytest: which tests, in which order, and what is reported of each."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from hashlib import blake2b
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from .canaries import plant
from .fork_each import ForkEach
from .guard import Guard
from .reporter import speaker
from .tracer import Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Line = dict[str, Any]
    Say = Callable[[Line], None]

_WHY = 300
"""Characters of a failure's text that are reported."""

_TAME = {"xdist": ("-n", "0"), "pytest_cov": ("--no-cov",), "pytest_randomly": ("-p", "no:randomly")}
"""Options for plugins that would divide, measure or shuffle the tests by themselves, if they are installed."""


def run(number: int, job: dict[str, Any], key: bytes, descriptor: int) -> int:
    """Run the tests of a job, reporting on the descriptor; returns pytest's exit status."""
    say = speaker(number, key, descriptor)
    del key
    # Said before any code of the repository runs: a run that ends without a word is the machine's fault.
    say({"k": "begin"})
    tree = os.getcwd()
    sys.path[:0] = [os.path.normpath(os.path.join(tree, folder)) for folder in job["path"]]
    guard = Guard(tree, job["watched"], job["hidden"], say) if job["guard"] else None
    reporter = Reporter(job, tree, say, guard)
    for name in list(sys.modules):
        if name == __package__ or name.startswith(__package__ + "."):
            del sys.modules[name]
    if guard:
        guard.begin(reporter)
    plugins = [reporter, ForkEach(reporter)] if job["fork_each"] else [reporter]
    status = int(pytest.main(_arguments(job, tree), plugins=plugins))
    reporter.finish(status)
    return status


def _arguments(job: dict[str, Any], tree: str) -> list[str]:
    # Of a failure only its last words are told; for pytest's own styles, it would parse the whole file each time.
    arguments = ["-q", "--no-header", "--tb=native", f"--rootdir={tree}", "-p", "no:cacheprovider"]
    # A file that cannot be imported says nothing of the tests in others.
    arguments.append("--continue-on-collection-errors")
    for module, options in _TAME.items():
        if find_spec(module):
            arguments += options
    if job["mode"] == "collect":
        arguments.append("--collect-only")
    arguments += job["options"]
    if job["tests"] is not None:
        # Whole files: a test is then chosen by its exact id, whatever characters that has.
        arguments += sorted({test.partition("::")[0] for test in job["tests"]})
    return arguments


class TimedOut(BaseException):
    """A test had all the time that it gets."""


class Reporter:
    """The plugin that chooses the tests, sets their limits and reports them."""

    def __init__(self, job: dict[str, Any], tree: str, say: Say, guard: Guard | None) -> None:
        self._job = job
        self._wanted = frozenset(job["tests"] or ())
        self._say = say
        self._guard = guard
        self._tracer = Tracer(tree) if job["trace"] else None
        # What has been said of functions: how many of them have a number, and which ones the last test executed.
        self._numbered = 0
        self._covered: set[int] = set()
        self._phases: dict[str, Any] = {}
        self._raised: dict[str, bool] = {}
        self.limit = _Limit(job["each"])
        if self._tracer:
            self._tracer.begin()

    def finish(self, status: int) -> None:
        """The last words of a run that came to its end."""
        self._between()
        self._say({"k": "end", "status": status})

    def pytest_load_initial_conftests(self) -> None:
        # After those of the plugins that ask to be first, before the repository's code is imported.
        if self._guard:
            self._guard.accept()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        self._between()
        if self._job["tests"] is not None:
            chosen = [item for item in items if self._wants(item.nodeid)]
            if left_out := [item for item in items if not self._wants(item.nodeid)]:
                config.hook.pytest_deselected(items=left_out)
            items[:] = chosen
        if self._job["shuffle"] is not None:
            items.sort(key=_shuffled(self._job["shuffle"]))
        if self._job["mode"] == "collect":
            self._say({"k": "collected", "ids": [item.nodeid for item in items]})
        elif self._job["canaries"]:
            self._say({"k": "canaries", "ids": plant(items, self._job["canaries"])})
        if self._guard:
            self._guard.check()

    def _wants(self, test: str) -> bool:
        wanted, without = self._wanted, self._job["without"]
        return (test in wanted or test.partition("::")[0] in wanted) and test.partition("[")[0] not in without

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.outcome != "passed":
            self._say({"k": "broken", "id": report.nodeid, "o": report.outcome, "why": _why(report)})

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._phases = {}
        self._raised = {}
        self._between()
        if self._job["fork_each"]:
            # Its own process has the limit, and writes the lines.
            yield
        else:
            with self.limit:
                yield
            self._say(self._line(item))

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        self.limit.inside = True
        outcome = yield
        self.limit.inside = False
        self._raised["setup"] = bool(outcome.excinfo)  # type: ignore[attr-defined]

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        self.limit.inside = True
        outcome = yield
        self.limit.inside = False
        self._raised["call"] = bool(outcome.excinfo)  # type: ignore[attr-defined]
        if self._guard:
            # While what a test has called may still have replaced something to escape from the failure.
            self._guard.check()

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        self.limit.inside = True
        outcome = yield
        self.limit.inside = False
        self._raised["teardown"] = bool(outcome.excinfo)  # type: ignore[attr-defined]

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call: Any) -> Iterator[None]:
        outcome = yield
        report = outcome.get_result()  # type: ignore[attr-defined]
        timed_out = call.excinfo is not None and call.excinfo.errisinstance(TimedOut)
        before = self._phases.get(report.when)
        if before is None or not before[0].failed:
            # Some plugins report parts of a test under its name, and the whole as passed.
            self._phases[report.when] = (report, timed_out)

    def pytest_sessionfinish(self) -> None:
        if self._guard:
            self._guard.check(last=True)

    def lines(self, item: pytest.Item) -> list[Line]:
        """What is to be said of a test that has just run, in a process of its own."""
        return [self._line(item), *self._executed(item.nodeid)]

    def say(self, line: Line) -> None:
        """Say a line, whichever process it comes from."""
        if line["k"] == "functions" and self._tracer:
            self._tracer.learn([(file, first) for file, first in line["new"]])
            self._numbered += len(line["new"])
        elif line["k"] == "covers":
            self._covered.symmetric_difference_update(line["toggled"])
        self._say(line)

    def _line(self, item: pytest.Item) -> Line:
        outcome, why = _outcome(self._phases, self._raised)
        seconds = sum(report.duration for report, _ in self._phases.values())
        line: Line = {"k": "test", "id": item.nodeid, "o": outcome, "s": round(seconds, 4)}
        return {**line, "why": why} if why else line

    def _between(self) -> None:
        """What has run since the last test belongs to none."""
        for line in self._executed(""):
            self.say(line)
        if self._tracer:
            self._tracer.begin()

    def _executed(self, test: str) -> Iterator[Line]:
        if self._tracer is None:
            return
        found = self._tracer.since()
        if new := self._tracer.functions(self._numbered):
            yield {"k": "functions", "new": new}
        if test or found:
            # Tests that follow each other execute much the same: only what changed is said.
            yield {"k": "covers", "id": test, "toggled": sorted(found ^ self._covered)}


def _outcome(phases: dict[str, Any], raised: dict[str, bool]) -> tuple[str, str]:
    """A test's outcome and, unless it passed, why; a report must agree with what was seen when the phase was over."""
    for when in ("setup", "call", "teardown"):
        if when not in phases:
            return "error", f"no report of its {when}"
        report, timed_out = phases[when]
        if timed_out:
            return "timeout", _why(report)
        if hasattr(report, "wasxfail"):
            return ("xfailed" if report.outcome == "skipped" else "xpassed"), ""
        if report.outcome != "passed":
            failed = "failed" if when == "call" else "error"
            return (failed if report.outcome == "failed" else "skipped"), _why(report)
        if raised.get(when, True):
            return "error", f"its {when} raised, and was reported as passed"
    return "passed", ""


def _why(report: Any) -> str:
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[-1])[-_WHY:]
    return str(report.longrepr)[-_WHY:]


def _shuffled(seed: int) -> Callable[[pytest.Item], tuple[bytes, str, bytes]]:
    """An order of files, and of the tests within each, that depends on nothing but the seed and their names."""

    def place(item: pytest.Item) -> tuple[bytes, str, bytes]:
        file = item.nodeid.partition("::")[0]
        return _hash(seed, file), file, _hash(seed, item.nodeid)

    return place


def _hash(seed: int, name: str) -> bytes:
    return blake2b(f"{seed} {name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()


class _Limit:
    """A time limit: raises ``TimedOut`` in the test again and again and, if that does not help, ends the process.

    Without a thread that the tests would see. In pytest itself nothing is raised: it would end the whole run.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.inside = False
        """Whether code of the test runs."""

    def __enter__(self) -> None:
        signal.signal(signal.SIGALRM, self._raise)
        signal.setitimer(signal.ITIMER_REAL, self._seconds, 1.0)
        faulthandler.dump_traceback_later(self._seconds * 1.5 + 2, exit=True, file=2)

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()

    def _raise(self, number: int, frame: object) -> None:
        if self.inside:
            raise TimedOut
