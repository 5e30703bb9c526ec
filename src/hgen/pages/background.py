"""What lies before a set of tasks: what the stages took, and what they left out and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hgen.pages.stats import StageStats, stage_stats
from hgen.records import Reject
from hgen.shards import read_shard

CONTAMINATED = "decontamination"
"""The reason of a reject that a benchmark's list names."""


@dataclass(frozen=True)
class Background:
    """The stages as far as they have run, and the sources that are part of benchmarks; nothing if it is not known."""

    stages: Mapping[str, StageStats] = field(default_factory=dict)
    contaminated: Mapping[str, str] = field(default_factory=dict)
    """By source, which benchmark it is part of."""


def background(out: Path) -> Background:
    """What an out folder's receipts and rejects say."""
    contaminated = {
        reject.source: reject.detail
        for shard in sorted((out / "mine").glob("[0-9]*.rejects.jsonl"))
        for reject in read_shard(shard, Reject)
        if reject.reason == CONTAMINATED
    }
    return Background(stage_stats(out), dict(sorted(contaminated.items())))
