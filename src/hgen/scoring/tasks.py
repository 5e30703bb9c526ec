"""The parts of a task's JSON row that scoring needs, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hgen.scoring.python.definitions import Place, find
from hgen.scoring.python.sources import SourceError, parse_start
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Target:
    """A symbol of the start state."""

    file: str
    qualname: str
    kind: str
    def_line: int

    def __str__(self) -> str:
        """As shown in a reason's detail."""
        return f"{self.file}:{self.qualname}"


def targets_of(task: Mapping[str, object]) -> tuple[Target, ...]:
    """The task's targets, at least one; raises ``Refusal`` for a row that has none."""
    rows = task.get("targets")
    if not isinstance(rows, (list, tuple)) or not rows:
        raise Refusal("bad-task", "the task has no targets")
    return tuple(_target(row) for row in rows)


def subject_of(task: Mapping[str, object]) -> Target:
    """The symbol that the question is about."""
    return _target(task.get("subject"))


def located(targets: tuple[Target, ...], path: str, before: bytes) -> dict[tuple[int, ...], Target]:
    """The targets of one file by their places in its start state; raises ``Refusal`` if one is not there."""
    return {place.path: target for target, place in _places(targets, path, before)}


def def_lines(targets: tuple[Target, ...], path: str, before: bytes) -> dict[int, Target]:
    """The targets of one file by their ``def`` lines in its start state, wherever the task says they are."""
    return {place.node.lineno: target for target, place in _places(targets, path, before)}


def _places(targets: tuple[Target, ...], path: str, before: bytes) -> list[tuple[Target, Place]]:
    found = []
    for target in targets:
        if target.file != path:
            continue
        try:
            place = find(parse_start(before), target.qualname, target.kind, target.def_line)
        except SourceError as error:
            raise Refusal("start-state", f"{path}: {error}") from None
        if place is None:
            raise Refusal("start-state", f"{target} is not defined there")
        found.append((target, place))
    return found


def _target(row: object) -> Target:
    if not isinstance(row, dict):
        raise Refusal("bad-task", f"{type(row).__name__} where a symbol should be")
    try:
        target = Target(row["file"], row["qualname"], row["kind"], row["def_line"])
    except KeyError as error:
        raise Refusal("bad-task", f"a symbol without {error}") from None
    if not all(isinstance(part, str) for part in (target.file, target.qualname, target.kind)) or not isinstance(
        target.def_line, int
    ):
        raise Refusal("bad-task", f"a symbol that is none: {row}")
    return target
