"""The file of rewards: a line of JSON for each verdict, in the order of the tasks, and what they come to."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean

from hgen.errors import ConfigError
from hgen.predictions.submissions import REJECTS, GivenRow, Joined
from hgen.records import PARTS, Scored
from hgen.runner import BUG, Summary
from hgen.scratch import scratch
from hgen.shards import put_in_place, read_shard
from hgen.tasksets.places import lines_of, require_readable
from hgen.tasksets.taskset import TaskSet

_NAMED = 5
"""How many predictions a message names."""

_ALWAYS = {"instance_id", "family", "reward", "resolved", "reasons"}
_SOMETIMES = {"model_name_or_path", "row", "origin", *PARTS, "noticed", "inputs"}
"""The columns of rewards; what has others is somebody's work. An earlier hgen wrote ``inputs``."""


@dataclass(frozen=True)
class FamilySummary:
    """What was scored of one task family, over all rows."""

    family: str
    predictions: int
    graded: int
    """Those with a verdict."""
    resolved: int
    mean_reward: float | None
    """Over those with a verdict; None if there are none."""
    mean_parts: dict[str, float]
    """What rewards are made of, by the names in ``PARTS``, over those with a verdict that have it."""
    reasons: tuple[tuple[str, int], ...]
    """How many predictions each reason code applies to, most frequent first."""


@dataclass(frozen=True)
class ScoreSummary:
    """What a run of scoring found; what needs the user's attention has a field of its own."""

    rewards: Path
    folder: Path
    """Where the shards are, the rejects among them."""
    shape: str
    """What the predictions were taken for."""
    families: tuple[FamilySummary, ...]
    tasks: int
    missing: tuple[str, ...]
    """Tasks without a prediction."""
    unknown: tuple[str, ...]
    """Predictions without a task."""
    unreadable: tuple[str, ...]
    """Rows that are no JSON object with an ``instance_id`` and a patch, and why."""
    ungradable: tuple[str, ...]
    """Predictions without a verdict, as their task or its files are damaged."""
    failures: tuple[str, ...]
    """Shards that are undone, and why: a rerun takes them up again."""
    bugs: int
    """Predictions that met a bug in hgen, or in another package's family."""

    @property
    def failed(self) -> bool:
        """Whether a row of the predictions has no verdict."""
        return bool(self.unknown or self.unreadable or self.ungradable or self.failures or self.bugs)

    def problems(self) -> list[str]:
        """What has no verdict and why, a line each."""
        lines = []
        for problem, names in (("without a task", self.unknown), ("without a verdict", self.ungradable)):
            if names:
                more = ", …" if len(names) > _NAMED else ""
                lines.append(f"{len(names)} predictions {problem}: {', '.join(names[:_NAMED])}{more}")
        if self.bugs:
            lines.append(f"{self.bugs} predictions met a bug in hgen; see {self.folder}/score/*.rejects.jsonl")
        lines += self.failures
        lines += self.unreadable[:_NAMED]
        if len(self.unreadable) > _NAMED:
            lines.append(f"{len(self.unreadable)} rows cannot be read; see {self.folder}/predictions/{REJECTS}")
        return lines

    def row(self) -> dict[str, object]:
        """The summary for machines."""
        return asdict(self) | {"rewards": str(self.rewards), "folder": str(self.folder)}


def rewards_beside(predictions: Path) -> Path:
    """Where rewards go by default."""
    if predictions.is_dir():
        folder = predictions.resolve()
        return folder.with_name(f"{folder.name}.rewards.jsonl")
    return predictions.parent / f"{predictions.stem}.rewards.jsonl"


def require_rewards(file: Path, tasks: TaskSet, predictions: Path) -> None:
    """Raise ``ConfigError`` for what cannot be read, and for a file of rewards that may not be written.

    That is an input by whatever name, one that would be taken for tasks by the next run, and what is no file of
    rewards or is write-protected.
    """
    inputs = [*([] if predictions.is_dir() else [predictions]), *tasks.files]
    for each in inputs:
        require_readable(each)
    if Path(tasks.name).is_dir() and _is_among(file, tasks.files):
        raise ConfigError(f"{file} would be among the tasks in {tasks.files[-1].parent}; name another --rewards")
    if not file.exists():
        return
    for each in inputs:
        if file.samefile(each):
            raise ConfigError(f"{file} is an input ({each}), which the rewards would replace; name another --rewards")
    if not file.is_file():
        raise ConfigError(f"{file} is no regular file, so that no rewards can be written there")
    # Root may write to any file, so that asking the system would say nothing.
    if not file.stat().st_mode & 0o222:
        raise ConfigError(f"{file} is write-protected; name another --rewards")
    if not _holds_rewards(file):
        raise ConfigError(f"{file} holds something else than rewards, which would replace it; name another --rewards")


def write_rewards(file: Path, shards: Iterable[Path], joined: Joined, stage: Summary, *, folder: Path) -> ScoreSummary:
    """Put the verdicts in the shards into one file, which appears whole or not at all, and count them."""
    lines: dict[GivenRow, bytes] = {}
    tallies: dict[str, _Tally] = {}
    ungradable = []
    for shard in shards:
        for scored in read_shard(shard, Scored):
            lines[scored.origin, scored.row] = json.dumps(_line(scored)).encode() + b"\n"
            tallies.setdefault(scored.family, _Tally()).add(scored)
            if scored.reward is None:
                ungradable.append(scored.instance_id)
    _write(file, [lines[row] for row in joined.rows if row in lines])
    return ScoreSummary(
        rewards=file,
        folder=folder,
        shape=joined.shape,
        families=tuple(tally.summary(family) for family, tally in sorted(tallies.items())),
        tasks=joined.tasks,
        missing=tuple(joined.missing),
        unknown=tuple(joined.unknown),
        unreadable=tuple(joined.unreadable),
        ungradable=tuple(ungradable),
        failures=tuple(stage.failures),
        bugs=stage.rejects[BUG],
    )


@dataclass
class _Tally:
    """Counts of one family's verdicts."""

    predictions: int = 0
    resolved: int = 0
    rewards: list[float] = field(default_factory=list)
    parts: dict[str, list[float]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, scored: Scored) -> None:
        self.predictions += 1
        self.resolved += scored.resolved
        self.reasons.update({reason.code for reason in scored.reasons})
        for name, value in scored.parts.items():
            self.parts.setdefault(name, []).append(value)
        if scored.reward is not None:
            self.rewards.append(scored.reward)

    def summary(self, family: str) -> FamilySummary:
        return FamilySummary(
            family,
            predictions=self.predictions,
            graded=len(self.rewards),
            resolved=self.resolved,
            mean_reward=mean(self.rewards) if self.rewards else None,
            mean_parts={name: mean(self.parts[name]) for name in PARTS if name in self.parts},
            reasons=tuple(sorted(self.reasons.items(), key=lambda item: (-item[1], item[0]))),
        )


def _line(scored: Scored) -> dict[str, object]:
    """As the travelling grader says it, with what the row is about before it."""
    return {
        "instance_id": scored.instance_id,
        "family": scored.family,
        "model_name_or_path": scored.model_name_or_path,
        "row": scored.row,
        **({"origin": scored.origin} if scored.origin else {}),
        "reward": scored.reward,
        "resolved": scored.resolved,
        **scored.parts,
        "reasons": [reason.model_dump() for reason in scored.reasons],
        **({} if scored.noticed is None else {"noticed": [list(tests) for tests in scored.noticed]}),
    }


def _write(file: Path, lines: Sequence[bytes]) -> None:
    with scratch(file.parent) as folder:
        temporary = folder / file.name
        with temporary.open("wb") as whole:
            whole.writelines(lines)
            put_in_place(whole, temporary, file)


def _is_among(file: Path, tasks: Sequence[Path]) -> bool:
    """Whether a file that is not one of a folder's tasks would be the next time."""
    folder = tasks[0].parent.resolve()
    is_new = file.resolve() not in {task.resolve() for task in tasks}
    return is_new and file.name.endswith(".jsonl") and folder in {file.resolve().parent, file.parent.resolve()}


def _holds_rewards(file: Path) -> bool:
    """Whether all lines are rewards; an earlier hgen may have been killed in the middle of the last one."""
    lines = [line for _, line in lines_of(file)]
    if len(lines) > 1 and not lines[-1].endswith(b"\n") and not _is_reward(lines[-1]):
        lines.pop()
    return all(map(_is_reward, lines))


def _is_reward(line: bytes) -> bool:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, Mapping) and _ALWAYS <= row.keys() <= _ALWAYS | _SOMETIMES
