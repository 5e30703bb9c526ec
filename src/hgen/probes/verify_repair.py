"""Cheats and lazy answers for ``verify-repair``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hgen.probes.func_gen import probes
from hgen.probes.probe import Probe
from hgen.scoring.tested.task import TestedTask

__all__ = ["lazy_answers", "probes"]


def lazy_answers(task: TestedTask, files: Mapping[str, bytes]) -> Iterator[Probe]:
    """Trust the candidate: submit no change."""
    del task, files
    yield Probe("leave-it", "")
