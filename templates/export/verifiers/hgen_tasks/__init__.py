"""Tasks for coding agents, made and proven by hgen, as an environment of verifiers."""

from hgen_tasks.taskset import HgenTaskset

__all__ = ["HgenTaskset"]
