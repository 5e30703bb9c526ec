"""What runs come to: how often they resolve their task, what they cost, how they end."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import comb
from pathlib import Path
from statistics import mean

from hgen.agents.attempts import STAGE
from hgen.errors import ConfigError
from hgen.records import Run
from hgen.runner import read_receipt, shards
from hgen.shards import read_shard


@dataclass
class FamilyRuns:
    """The runs of one agent on the tasks of one family."""

    model: str
    harness: str
    family: str
    runs: int = 0
    graded: int = 0
    resolved: int = 0
    suspicious: int = 0
    rewards: list[float] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    by_task: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    exits: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    cost: float = 0.0

    def add(self, run: Run) -> None:
        """Count one more."""
        self.runs += 1
        self.suspicious += bool(run.suspicious)
        self.turns.append(run.turns)
        self.exits[run.exit_status] += 1
        self.tokens += (run.prompt_tokens or 0) + (run.completion_tokens or 0)
        self.cost += run.cost or 0.0
        if run.reward is not None:
            self.graded += 1
            self.resolved += run.resolved
            self.rewards.append(run.reward)
            self.by_task[run.instance_id].append(run.resolved)

    @property
    def samples(self) -> int:
        """How many runs each task has at least."""
        return min(map(len, self.by_task.values()), default=0)

    def pass_at(self, k: int) -> float | None:
        """The chance that one of k runs resolves a task, by the unbiased estimate of Chen et al. (2021)."""
        chances = [
            1 - comb(len(runs) - sum(runs), k) / comb(len(runs), k) for runs in self.by_task.values() if len(runs) >= k
        ]
        return mean(chances) if chances else None

    def row(self) -> dict[str, object]:
        """The counts for machines."""
        samples = self.samples
        return {
            "model": self.model,
            "harness": self.harness,
            "family": self.family,
            "tasks": len(self.by_task),
            "runs": self.runs,
            "graded": self.graded,
            "resolved": self.resolved,
            "mean_reward": mean(self.rewards) if self.rewards else None,
            "pass_at": {str(k): self.pass_at(k) for k in sorted({1, samples} - {0})},
            "mean_turns": mean(self.turns) if self.turns else None,
            "tokens": self.tokens,
            "cost": self.cost,
            "suspicious": self.suspicious,
            "exits": dict(self.exits.most_common()),
        }


def runs_in(folder: Path) -> Iterator[Run]:
    """The finished runs in a folder of runs, or of one agent's, in order.

    Raises ``ConfigError`` if it has none, ``ShardError`` if a shard is damaged.
    """
    agents = [folder] if (folder / STAGE).is_dir() else sorted(each.parent for each in folder.glob(f"*/{STAGE}"))
    if not agents:
        raise ConfigError(f"{folder} holds no runs; run `hgen rollout` or `hgen import` first")
    for agent in agents:
        for shard in shards(agent / STAGE):
            if read_receipt(shard) is not None:
                yield from read_shard(shard, Run)


def summed(runs: Iterable[Run]) -> list[FamilyRuns]:
    """The runs counted by agent and family."""
    found: dict[tuple[str, str, str], FamilyRuns] = {}
    for run in runs:
        key = (run.model, run.harness, run.family)
        found.setdefault(key, FamilyRuns(*key)).add(run)
    return [found[key] for key in sorted(found)]
