"""Cheats and lazy answers for ``verify-repair``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hgen.probes.copying import copied_answers
from hgen.probes.func_gen import probes
from hgen.probes.ground import Ground
from hgen.probes.probe import Probe
from hgen.scoring.tested.task import TestedTask

__all__ = ["lazy_answers", "probes"]


def lazy_answers(task: TestedTask, files: Mapping[str, bytes]) -> Iterator[Probe]:
    """Trust the candidate, or put in its place what copying gives."""
    yield Probe("leave-it", "")
    yield from copied_answers(Ground(task.targets, files))
