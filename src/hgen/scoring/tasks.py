"""What scoring reads of a task's JSON row, parsed once, where the row comes in."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from hgen.scoring.python.definitions import find
from hgen.scoring.python.sources import SourceError, parse_start
from hgen.scoring.truth import NOTHING, Known
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hgen.scoring.python.values import Place

GRADED_BY = {
    "docstrings": "each target gains a docstring, and nothing else changes; nothing is run",
    "markers": "each target is marked by a comment that names the subject, and nothing else changes; nothing is run",
    "comments": "targets are commented, and code does not change; nothing is run",
    "family": "a scorer of the family's own, which does not travel; nothing is run",
    "tests": "hidden tests judge the answer's code",
    "mutants": "mutants judge the tests that the answer adds",
}
"""The closed vocabulary of a task row's ``graded_by``, with what each word means."""

BY_RUNNING = frozenset({"tests", "mutants"})
"""The words of ``GRADED_BY`` for answers that are judged by running tests."""

_BEFORE_THE_COLUMN = {
    "func-localize": "docstrings",
    "dep-search": "markers",
    "issue-localize": "comments",
    "func-gen": "tests",
    "verify-repair": "tests",
    "test-gen": "mutants",
}
"""How rows without ``graded_by`` are graded, as hgen 0.1 wrote them, by the names of its families.

``issue-localize`` had a scorer and cheats by then, as it has now; the family that makes such tasks is still to come.
"""


@dataclass(frozen=True)
class SymbolRef:
    """A symbol of the start state, as a task names it; ``def_line`` is 1-based."""

    file: str
    qualname: str
    kind: str
    def_line: int

    @property
    def place(self) -> tuple[str, str]:
        """Its file and qualified name."""
        return self.file, self.qualname

    def __str__(self) -> str:
        """As shown in a reason's detail."""
        return f"{self.file}:{self.qualname}"


@dataclass(frozen=True)
class StaticTask:
    """A task whose answer is judged by its syntax trees."""

    graded_by: str
    """A key of ``hgen.scoring.SCORERS``, or ``family``."""
    targets: tuple[SymbolRef, ...]
    """At least one."""
    subject: SymbolRef | None
    """The symbol that the question is about, where the answer is about others."""
    known: Known = NOTHING
    """What docstrings are measured by, where they are judged."""

    @classmethod
    def of(cls, row: Mapping[str, object]) -> StaticTask:
        """Parse a task's row; raises ``Refusal("bad-task")``."""
        how = graded_by(row)
        known = Known.of_row(row) if how == "docstrings" else NOTHING
        return cls(how, targets_of(row), _symbol_or_none(row.get("subject")), known)

    def row(self) -> dict[str, object]:
        """The part of the task's row that this is."""
        return {
            "graded_by": self.graded_by,
            "targets": [asdict(target) for target in self.targets],
            "subject": asdict(self.subject) if self.subject else None,
            **({"known": self.known.row()} if self.graded_by == "docstrings" else {}),
        }


def graded_by(row: Mapping[str, object]) -> str:
    """What judges answers to a task, a key of ``GRADED_BY``; raises ``Refusal("bad-task")`` if the row does not say."""
    word = row.get("graded_by")
    if word is None:
        word = _BEFORE_THE_COLUMN.get(str(row.get("family")))
    if not isinstance(word, str) or word not in GRADED_BY:
        raise Refusal("bad-task", f"no known way to grade it: graded_by is {row.get('graded_by')!r}")
    return word


def targets_of(row: Mapping[str, object]) -> tuple[SymbolRef, ...]:
    """A row's targets, at least one; raises ``Refusal("bad-task")`` for a row that has none."""
    rows = row.get("targets")
    if not isinstance(rows, (list, tuple)) or not rows:
        raise Refusal("bad-task", "the task has no targets")
    return tuple(map(_symbol, rows))


def subject_of(task: StaticTask) -> SymbolRef:
    """The symbol that the question is about; raises ``Refusal("bad-task")`` if the task names none."""
    if task.subject is None:
        raise Refusal("bad-task", "the task has no subject")
    return task.subject


def located(targets: tuple[SymbolRef, ...], path: str, before: bytes) -> dict[tuple[int, ...], SymbolRef]:
    """The targets of one file by their places in its start state; raises ``Refusal`` if one is not there."""
    return {place.path: target for target, place in _places(targets, path, before)}


def def_lines(targets: tuple[SymbolRef, ...], path: str, before: bytes) -> dict[int, SymbolRef]:
    """The targets of one file by their ``def`` lines in its start state, wherever the task says they are."""
    return {place.node.lineno: target for target, place in _places(targets, path, before)}


def place_of(target: SymbolRef, content: bytes) -> Place:
    """Where a target is defined in its file's start state; raises ``Refusal("start-state")`` if it is not."""
    try:
        place = find(parse_start(content), target.qualname, target.kind, target.def_line)
    except SourceError as error:
        raise Refusal("start-state", f"{target.file}: {error}") from None
    if place is None:
        raise Refusal("start-state", f"{target} is not defined there")
    return place


def require_targets(task: StaticTask, files: Mapping[str, bytes]) -> None:
    """Raise ``Refusal("start-state")`` unless the start state has all targets: no answer could be right without one."""
    for target in task.targets:
        if target.file not in files:
            raise Refusal("start-state", f"{target.file} is not there")
        place_of(target, files[target.file])


def _places(targets: tuple[SymbolRef, ...], path: str, before: bytes) -> list[tuple[SymbolRef, Place]]:
    return [(target, place_of(target, before)) for target in targets if target.file == path]


def _symbol_or_none(row: object) -> SymbolRef | None:
    return None if row is None else _symbol(row)


def _symbol(row: object) -> SymbolRef:
    if not isinstance(row, dict):
        raise Refusal("bad-task", f"{type(row).__name__} where a symbol should be")
    try:
        symbol = SymbolRef(row["file"], row["qualname"], row["kind"], row["def_line"])
    except KeyError as error:
        raise Refusal("bad-task", f"a symbol without {error}") from None
    if not all(isinstance(part, str) for part in (symbol.file, symbol.qualname, symbol.kind)) or not isinstance(
        symbol.def_line, int
    ):
        raise Refusal("bad-task", f"a symbol that is none: {row}")
    return symbol
