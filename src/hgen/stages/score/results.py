"""The file of results: rows that an interrupted run left are taken up, and counted with the new ones."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hgen.scoring import UNGRADABLE
from hgen.shards import write_whole
from hgen.stages.score.lines import lines_of


@dataclass(frozen=True)
class FamilySummary:
    """What was scored of one task family."""

    family: str
    predictions: int
    resolved: int
    mean_reward: float
    """Over the predictions; 0 if there are none."""
    reasons: tuple[tuple[str, int], ...]
    """How many predictions each reason code applies to, most frequent first."""


@dataclass(frozen=True)
class ScoreSummary:
    """What a run of scoring found; what needs the user's attention has a field of its own."""

    families: tuple[FamilySummary, ...]
    tasks: int
    resumed: int
    """Predictions whose result an earlier run had left."""
    missing: tuple[str, ...]
    """Tasks without a prediction."""
    unknown: tuple[str, ...]
    """Predictions without a task."""
    unreadable: tuple[str, ...]
    """Lines of the predictions that are no JSON object with an ``instance_id``."""
    ungradable: tuple[str, ...]
    """Predictions without a verdict, as their task or its files are damaged."""

    @property
    def complete(self) -> bool:
        """Whether every task has a prediction with a verdict, and every prediction a task."""
        return not (self.missing or self.unknown or self.unreadable or self.ungradable)


class Tally:
    """Counts of results by family."""

    def __init__(self) -> None:
        self._rewards: dict[str, list[float]] = {}
        self._resolved: Counter[str] = Counter()
        self._reasons: dict[str, Counter[str]] = {}
        self.ungradable: list[str] = []

    def add(self, line: bytes) -> None:
        """Count one result."""
        row = json.loads(line)
        family = row["family"]
        codes = {reason["code"] for reason in row["reasons"]}
        self._rewards.setdefault(family, []).append(row["reward"])
        self._resolved[family] += row["resolved"]
        self._reasons.setdefault(family, Counter()).update(codes)
        if codes & UNGRADABLE:
            self.ungradable.append(row["instance_id"])

    def families(self) -> tuple[FamilySummary, ...]:
        """The summaries, ordered by family."""
        return tuple(
            FamilySummary(
                family,
                predictions=len(rewards),
                resolved=self._resolved[family],
                mean_reward=sum(rewards) / len(rewards),
                reasons=tuple(sorted(self._reasons[family].items(), key=lambda item: (-item[1], item[0]))),
            )
            for family, rewards in sorted(self._rewards.items())
        )


def keep_current(output: Path, digests: dict[str, str]) -> dict[str, bytes]:
    """The results in a file that were made from the same inputs, by instance id; all others leave the file.

    So does a last line that was cut off.
    """
    if not output.exists():
        return {}
    kept = {}
    lines = [line for _, line in lines_of(output)]
    for line in lines:
        row = _result(line)
        if row is not None and digests.get(row[0]) == row[1]:
            kept[row[0]] = line
    if len(kept) < len(lines):
        write_whole(output, b"".join(kept.values()))
    return kept


def append(output: Path, batches: Iterator[list[bytes]]) -> Iterator[bytes]:
    """Add results to a file as they come, and pass them on; what is passed on is on disk."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("ab") as file:
        for lines in batches:
            file.writelines(lines)
            file.flush()
            yield from lines
        os.fsync(file.fileno())


def _result(line: bytes) -> tuple[str, str] | None:
    if not line.endswith(b"\n"):
        return None
    try:
        row = json.loads(line)
        return row["instance_id"], row["inputs"]
    except (ValueError, TypeError, KeyError):
        return None
