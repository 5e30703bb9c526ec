"""What a set of sound tasks is made of: counted in one pass, in memory that grows with repositories only."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from hgen.records import Task, Validated


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
class FamilyCensus:
    """The tasks of one family; every counter counts tasks."""

    tasks: int = 0
    variants: Counter[str] = field(default_factory=Counter)
    origins: Counter[TaskOrigin] = field(default_factory=Counter)
    targets: Counter[int] = field(default_factory=Counter)
    """By number of targets."""
    difficulty: dict[str, Counter[int]] = field(default_factory=dict)
    """By value, for each fact."""
    baselines: dict[str, Counter[bool]] = field(default_factory=dict)
    """By success, for each lazy baseline."""
    shortest: Validated | None = None
    """The task with the least to read."""

    def add(self, validated: Validated) -> None:
        """Count one task."""
        task = validated.task
        self.tasks += 1
        self.variants[task.variant] += 1
        self.origins[TaskOrigin(task.repo, task.base_commit, task.license)] += 1
        self.targets[len(task.targets)] += 1
        for fact, value in task.difficulty.items():
            self.difficulty.setdefault(fact, Counter())[value] += 1
        for baseline, solved in validated.baselines.items():
            self.baselines.setdefault(baseline, Counter())[solved] += 1
        if self.shortest is None or _length(task) < _length(self.shortest.task):
            self.shortest = validated

    def spreads(self) -> dict[str, Spread]:
        """For each fact of difficulty, how its values spread; ordered by name."""
        return {fact: spread(values) for fact, values in sorted(self.difficulty.items())}

    def success_rates(self) -> dict[str, float]:
        """For each lazy baseline, the share of the tasks it was tried on that it fully solves."""
        return {name: outcomes[True] / outcomes.total() for name, outcomes in sorted(self.baselines.items())}


class Census(dict[str, FamilyCensus]):
    """The counts by family."""

    def add(self, validated: Validated) -> None:
        """Count one task in its family."""
        self.setdefault(validated.task.family, FamilyCensus()).add(validated)

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


def spread(values: Counter[int]) -> Spread:
    """How counted integers spread; there must be one."""
    ordered = sorted(values)
    ranks = accumulate(values[value] for value in ordered)
    half = (values.total() + 1) // 2
    median = next(value for value, rank in zip(ordered, ranks, strict=True) if rank >= half)
    return Spread(ordered[0], median, ordered[-1])


def _length(task: Task) -> tuple[int, str]:
    return len(task.problem_statement) + len(task.setup_patch) + len(task.patch), task.instance_id
