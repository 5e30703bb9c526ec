"""Cheats for ``dep-search``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hgen.probes.common import common
from hgen.probes.ground import Ground, Site
from hgen.probes.probe import Probe
from hgen.scoring.diffs import Edit
from hgen.scoring.tasks import StaticTask, subject_of


def probes(task: StaticTask, files: Mapping[str, bytes]) -> Iterator[Probe]:
    """Cheats that make sense for the task."""
    ground = Ground(task.targets, files)
    name = subject_of(task).qualname
    marker = f"# this function/class is called by the {name} function"
    right = [(site, site.above(marker)) for site in ground.targets]
    yield from common(ground, right)
    lines = [(site, site.above(text)) for site in ground.targets for text in _wrong_texts(name, marker)]
    yield Probe("wrong-text", ground.patch(lines))
    yield Probe("duplicated-markers", ground.patch(pair for pair in right for _ in range(2)))
    yield Probe("marker-at-end-of-line", ground.patch((site, _trailing(site, marker)) for site in ground.targets))
    inside = [(site, site.insert(site.body, marker)) for site in ground.targets if site.body is not None]
    if len(inside) == len(ground.targets) and not any(_opens_with_definition(site) for site in ground.targets):
        yield Probe("marker-in-body", ground.patch(inside))
    if others := [(site, site.above(marker)) for site in ground.others]:
        yield Probe("spray", ground.patch([*right, *others]))
        yield Probe("neighbour", ground.patch(others[:1]))
        yield Probe("neighbour-too", ground.patch([*right, others[0]]))


def _wrong_texts(name: str, marker: str) -> tuple[str, ...]:
    """Comments that are no markers for this function: vague, about another one, negated, behind a form feed."""
    return (
        "# this function/class is important",
        f"# this function/class is called by the {name}_other function",
        f"# this function/class is not called by the {name} function",
        f"# \x0c{marker}",
    )


def _trailing(site: Site, marker: str) -> Edit:
    """The marker behind the first line of the definition."""
    line = site.source.lines[site.first - 1]
    return Edit(site.first, site.first, (line + b"  " + marker.encode() + site.end,))


def _opens_with_definition(site: Site) -> bool:
    """Whether what the body begins with can itself be marked."""
    return hasattr(site.place.node.body[0], "body")
