"""Grade predictions of the executable families in fresh sandboxes."""

import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from hgen.errors import Skip
from hgen.records import Environment
from hgen.sandbox.base import Sandboxes
from hgen.sandbox.layout import StartState
from hgen.scoring.definitions import find, first_line, last_line
from hgen.scoring.diffs import Edit, Patched, edited
from hgen.scoring.executable import Plan, plan, verdict
from hgen.scoring.sources import SourceError, parse_start
from hgen.scoring.tasks import Target, targets_of
from hgen.scoring.verdicts import Refusal, Score, refused
from hgen.snapshots import Snapshot
from hgen.testbed.functions import Function
from hgen.testbed.neutral import neutral
from hgen.testbed.running import Drive, Job

NEUTRAL = 2
"""How many variants of the true code written tests must not notice."""


def grade(task: Mapping[str, Any], prediction: object, snapshot: Snapshot, sandboxes: Sandboxes) -> Score:
    """The score of a prediction, in one fresh sandbox of the task's environment.

    ``task`` is the task's JSON row. Raises ``SandboxError`` if the engine is at fault: then there is no verdict.
    """
    try:
        made = planned(task, prediction, snapshot)
    except Refusal as refusal:
        return refused(refusal.reason)
    # In no order that written tests could foresee: they must not tell a mutant by how often they have been run.
    order = random.SystemRandom().sample(range(len(made.runs)), len(made.runs))
    drive = Drive(tuple(Job(**made.runs[place]) for place in order))
    with sandboxes.start(state_of(task, made, snapshot, drive)) as sandbox:
        runs = dict(zip(order, drive.run(sandbox), strict=True))
    return verdict(task, made, [runs[place] for place in range(len(runs))])


def planned(task: Mapping[str, Any], prediction: object, snapshot: Snapshot) -> Plan:
    """How a prediction is graded; raises ``Refusal`` if that needs no run."""
    return plan(task, prediction, snapshot, neutral=_neutral(task, snapshot))


def state_of(task: Mapping[str, Any], made: Plan, snapshot: Snapshot, drive: Drive) -> StartState:
    """The tree in which a plan's runs are made, and what drives them."""
    base: Mapping[str, bytes] = snapshot if made.over == "snapshot" else Patched(snapshot, task["setup_patch"])
    generated = {path: text.encode() for path, text in _environment(task).generated.items()}
    return StartState(
        {**generated, **{path: base[path] for path in base}, **made.overlay},
        frozenset(path for path in snapshot if snapshot.is_executable(path) and path in base),
        snapshot.links,
        drive.files,
    )


def _environment(task: Mapping[str, Any]) -> Environment:
    return Environment.model_validate(task["environment"])


def _neutral(task: Mapping[str, Any], snapshot: Snapshot) -> list[dict[str, bytes]]:
    """For written tests: the targets' files, each time with another function that does the same."""
    if task["family"] != "test-gen":
        return []
    start = Patched(snapshot, task["setup_patch"])
    variants = [
        {target.file: edited(target.file, start[target.file], [edit])}
        for target in targets_of(task)
        for edit in _neutral_edits(start[target.file], target)
    ]
    return variants[:NEUTRAL]


def _neutral_edits(content: bytes, target: Target) -> Iterator[Edit]:
    try:
        source = parse_start(content)
    except SourceError as error:
        raise Refusal("start-state", f"{target}: {error}") from None
    place = find(source, target.qualname, target.kind, target.def_line)
    if place is None:
        raise Refusal("start-state", f"{target} is not defined there")
    with suppress(Skip):
        function = Function(content, first_line=first_line(source, place.node), last_line=last_line(place.node))
        for variant in neutral(function):
            yield variant.edit
