"""What a person sees of a run: the progress bar on stderr, and tables of its results for the command line to print."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from hgen.agents.loop import EXITS
from hgen.agents.results import FamilyRuns
from hgen.export.summary import ExportSummary
from hgen.pages.text import counted
from hgen.predictions.rewards import ScoreSummary
from hgen.runner import Summary

if TYPE_CHECKING:
    # Takes long to import.
    from hgen.export.hub import PushPlan

_SHOWN = ("file_f1", "module_f1", "f1", "mutants", "docstrings")
"""The parts of rewards that a table shows; with ``--json`` there are all."""


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr that is told how many of how many of a step are done; silent when stderr is not a terminal."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def report(step: str, done: int, total: int, /) -> None:
            if bar.tasks[0].description != step:
                bar.reset(task)
            bar.update(task, description=step, completed=done, total=total)

        yield report


def summary_table(summaries: Sequence[Summary]) -> Table:
    """What the stages did, a row each."""
    table = Table(title=None, header_style="bold")
    table.add_column("stage")
    for column in ("in", "out", "rejected", "seconds", "records/s"):
        table.add_column(column, justify="right")
    table.add_column("rejected by reason")
    for summary in summaries:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in summary.rejects.most_common())
        rate = f"{summary.given / summary.seconds:,.0f}" if summary.skipped < summary.shards else "–"
        note = f"{summary.skipped} of {summary.shards} shards were up to date" if summary.skipped else ""
        table.add_row(
            summary.stage,
            f"{summary.taken:,}",
            f"{summary.given:,}",
            f"{summary.rejects.total():,}",
            f"{summary.seconds:.1f}",
            rate,
            "; ".join(filter(None, (reasons, note, counted(summary.counts)))),
        )
    return table


def export_table(summaries: Sequence[ExportSummary]) -> Table:
    """What was exported, a row for each format."""
    table = Table(header_style="bold")
    for column in ("export", "tasks", "files", "MB", "folder"):
        table.add_column(column, justify="right" if column in {"files", "MB"} else "left", overflow="fold")
    for summary in summaries:
        tasks = ", ".join(f"{family} {count:,}" for family, count in summary.tasks.items())
        table.add_row(summary.format, tasks, str(summary.files), f"{summary.bytes / 1e6:.1f}", str(summary.folder))
    return table


def push_table(plan: "PushPlan") -> Table:
    """What a push would do, a row for each file that it would send or delete."""
    table = Table(header_style="bold", title=f"would push {plan.to.format} to {plan.to.name} on {plan.endpoint}")
    table.add_column("file", overflow="fold")
    table.add_column("bytes", justify="right")
    table.add_column("what")
    for path, size in plan.send.items():
        table.add_row(path, f"{size:,}", "send")
    for path in plan.delete:
        table.add_row(path, "", "delete")
    visibility = "private" if plan.private else "public"
    if not plan.is_new:
        state = f"is there, and is {visibility}"
    else:
        state = f"is not there, and would be {visibility}"
        state += "" if plan.has_token else ", or is there and private, which cannot be seen without a token"
    sent = f"{len(plan.send):,} files of {sum(plan.send.values()):,} bytes to send"
    same = f"{len(plan.same):,} of {sum(plan.same.values()):,} bytes are there already"
    token = "" if plan.has_token else "\nThere is no token, which a push needs: run `hf auth login` or set HF_TOKEN."
    table.caption = f"The repository {state}.\n{sent}, {len(plan.delete):,} to delete; {same}.{token}"
    return table


def score_table(summary: ScoreSummary) -> Table:
    """What was scored, a row for each family, and what has no reward."""
    table = Table(header_style="bold")
    for column in ("family", "predictions", "resolved", "mean reward"):
        table.add_column(column, justify="left" if column == "family" else "right")
    table.add_column("mean parts", overflow="fold")
    table.add_column("reasons", overflow="fold")
    for family in summary.families:
        share = f"{family.resolved:,} ({family.resolved / max(family.graded, 1):.1%})"
        mean = "–" if family.mean_reward is None else f"{family.mean_reward:.3f}"
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in family.reasons)
        parts = ", ".join(f"{name} {family.mean_parts[name]:.3f}" for name in _SHOWN if name in family.mean_parts)
        table.add_row(family.family, f"{family.predictions:,}", share, mean, parts, reasons)
    table.caption = f"{summary.tasks:,} tasks, {len(summary.missing):,} of them without a prediction"
    return table


def runs_table(families: Sequence[FamilyRuns]) -> Table:
    """What agents did, a row for each of them and each family."""
    table = Table(header_style="bold")
    for column in ("model", "family", "tasks", "runs", "resolved", "pass@1", "pass@k", "turns", "tokens", "suspicious"):
        table.add_column(column, justify="left" if column in {"model", "family"} else "right")
    table.add_column("how they ended", overflow="fold")
    for each in families:
        row, k = each.row(), each.samples
        table.add_row(
            f"{each.model} ({each.harness})",
            each.family,
            f"{len(each.by_task):,}",
            f"{each.runs:,}",
            f"{each.resolved:,}",
            _share(each.pass_at(1)),
            f"{_share(each.pass_at(k))} (k={k})" if k > 1 else "–",
            "–" if row["mean_turns"] is None else f"{row['mean_turns']:.1f}",
            f"{each.tokens:,}",
            f"{each.suspicious:,}",
            ", ".join(f"{name} {count:,}" for name, count in each.exits.most_common()),
        )
    met = [name for name in EXITS if name != "submitted" and any(each.exits[name] for each in families)]
    table.caption = "\n".join(f"{name}: {EXITS[name]}" for name in met) or None
    return table


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
