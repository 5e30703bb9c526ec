"""Cheats for ``func-localize``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hgen.probes.common import Answer, common
from hgen.probes.ground import Ground, Site
from hgen.probes.probe import Probe
from hgen.scoring.python.definitions import docstring_of
from hgen.scoring.tasks import StaticTask

_TEXT = '"""Do what the description says."""'


def probes(task: StaticTask, files: Mapping[str, bytes]) -> Iterator[Probe]:
    """Cheats that make sense for the task."""
    ground = Ground(task.targets, files)
    right = _with(ground.targets, _TEXT)
    yield from common(ground, right)
    comments = (f"# {_TEXT}", f"# \x0c{_TEXT}\x0b{_TEXT}\x1c{_TEXT}")
    yield Probe("comment-only", ground.patch(pair for text in comments for pair in _with(ground.targets, text)))
    yield Probe("wrong-text", ground.patch(_with(ground.targets, '"""TODO: write a docstring."""')))
    yield Probe("empty-text", ground.patch(_with(ground.targets, '"""."""')))
    yield Probe("twice", ground.patch([pair for pair in right for _ in range(2)]))
    above = [(site, site.above(_TEXT)) for site in ground.targets]
    yield Probe("above-definition", ground.patch(above))
    undocumented = [site for site in ground.others if docstring_of(site.place.node.body) is None]
    if neighbours := _with(undocumented, _TEXT):
        yield Probe("spray", ground.patch([*right, *neighbours]))
        yield Probe("neighbour", ground.patch(neighbours[:1]))
        yield Probe("neighbour-too", ground.patch([*right, neighbours[0]]))


def _with(sites: list[Site], text: str) -> Answer:
    """The text as the first line of each body that has a line of its own."""
    bodies = ((site, site.body) for site in sites)
    return [(site, site.insert(body, text)) for site, body in bodies if body is not None]
