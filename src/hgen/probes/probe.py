"""A probe as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Probe:
    """A cheat: a diff against a task's start state that is no right answer."""

    name: str
    patch: str
