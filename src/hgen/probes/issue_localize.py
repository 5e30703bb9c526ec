"""Cheats for ``issue-localize``, a family that is still to come: its scorer is proven against them already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hgen.probes.common import common
from hgen.probes.ground import Ground
from hgen.probes.probe import Probe
from hgen.scoring.tasks import StaticTask


def probes(task: StaticTask, files: Mapping[str, bytes]) -> Iterator[Probe]:
    """Cheats that make sense for the task."""
    ground = Ground(task.targets, files)
    comment = "# This has to change to fix the issue."
    right = [(site, site.above(comment)) for site in ground.targets]
    yield from common(ground, right)
    yield Probe("empty-comment", ground.patch((site, site.above("#")) for site in ground.targets))
    yield Probe("string-for-comment", ground.patch((site, site.above(f'"{comment}"')) for site in ground.targets))
    others = [(site, site.above(comment)) for site in ground.others]
    if len(others) > len(right):
        yield Probe("spray", ground.patch([*right, *others]))
    if others:
        yield Probe("neighbour", ground.patch(others[:1]))
