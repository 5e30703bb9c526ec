"""Soundness probes: cheats that a sound task must not reward with full success, a module for each family's."""

from hgen.probes.probe import Probe

__all__ = ["Probe"]
