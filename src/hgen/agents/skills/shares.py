"""How often agents use each skill: counts over the runs of an agent, and what comparing two of them says."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hgen.agents.actions import Action, actions
from hgen.agents.skills.kinds import COMPONENTS, SKILLS, Use
from hgen.agents.skills.rules import Reader
from hgen.records import Run


def uses(run: Run) -> Iterator[tuple[Action, Use]]:
    """Each action of a run, and what it is."""
    reader = Reader()
    for action in actions(run.trajectory):
        yield action, reader.use(action)


@dataclass
class Shares:
    """The actions of some runs, counted."""

    name: str
    runs: int = 0
    resolved: int = 0
    components: Counter[str] = field(default_factory=Counter)
    fake: Counter[str] = field(default_factory=Counter)
    """Of the verifying ones those that verify nothing, by why."""

    def add(self, run: Run) -> None:
        """Count one more run."""
        self.runs += 1
        self.resolved += run.resolved
        for _, use in uses(run):
            self.components[use.component] += 1
            if use.fake:
                self.fake[use.fake] += 1

    @property
    def actions(self) -> int:
        """How many actions there are."""
        return self.components.total()

    def share(self, skill: str) -> float:
        """The share of a skill among all actions, in [0, 1]."""
        count = sum(count for component, count in self.components.items() if COMPONENTS[component] == skill)
        return count / max(self.actions, 1)

    def row(self) -> dict[str, object]:
        """The counts for machines."""
        return {
            "name": self.name,
            "runs": self.runs,
            "resolved": self.resolved,
            "actions": self.actions,
            "skills": {skill: round(self.share(skill), 4) for skill in SKILLS},
            "components": {name: self.components[name] for name in COMPONENTS if self.components[name]},
            "fake_verification": dict(sorted(self.fake.items())),
        }


def counted(runs: Iterable[Run], *, by_family: bool = False) -> list[Shares]:
    """The runs counted by agent, or by agent and family."""
    found: dict[str, Shares] = {}
    for run in runs:
        name = f"{run.model} ({run.harness})" + (f", {run.family}" if by_family else "")
        found.setdefault(name, Shares(name)).add(run)
    return [found[name] for name in sorted(found)]
