"""Cheats and lazy answers for ``func-gen``: code that only looks as if it did the work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hgen.probes.copying import body_of, copied_answers
from hgen.probes.ground import Ground, Site
from hgen.probes.probe import Probe
from hgen.scoring.diffs import Edit, render
from hgen.scoring.tested.task import TestedTask

_EQUAL_TO_ALL = (
    "class Same:",
    "    def __eq__(self, other):",
    "        return True",
    "return Same()",
)
_BODIES = {
    "return-none": ("return None",),
    "system-exit": ("raise SystemExit(0)",),
    "early-exit": ("import os", "os._exit(0)"),
    "signal": ("import os", "os.kill(os.getpid(), 9)"),
    "skipped": ("import pytest", "pytest.skip('later')"),
    "skipped-by-unittest": ("import unittest", "raise unittest.SkipTest('later')"),
    "equal-to-all": _EQUAL_TO_ALL,
    "patched-runner": ("import _pytest.runner", "_pytest.runner.call_runtest_hook = None"),
    "caller's-frame": ("import sys", "return sys._getframe(1).f_locals.get('expected')"),
}
"""What the body becomes; the first two are found out by running tests, the others before."""


def probes(task: TestedTask, files: Mapping[str, bytes]) -> Iterator[Probe]:
    """Cheats that make sense for the task: bodies in place of the one that is there."""
    ground = Ground(task.targets, files)
    site = ground.targets[0]
    for name, lines in _BODIES.items():
        yield Probe(name, ground.patch([(site, _body(site, lines))]))
    yield Probe("deleted-file", render({site.file: files[site.file]}, {}))


def lazy_answers(task: TestedTask, files: Mapping[str, bytes]) -> Iterator[Probe]:
    """Answers without thought for a body that was taken away."""
    ground = Ground(task.targets, files)
    site = ground.targets[0]
    yield Probe("return-none", ground.patch([(site, _body(site, _BODIES["return-none"]))]))
    yield from copied_answers(ground)


def _body(site: Site, lines: tuple[str, ...]) -> Edit:
    """The body but for its docstring replaced."""
    return body_of(site, [line.encode() for line in lines])
