"""What a run of tests said: reports that only the driver can have written, read and checked.

The driver is ``hgen.testbed.driver``; its module ``main`` says what the lines look like. Outcomes are ``passed``,
``failed``, ``error``, ``skipped``, ``xfailed``, ``xpassed`` and ``timeout``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from hmac import compare_digest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAC = 12


@dataclass(frozen=True)
class TestResult:
    """One test's outcome."""

    __test__ = False

    outcome: str
    seconds: float
    why: str
    """The end of the failure's text; empty if it passed."""


@dataclass(frozen=True)
class TestRun:
    """What one run of pytest did."""

    __test__ = False

    results: dict[str, TestResult]
    """By node id, canaries left out."""
    collected: tuple[str, ...]
    """The node ids found, in a run that only collects."""
    broken: dict[str, str]
    """Files or folders that could not be collected, and the end of why."""
    covers: dict[str, frozenset[tuple[str, int]]]
    """By node id the functions executed, as file and first line, decorators included; by ``""`` those of no test."""
    audit: tuple[tuple[str, str], ...]
    """What the guard noted: events and details."""
    canaries: dict[str, str]
    """Tests that must fail, with their outcomes; ``missing`` if there was none."""
    status: int | None
    """pytest's exit status; None if it did not come to its end."""
    exit_code: int | None
    """How the process ended, negative for a signal; None if even the driver's own process is gone."""
    timed_out: bool
    seconds: float
    forged: str
    """What was wrong with the report; empty if every line was the driver's own."""
    log: str
    """The tail of what the run printed."""

    @property
    def whole(self) -> bool:
        """Whether the run came to its end, and every line of its report is the driver's own."""
        return self.status is not None and self.exit_code is not None and not self.forged

    @property
    def passed(self) -> frozenset[str]:
        """The tests that passed."""
        return frozenset(test for test, result in self.results.items() if result.outcome == "passed")

    @property
    def skipped_or_xfailed(self) -> frozenset[str]:
        """The tests that were skipped, or failed as they said that they would."""
        return frozenset(test for test, result in self.results.items() if result.outcome in ("skipped", "xfailed"))

    @property
    def distrust(self) -> str:
        """What shows that the outcomes cannot be believed; empty if nothing does."""
        if self.forged:
            return self.forged
        believed = [canary for canary, outcome in self.canaries.items() if outcome in ("passed", "xpassed")]
        return f"a test that must fail passed: {believed[0]}" if believed else ""


def read_report(stdout: bytes, key: bytes, runs: int) -> tuple[TestRun, ...]:
    """The runs that a driver reported, in order; for one that was never begun everything is empty."""
    readers = {b"%d" % number: _Reader(run_key(key, number)) for number in range(runs)}
    stray = ""
    for line in stdout.split(b"\n"):
        if line:
            stray = _take(line, key, readers) or stray
    return tuple(reader.run(stray) for reader in readers.values())


def run_key(key: bytes, number: int) -> bytes:
    """The key of one run; see ``hgen.testbed.driver.main``."""
    return blake2b(b"run %d" % number, key=key, digest_size=32).digest()


def _take(line: bytes, key: bytes, readers: Mapping[bytes, _Reader]) -> str:
    """Hand a line to the run that it is about; returns what is wrong with it."""
    kind, _, rest = line.partition(b" ")
    number, _, rest = rest.partition(b" ")
    if kind in (b"P", b"C") and number in readers:
        reader = readers[number]
        if kind == b"P":
            mac, _, content = rest.partition(b" ")
            if compare_digest(mac, _mac(b"P %s %s" % (number, content), key)):
                reader.ended = json.loads(content)
                return ""
        else:
            sequence, _, rest = rest.partition(b" ")
            mac, _, content = rest.partition(b" ")
            signed = _mac(b"C %s %s %s" % (number, sequence, content), reader.key)
            if compare_digest(mac, signed) and sequence == b"%d" % len(reader.lines):
                reader.lines.append(content)
                return ""
    return f"a line that is not the driver's: {line[:80].decode('ascii', 'replace')}"


def _mac(signed: bytes, key: bytes) -> bytes:
    return blake2b(signed, key=key, digest_size=MAC).hexdigest().encode()


@dataclass
class _Reader:
    key: bytes
    lines: list[bytes] = field(default_factory=list)
    ended: dict[str, object] = field(default_factory=dict)

    def run(self, stray: str) -> TestRun:
        """What the run did, ``stray`` being what is wrong with the report."""
        try:
            return self._read(stray)
        except (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
            # Whoever has got hold of a run's key can sign anything.
            return replace(self, lines=[])._read("a signed line that the driver cannot have written")

    def _read(self, stray: str) -> TestRun:
        results: dict[str, TestResult] = {}
        collected: tuple[str, ...] = ()
        broken: dict[str, str] = {}
        audit: list[tuple[str, str]] = []
        canaries: dict[str, str] = {}
        status: int | None = None
        functions: list[tuple[str, int]] = []
        covers: dict[str, frozenset[tuple[str, int]]] = {}
        covered: set[int] = set()
        for content in self.lines:
            line = json.loads(content)
            kind = line["k"]
            name = str(line.get("id", ""))
            if kind == "test":
                result = TestResult(str(line["o"]), float(str(line["s"])), str(line.get("why", "")))
                if name in canaries:
                    canaries[name] = result.outcome
                else:
                    results[name] = result
            elif kind == "collected":
                collected = tuple(_strings(line["ids"]))
            elif kind == "canaries":
                canaries = dict.fromkeys(_strings(line["ids"]), "missing")
            elif kind == "broken":
                broken[name] = f"{line['o']}: {line['why']}"
            elif kind == "functions":
                functions += [(str(file), int(first)) for file, first in _list(line["new"])]
            elif kind == "covers":
                covered ^= set(map(int, _list(line["toggled"])))
                places = frozenset(functions[number] for number in covered)
                covers[name] = covers.get(name, frozenset()) | places
            elif kind == "audit":
                audit.append((str(line["event"]), str(line["detail"])))
            elif kind == "end":
                status = int(str(line["status"]))
        return TestRun(
            results=results,
            collected=collected,
            broken=broken,
            covers=covers,
            audit=tuple(audit),
            canaries=canaries,
            status=status,
            exit_code=int(str(self.ended["code"])) if self.ended else None,
            timed_out=bool(self.ended.get("timeout")),
            seconds=float(str(self.ended.get("seconds", 0.0))),
            forged=stray,
            log=str(self.ended.get("log", "")),
        )


def _list(value: object) -> list:  # type: ignore[type-arg]
    assert isinstance(value, list)
    return value


def _strings(value: object) -> list[str]:
    return [str(text) for text in _list(value)]
