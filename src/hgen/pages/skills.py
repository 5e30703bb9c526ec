"""The page of skills: which share of their actions agents spend on what, as a table and as a plot."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table

from hgen.agents.skills.kinds import COMPONENTS, PAPER, SKILLS
from hgen.agents.skills.shares import Shares
from hgen.errors import ConfigError

_COLOURS = ("#4477aa", "#aa3377", "#228833", "#ccbb44", "#66ccee")
"""Five that people with any colour vision tell apart (Tol, *Colour Schemes*, 2021)."""


def to_json(shares: Sequence[Shares]) -> dict[str, object]:
    """The page for machines."""
    return {"agents": [each.row() for each in shares], "paper": PAPER}


def render(shares: Sequence[Shares]) -> RenderableType:
    """The page for people."""
    table = Table(header_style="bold", title="shares of actions")
    table.add_column("agent", overflow="fold")
    for column in ("runs", "actions", *SKILLS, "fake verification"):
        table.add_column(column, justify="right")
    for each in shares:
        fake = each.fake.total()
        cells = [f"{each.share(skill):.1%}" for skill in SKILLS]
        table.add_row(each.name, f"{each.runs:,}", f"{each.actions:,}", *cells, f"{fake:,}")
    table.add_row("SWE-bench, in the paper", "", "", *(f"{PAPER[skill]:.1%}" for skill in SKILLS), "", style="dim")
    parts = Table(header_style="bold", title="components")
    for column in ("skill", "component"):
        parts.add_column(column)
    for each in shares:
        parts.add_column(each.name, justify="right", overflow="fold")
    for component, skill in COMPONENTS.items():
        if any(each.components[component] for each in shares):
            parts.add_row(skill, component, *(f"{each.components[component]:,}" for each in shares))
    return Group(table, parts)


def plot(shares: Sequence[Shares], file: Path) -> None:
    """Draw the shares as bars, one for each agent; the ending says the format: ``.svg``, ``.png``, ``.pdf``.

    Raises ``ConfigError`` if matplotlib is not installed or does not know the ending.
    """
    try:
        # Takes a second to import, and need not be installed.
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise ConfigError("a plot needs matplotlib: pip install 'hgen[plots]'") from None
    names = ["SWE-bench, in the paper", *(each.name for each in reversed(shares))]
    bars = [PAPER, *({skill: each.share(skill) for skill in SKILLS} for each in reversed(shares))]
    figure = Figure(figsize=(8, 1.2 + 0.5 * len(names)), layout="constrained")
    axes = figure.subplots()
    left = [0.0] * len(names)
    for skill, colour in zip(SKILLS, _COLOURS, strict=True):
        widths = [100 * bar[skill] for bar in bars]
        axes.barh(names, widths, left=left, color=colour, label=skill)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_xlabel("share of actions, %")
    axes.set_xlim(0, 100)
    axes.legend(ncols=len(SKILLS), loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    try:
        figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
    except ValueError as error:
        raise ConfigError(f"{file}: {error}") from None
