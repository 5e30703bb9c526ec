"""The executable families: which runs of tests judge a prediction, and the verdict on what they said.

A plan says what lies in the tree and what is run; whoever runs it, in whatever container, gives the runs back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hgen.scoring.definitions import places
from hgen.scoring.diffs import DiffError, Patched
from hgen.scoring.restoring import in_either, library_changes, test_changes, touched
from hgen.scoring.roles import is_library, is_test_module
from hgen.scoring.screening import screen
from hgen.scoring.sources import SourceError, parse_start
from hgen.scoring.verdicts import Reason, Refusal, Score, refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hgen.scoring.testruns import TestRun

FAMILIES = ("func-gen", "test-gen", "verify-repair")

RESOLVED_SHARE = 0.6
"""``test-gen``: the share of mutants that tests must notice to be a full success."""

CANARIES = 2
EACH = 30.0
"""Seconds that a test may take, by far more than one that is offered does."""
SECONDS = 300.0
"""Seconds that a run of tests may take."""


@dataclass(frozen=True)
class Plan:
    """How a prediction is graded."""

    over: str
    """What the tree is laid out from: the ``snapshot``, with all its tests, or the ``start`` state."""
    overlay: dict[str, bytes]
    """What lies over it, by path."""
    runs: tuple[dict[str, Any], ...]
    """One for each run: fields of ``hgen.scoring.driving.Job``."""
    kinds: tuple[str, ...]
    """What each run is for: ``answer``, or ``true``, ``neutral`` and ``mutant`` for written tests."""
    comparisons: dict[str, frozenset[int]] = field(default_factory=dict)
    """Lines of the answer's files at which known methods of comparison begin."""


def plan(
    task: Mapping[str, object],
    patch: object,
    snapshot: Mapping[str, bytes],
    *,
    neutral: Sequence[Mapping[str, bytes]] = (),
) -> Plan:
    """What must be run to judge a prediction; raises ``Refusal`` if that needs no run.

    ``neutral`` are variants of the files of the targets with the same meaning, which written tests must not notice.
    """
    try:
        start = Patched(snapshot, _text(task, "setup_patch"))
        if task.get("family") == "test-gen":
            return _plan_tests(task, patch, start, neutral)
        return _plan_answer(task, patch, snapshot, start)
    except DiffError as error:
        raise Refusal("start-state", str(error)) from None


def tree_of(task: Mapping[str, object], made: Plan, snapshot: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files among which a plan's runs are made."""
    base = snapshot if made.over == "snapshot" else Patched(snapshot, _text(task, "setup_patch"))
    generated = {path: text.encode() for path, text in _environment(task)["generated"].items()}
    return {**generated, **{path: base[path] for path in base}, **made.overlay}


def verdict(task: Mapping[str, object], made: Plan, runs: Sequence[TestRun]) -> Score:
    """The score, given what the plan's runs said."""
    if task.get("family") == "test-gen":
        return _judge_tests(made, runs)
    return _judge_answer(task, made, runs)


def _plan_answer(task: Mapping[str, object], patch: object, snapshot: Mapping[str, bytes], start: Patched) -> Plan:
    candidate = Patched(start, _text(task, "candidate_patch"))
    before = {**touched(snapshot, _text(task, "setup_patch")), **touched(start, _text(task, "candidate_patch"))}
    changed = in_either(patch, candidate, start) if candidate.changed else library_changes(patch, candidate)
    gold = touched(candidate, _text(task, "patch"))
    targets = frozenset(str(target["qualname"]) for target in _rows(task, "targets"))
    comparisons = {}
    for path, content in changed.items():
        known = (start[path], gold.get(path, candidate[path]))
        try:
            comparisons[path] = screen(path, content, known, targets)
        except SourceError as error:
            raise Refusal("start-state", f"{path}: {error}") from None
    overlay = {path: content for path, content in {**before, **changed}.items() if path in snapshot}
    tests = (*_names(task, "FAIL_TO_PASS"), *_names(task, "PASS_TO_PASS"))
    hidden = {test.partition("::")[0] for test in tests} | {path for path in start.changed if not is_library(path)}
    run = {
        **_common(task), "tests": tests, "canaries": CANARIES, "guard": True,
        "watched": tuple(sorted(changed)), "hidden": tuple(sorted(hidden)),
    }  # fmt: skip
    return Plan("snapshot", overlay, (run,), ("answer",), comparisons)


def _plan_tests(
    task: Mapping[str, object], patch: object, start: Patched, neutral: Sequence[Mapping[str, bytes]]
) -> Plan:
    changed = test_changes(patch, start)
    modules = tuple(path for path in changed if is_test_module(path))
    if not modules:
        raise Refusal("no-tests", "no test module is added or changed")
    without = tuple(name for path in modules for name in _unchanged(path, changed[path], start))
    run = {**_common(task), "tests": modules, "without": without}
    mutants = [touched(start, mutant) for mutant in _names(task, "mutants")]
    kinds = ["true", "true", "true", *["neutral"] * len(neutral), *["mutant"] * len(mutants)]
    files: list[Mapping[str, bytes]] = [{}, {}, {}, *neutral, *mutants]
    runs = tuple({**run, "files": dict(variant)} for variant in files)
    runs[1]["shuffle"] = 1
    return Plan("start", changed, runs, tuple(kinds))


def _judge_answer(task: Mapping[str, object], made: Plan, runs: Sequence[TestRun]) -> Score:
    (run,) = runs
    wanted, kept = _names(task, "FAIL_TO_PASS"), _names(task, "PASS_TO_PASS")
    reason = _distrust(made, run)
    if reason is not None:
        return refused(reason)
    passed = run.passed
    hits = sum(test in passed for test in wanted)
    failed = [test for test in (*wanted, *kept) if test not in passed]
    recall = hits / len(wanted) if wanted else 0.0
    if not failed:
        return Score(1.0, True, 1.0, recall, 1.0, ())
    if run.whole:
        codes = Reason("tests-fail", f"{len(failed)} of {len(wanted) + len(kept)}: {failed[0]}")
    else:
        codes = Reason("timed-out" if run.timed_out else "ended-early", f"no result of {failed[0]}")
    return Score(0.0, False, 0.0, recall, 0.0, (codes,))


def _distrust(made: Plan, run: TestRun) -> Reason | None:
    """Why the outcomes of a run that an answer had a part in are not believed."""
    if run.lies:
        return Reason("forged-report", run.lies)
    for event, detail in run.audit:
        if event == "replaced":
            return Reason("runner-replaced", detail)
        if event != "equality":
            return Reason("tests-read", f"{event} {detail}".strip())
        path, _, place = detail.partition(":")
        line, _, name = place.partition(":")
        if line not in map(str, made.comparisons.get(path, frozenset())):
            return Reason("suspicious-code", f"{path}: {name}")
    if run.whole and (not run.canaries or "missing" in run.canaries.values()):
        return Reason("forged-report", "a test that must fail was not run")
    return None


def _judge_tests(made: Plan, runs: Sequence[TestRun]) -> Score:
    by_kind = {kind: [run for run, of in zip(runs, made.kinds) if of == kind] for kind in set(made.kinds)}
    for run in runs:
        if run.forged:
            return refused(Reason("forged-report", run.forged))
    written = _judges(by_kind["true"][0])
    for kind, code in (("true", "wrong-on-true-code"), ("neutral", "judges-the-text")):
        for run in by_kind.get(kind, ()):
            if not run.whole:
                return refused(Reason("timed-out" if run.timed_out else "ended-early", f"a run on {kind} code"))
            if run.broken:
                return refused(Reason(code, f"cannot be collected: {sorted(run.broken)[0]}"))
            judges = _judges(run)
            failed = sorted(judges - run.passed | judges ^ written)
            if failed:
                return refused(Reason(code, f"{len(failed)} of {len(written)}: {failed[0]}"))
    if not written:
        return refused(Reason("no-tests", "the files added or changed have no test that is not skipped"))
    mutants = by_kind.get("mutant", [])
    killed = sum(not run.broken and not written - run.idle <= run.passed for run in mutants)
    share = killed / len(mutants) if mutants else 0.0
    reasons = () if killed == len(mutants) else (Reason("mutants-live", f"{len(mutants) - killed} of {len(mutants)}"),)
    return Score(round(share, 6), bool(mutants) and share >= RESOLVED_SHARE, 1.0, share, share, reasons)


def _judges(run: TestRun) -> frozenset[str]:
    """The tests that say something of the code."""
    return frozenset(run.results) - run.idle


def _unchanged(path: str, content: bytes, start: Mapping[str, bytes]) -> list[str]:
    """Test functions that stood in the file already, as node ids without parameters."""
    if path not in start:
        return []
    try:
        before, after = parse_start(start[path]), parse_start(content)
    except SourceError:
        return []
    texts = {
        place.qualname: before.span(place.node.lineno, place.node.end_lineno or 0) for place in places(before.body)
    }
    return [
        f"{path}::{place.qualname.replace('.', '::')}"
        for place in places(after.body)
        if texts.get(place.qualname) == after.span(place.node.lineno, place.node.end_lineno or 0)
        and not hasattr(place.node, "bases")
    ]


def _environment(task: Mapping[str, object]) -> dict[str, Any]:
    environment = task.get("environment")
    if not isinstance(environment, dict):
        raise Refusal("bad-task", "the task has no environment")
    return environment


def _common(task: Mapping[str, object]) -> dict[str, Any]:
    environment = _environment(task)
    return {
        "path": tuple(environment["path"]), "options": tuple(environment["options"]), "each": EACH, "seconds": SECONDS
    }  # fmt: skip


def _text(task: Mapping[str, object], key: str) -> str:
    value = task.get(key) or ""
    if not isinstance(value, str):
        raise Refusal("bad-task", f"{key} is no text")
    return value


def _names(task: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = task.get(key) or ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise Refusal("bad-task", f"{key} is no list of texts")
    return tuple(value)


def _rows(task: Mapping[str, object], key: str) -> list[dict[str, object]]:
    value = task.get(key)
    if not isinstance(value, (list, tuple)) or not all(isinstance(row, dict) and "qualname" in row for row in value):
        raise Refusal("bad-task", f"{key} is no list of symbols")
    return list(value)
