"""What an out directory holds: the stages by their receipts, the sound tasks by their families."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from hgen.errors import ConfigError
from hgen.pages.census import Census, FamilyCensus, TaskOrigin, spread
from hgen.pages.text import counted, visible
from hgen.records import Validated, add_up
from hgen.reject_reasons import REJECT_REASONS
from hgen.runner import Receipt, read_receipt
from hgen.shards import read_shard

STAGES = ("mine", "parse", "build", "synth", "validate")

ROWS = 20
"""How many repositories the page names."""

VALUES = 6
"""Up to how many different values of a difficulty fact are counted one by one on the page."""


@dataclass
class StageStats:
    """One stage's finished shards together; ``seconds`` adds up the workers' time."""

    shards: int = 0
    taken: int = 0
    given: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    counts: dict[str, float] = field(default_factory=dict)
    """What else they took, by name: replies of a language model, their tokens and cost, …"""

    def add(self, receipt: Receipt) -> None:
        """Count one shard."""
        self.shards += 1
        self.taken += receipt.taken
        self.given += receipt.given
        self.rejects.update(receipt.rejects)
        self.seconds += receipt.seconds
        add_up(self.counts, receipt.counts)


@dataclass(frozen=True)
class Stats:
    """The stages in order, as far as they have run, and what the sound tasks are made of."""

    stages: dict[str, StageStats]
    census: Census


def stats(out: Path, progress: Callable[[int, int], None]) -> Stats:
    """Read all receipts and all sound tasks; ``progress`` is told how many of how many shards are read.

    Unfinished shards are passed over. Raises ``ConfigError`` if no stage has left anything in ``out``.
    """
    stages = stage_stats(out)
    if not stages:
        raise ConfigError(f"{out} holds nothing that hgen has made; run `hgen mine` or `hgen run` first")
    census = Census()
    shards = [shard for shard, _ in _finished(out / "validate")]
    for done, shard in enumerate(shards, 1):
        for validated in read_shard(shard, Validated):
            census.add(validated)
        progress(done, len(shards))
    return Stats(stages, census)


def stage_stats(out: Path) -> dict[str, StageStats]:
    """The stages in order, as far as they have run."""
    stages = {name: _stage(out / name) for name in STAGES}
    return {name: stage for name, stage in stages.items() if stage.shards}


def to_json(found: Stats) -> dict[str, object]:
    """The figures as JSON can hold them."""
    return {
        "stages": {name: _stage_json(stage) for name, stage in found.stages.items()},
        "families": {name: _family_json(family) for name, family in found.census.families()},
        "repositories": [_origin_json(origin, tasks) for origin, tasks in found.census.origins().items()],
        "licenses": found.census.licenses(),
    }


def render(found: Stats) -> RenderableType:
    """The figures as a page for a terminal."""
    census = found.census
    parts = [_stages_table(found.stages)]
    if census:
        parts += [_families_table(census), _difficulty_table(census)]
        if any(family.baselines for family in census.values()):
            parts.append(_baselines_table(census))
        parts += [_licenses_table(census), _origins_table(census)]
    return Group(*(part for table in parts for part in (table, Text())))


def _stage(folder: Path) -> StageStats:
    stage = StageStats()
    for _, receipt in _finished(folder):
        stage.add(receipt)
    return stage


def _finished(folder: Path) -> Iterator[tuple[Path, Receipt]]:
    for path in sorted(folder.glob("[0-9]*.receipt.json")):
        shard = path.with_name(path.name.replace(".receipt.json", ".jsonl"))
        receipt = read_receipt(shard)
        if receipt is not None and shard.exists():
            yield shard, receipt


def _stage_json(stage: StageStats) -> dict[str, object]:
    return {
        "shards": stage.shards,
        "in": stage.taken,
        "out": stage.given,
        "rejects": dict(sorted(stage.rejects.items())),
        "seconds": round(stage.seconds, 3),
        **({"counts": dict(sorted(stage.counts.items()))} if stage.counts else {}),
    }


def _family_json(family: FamilyCensus) -> dict[str, object]:
    return {
        "tasks": family.tasks,
        "variants": dict(sorted(family.variants.items())),
        "repositories": len(family.origins),
        "targets": _counts_json(family.targets),
        "difficulty": {fact: _counts_json(values) for fact, values in sorted(family.difficulty.items())},
        "baselines": {
            name: {"tried": outcomes.total(), "solved": outcomes[True]}
            for name, outcomes in sorted(family.baselines.items())
        },
    }


def _counts_json(counts: Counter[int]) -> dict[str, int]:
    return {str(value): counts[value] for value in sorted(counts)}


def _origin_json(origin: TaskOrigin, tasks: int) -> dict[str, object]:
    return {"repo": origin.repo, "base_commit": origin.base_commit, "license": origin.license, "tasks": tasks}


def _stages_table(stages: dict[str, StageStats]) -> Table:
    table = _table("Stages", "stage", "shards>", "in>", "out>", "seconds>", "out/s>", "rejected")
    for name, stage in stages.items():
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in _by_count(stage.rejects))
        rate = f"{stage.given / stage.seconds:,.0f}" if stage.seconds else ""
        counts = (f"{count:,}" for count in (stage.shards, stage.taken, stage.given))
        _add(table, name, *counts, f"{stage.seconds:.1f}", rate, reasons)
    rejected = {reason for stage in stages.values() for reason in stage.rejects}
    lines = [f"{word}: {meaning}" for word, meaning in REJECT_REASONS.items() if word in rejected]
    lines += [f"{name} took {counted(stage.counts)}" for name, stage in stages.items() if stage.counts]
    table.caption = "\n".join(lines)
    return table


def _families_table(census: Census) -> Table:
    table = _table("Sound tasks", "family", "tasks>", "repositories>", "variants", "targets: tasks")
    for name, family in census.families():
        variants = ", ".join(f"{variant} {count:,}" for variant, count in sorted(family.variants.items()))
        _add(table, name, f"{family.tasks:,}", str(len(family.origins)), variants, _distribution(family.targets))
    return table


def _difficulty_table(census: Census) -> Table:
    table = _table("Difficulty", "family", "fact", "least>", "median>", "most>", "value: tasks")
    for name, family in census.families():
        for fact, values in sorted(family.difficulty.items()):
            of = spread(values)
            _add(table, name, fact, str(of.least), str(of.median), str(of.most), _distribution(values))
    return table


def _baselines_table(census: Census) -> Table:
    table = _table("Lazy baselines", "family", "baseline", "tried>", "solved>", "rate>")
    for name, family in census.families():
        for baseline, rate in family.success_rates().items():
            outcomes = family.baselines[baseline]
            _add(table, name, baseline, f"{outcomes.total():,}", f"{outcomes[True]:,}", f"{rate:.1%}")
    return table


def _licenses_table(census: Census) -> Table:
    table = _table("Licences", "licence", "tasks>")
    for name, tasks in census.licenses().items():
        _add(table, name, f"{tasks:,}")
    return table


def _origins_table(census: Census) -> Table:
    origins = census.origins()
    table = _table("Repositories", "repository", "commit or version", "licence", "tasks>")
    for origin in sorted(origins, key=lambda origin: (-origins[origin], origin))[:ROWS]:
        _add(table, origin.repo, origin.base_commit[:12], origin.license, f"{origins[origin]:,}")
    if len(origins) > ROWS:
        table.caption = f"and {len(origins) - ROWS:,} more; `hgen stats --json` lists all"
    return table


def _table(title: str, *columns: str) -> Table:
    """An empty table; columns that end in ``>`` are flush right."""
    table = Table(title=title, title_justify="left", title_style="bold", caption_justify="left")
    for column in columns:
        table.add_column(column.rstrip(">"), justify="right" if column.endswith(">") else "left", overflow="fold")
    return table


def _add(table: Table, *cells: str) -> None:
    # As texts, because a table reads square brackets in strings as markup.
    table.add_row(*(Text(visible(cell)) for cell in cells))


def _distribution(values: Counter[int]) -> str:
    if len(values) > VALUES:
        return ""
    return ", ".join(f"{value}: {values[value]:,}" for value in sorted(values))


def _by_count(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
