"""A task whose answer is judged by running tests, parsed from its JSON row."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from hgen.scoring.tasks import BY_RUNNING, SymbolRef, graded_by, targets_of
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHARE_BEFORE_THE_COLUMN = 0.6
_TEST_SECONDS_BEFORE_THE_COLUMN = 20.0
_RUN_SECONDS_BEFORE_THE_COLUMN = 300.0
"""What rows of hgen 0.1 mean, which lack these columns."""


@dataclass(frozen=True)
class TestEnvironment:
    """What tests run in; see ``hgen.records.Environment``."""

    __test__ = False

    python: str
    """Its version, such as ``3.11``."""
    wheels: tuple[str, ...]
    """File names of the wheels that are installed."""
    path: tuple[str, ...]
    options: tuple[str, ...]
    generated: Mapping[str, str]
    """Files that building the repository makes, by path."""
    test_seconds: float
    run_seconds: float


@dataclass(frozen=True)
class TestedTask:
    """What grading reads of a task."""

    __test__ = False

    instance_id: str
    graded_by: str
    """``tests`` or ``mutants``."""
    targets: tuple[SymbolRef, ...]
    setup_patch: str
    candidate_patch: str
    patch: str
    """The reference answer."""
    environment: TestEnvironment
    fail_to_pass: tuple[str, ...]
    pass_to_pass: tuple[str, ...]
    mutants: tuple[str, ...]
    resolved_share: float
    """The share of mutants that written tests must notice to be a full success."""

    @classmethod
    def of(cls, row: Mapping[str, object]) -> TestedTask:
        """Parse a task's row; raises ``Refusal("bad-task")``."""
        word = graded_by(row)
        if word not in BY_RUNNING:
            raise Refusal("bad-task", f"the task is graded by {word}, not by running tests")
        share = row.get("resolved_share")
        if share is None:
            share = _SHARE_BEFORE_THE_COLUMN
        if not isinstance(share, (int, float)) or not 0 < share <= 1:
            raise Refusal("bad-task", f"resolved_share is {share!r}")
        return cls(
            instance_id=_text(row, "instance_id"),
            graded_by=word,
            targets=targets_of(row),
            setup_patch=_text(row, "setup_patch"),
            candidate_patch=_text(row, "candidate_patch"),
            patch=_text(row, "patch"),
            environment=_environment(row.get("environment")),
            fail_to_pass=_texts(row, "FAIL_TO_PASS"),
            pass_to_pass=_texts(row, "PASS_TO_PASS"),
            mutants=_texts(row, "mutants"),
            resolved_share=float(share),
        )

    def row(self) -> dict[str, object]:
        """The part of the task's row that this is."""
        environment = asdict(self.environment)
        return {
            "instance_id": self.instance_id,
            "graded_by": self.graded_by,
            "targets": [asdict(target) for target in self.targets],
            "setup_patch": self.setup_patch,
            "candidate_patch": self.candidate_patch,
            "patch": self.patch,
            "environment": {**environment, "wheels": [{"name": name} for name in self.environment.wheels]},
            "FAIL_TO_PASS": list(self.fail_to_pass),
            "PASS_TO_PASS": list(self.pass_to_pass),
            "mutants": list(self.mutants),
            "resolved_share": self.resolved_share,
        }


def _environment(row: object) -> TestEnvironment:
    if not isinstance(row, dict):
        raise Refusal("bad-task", "the task has no environment")
    wheels = row.get("wheels")
    if not isinstance(wheels, (list, tuple)) or not all(
        isinstance(wheel, dict) and "name" in wheel for wheel in wheels
    ):
        raise Refusal("bad-task", "the environment's wheels are no list of wheels")
    generated = row.get("generated")
    if not isinstance(generated, dict) or not all(isinstance(text, str) for text in generated.values()):
        raise Refusal("bad-task", "the environment's generated files are no texts by path")
    return TestEnvironment(
        python=_text(row, "python"),
        wheels=tuple(str(wheel["name"]) for wheel in wheels),
        path=_texts(row, "path"),
        options=_texts(row, "options"),
        generated=dict(generated),
        test_seconds=_seconds(row, "test_seconds", _TEST_SECONDS_BEFORE_THE_COLUMN),
        run_seconds=_seconds(row, "run_seconds", _RUN_SECONDS_BEFORE_THE_COLUMN),
    )


def _seconds(row: Mapping[str, object], key: str, before: float) -> float:
    value = row.get(key, before)
    if not isinstance(value, (int, float)) or not value > 0:
        raise Refusal("bad-task", f"{key} is {value!r}")
    return float(value)


def _text(row: Mapping[str, object], key: str) -> str:
    value = row.get(key) or ""
    if not isinstance(value, str):
        raise Refusal("bad-task", f"{key} is no text")
    return value


def _texts(row: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = row.get(key) or ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(text, str) for text in value):
        raise Refusal("bad-task", f"{key} is no list of texts")
    return tuple(value)
