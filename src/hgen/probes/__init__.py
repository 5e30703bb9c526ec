"""Soundness probes: cheats that a sound task must not reward with full success."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hgen.probes import dep_search, func_localize, issue_localize
from hgen.probes.values import Probe

__all__ = ["PROBES", "Probe", "probes"]

PROBES = {
    "func-localize": func_localize.probes,
    "dep-search": dep_search.probes,
    "issue-localize": issue_localize.probes,
}
"""The catalogue of each static family."""


def probes(task: Mapping[str, object], files: Mapping[str, bytes]) -> Iterator[Probe]:
    """The cheats of the task's family that make sense for it.

    ``task`` is a task's JSON row; ``files`` the start state's contents of at least the targets' files. No probe is a
    right answer, so that a probe with full success proves the task unsound.
    """
    return PROBES[str(task["family"])](task, files)
