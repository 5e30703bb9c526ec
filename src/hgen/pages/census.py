"""What a set of sound tasks is made of: counted in one pass, in memory that grows with repositories only."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from hgen.records import Check, Task, Validated
from hgen.scoring import BY_RUNNING

GOLD = "gold"
"""The check that the reference answer earns full reward."""
NOTHING = ("no-op", "start-fails")
"""The checks that an empty answer earns none; a task has one of them."""
PROBES = "probes"
"""The check that no cheat is a full success; its evidence names each with its reward."""

_PROBE = re.compile(r"([^,]+) (\d\.\d\d)")


@dataclass(frozen=True, order=True)
class TaskOrigin:
    """A repository at one commit or version, under its licence."""

    repo: str
    base_commit: str
    license: str


@dataclass(frozen=True)
class Spread:
    """The least, the lower median and the most of some integers."""

    least: int
    median: int
    most: int


@dataclass
class Probes:
    """What a cheat earned: on how many tasks it was tried, the most that it got, and how often that was all."""

    tried: int = 0
    best: float = 0.0
    full: int = 0

    def add(self, reward: float) -> None:
        """Count one task."""
        self.tried += 1
        self.best = max(self.best, reward)
        self.full += reward >= 1


@dataclass
class FamilyCensus:
    """The tasks of one family; every counter counts tasks."""

    tasks: int = 0
    variants: Counter[str] = field(default_factory=Counter)
    graded_by: Counter[str] = field(default_factory=Counter)
    right_at_once: int = 0
    """Those whose reference answer is empty, as the change to verify is right."""
    checks: dict[str, Counter[bool]] = field(default_factory=dict)
    """By outcome, for each check that was made."""
    probes: dict[str, Probes] = field(default_factory=dict)
    """By cheat."""
    splits: dict[str, Counter[str]] = field(default_factory=dict)
    """By repository, for each split."""
    origins: Counter[TaskOrigin] = field(default_factory=Counter)
    targets: Counter[int] = field(default_factory=Counter)
    """By number of targets."""
    difficulty: dict[str, Counter[int]] = field(default_factory=dict)
    """By value, for each fact."""
    lazy: dict[str, dict[str, Counter[bool]]] = field(default_factory=dict)
    """By success, for each variant and lazy baseline."""
    shortest: Validated | None = None
    """The task with the least to read."""

    def add(self, validated: Validated, split: str) -> None:
        """Count one task."""
        task = validated.task
        self.tasks += 1
        self.variants[task.variant] += 1
        self.graded_by[task.graded_by] += 1
        self.right_at_once += not task.patch
        self.splits.setdefault(split, Counter())[task.repo] += 1
        self.origins[TaskOrigin(task.repo, task.base_commit, task.license)] += 1
        self.targets[len(task.targets)] += 1
        for fact, value in task.difficulty.items():
            self.difficulty.setdefault(fact, Counter())[value] += 1
        for baseline, solved in validated.baselines.items():
            self.lazy.setdefault(task.variant, {}).setdefault(baseline, Counter())[solved] += 1
        for check in validated.checks:
            self._add_check(check)
        if self.shortest is None or _length(task) < _length(self.shortest.task):
            self.shortest = validated

    @property
    def by_running(self) -> bool:
        """Whether answers are judged by running tests."""
        return bool(BY_RUNNING & self.graded_by.keys())

    @property
    def baselines(self) -> dict[str, Counter[bool]]:
        """By success, for each lazy baseline, over all variants."""
        total: dict[str, Counter[bool]] = {}
        for outcomes in self.lazy.values():
            for name, solved in outcomes.items():
                total.setdefault(name, Counter()).update(solved)
        return total

    @property
    def gold_full(self) -> int:
        """On how many tasks the reference answer was seen to earn full reward."""
        return self.checks.get(GOLD, Counter())[True]

    @property
    def nothing_none(self) -> int:
        """On how many tasks an empty answer was seen to earn nothing, of those where it is not the right one."""
        return sum(self.checks.get(name, Counter())[True] for name in NOTHING) - self.right_at_once

    def spreads(self) -> dict[str, Spread]:
        """For each fact of difficulty, how its values spread; ordered by name."""
        return {fact: spread(values) for fact, values in sorted(self.difficulty.items())}

    def success_rates(self) -> dict[str, float]:
        """For each lazy baseline, the share of the tasks it was tried on that it fully solves."""
        return {name: outcomes[True] / outcomes.total() for name, outcomes in sorted(self.baselines.items())}

    def _add_check(self, check: Check) -> None:
        self.checks.setdefault(check.name, Counter())[check.passed] += 1
        if check.name == PROBES:
            for said in check.evidence.split(", "):
                if match := _PROBE.fullmatch(said):
                    self.probes.setdefault(match[1], Probes()).add(float(match[2]))


class Census(dict[str, FamilyCensus]):
    """The counts by family."""

    def add(self, validated: Validated, split: str = "train") -> None:
        """Count one task in its family."""
        self.setdefault(validated.task.family, FamilyCensus()).add(validated, split)

    def families(self) -> Iterator[tuple[str, FamilyCensus]]:
        """The families with their counts, ordered by name."""
        yield from sorted(self.items())

    def origins(self) -> dict[TaskOrigin, int]:
        """The repositories of all families with their numbers of tasks, ordered by name."""
        total: Counter[TaskOrigin] = Counter()
        for family in self.values():
            total.update(family.origins)
        return dict(sorted(total.items()))

    def licenses(self) -> dict[str, int]:
        """The licences with their numbers of tasks, the most frequent first."""
        total: Counter[str] = Counter()
        for origin, tasks in self.origins().items():
            total[origin.license] += tasks
        return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))

    def splits(self) -> dict[str, Counter[str]]:
        """The tasks of each split by repository."""
        total: dict[str, Counter[str]] = {}
        for family in self.values():
            for split, repositories in family.splits.items():
                total.setdefault(split, Counter()).update(repositories)
        return total


def spread(values: Counter[int]) -> Spread:
    """How counted integers spread; there must be one."""
    ordered = sorted(values)
    ranks = accumulate(values[value] for value in ordered)
    half = (values.total() + 1) // 2
    median = next(value for value, rank in zip(ordered, ranks, strict=True) if rank >= half)
    return Spread(ordered[0], median, ordered[-1])


def _length(task: Task) -> tuple[int, str]:
    return len(task.problem_statement) + len(task.setup_patch) + len(task.patch), task.instance_id
