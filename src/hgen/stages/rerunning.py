"""Prove tasks of executable families, in containers with the environments of their repositories."""

from collections.abc import Mapping
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

from hgen.config import ValidateConfig
from hgen.errors import Skip
from hgen.families.base import Family
from hgen.records import Check, Environment, Task
from hgen.sandbox.container import Containers
from hgen.snapshots import Store
from hgen.testbed.building import version_of
from hgen.testbed.opening import Engine, open_engine
from hgen.testbed.proving import prove


def prove_by_tests(
    task: Task, family: Family, start: Mapping[str, bytes], *, config: ValidateConfig, store: Path, cache_folder: Path
) -> tuple[list[Check], dict[str, bool]]:
    """The checks that need running code, and which lazy answers solve the task.

    Raises ``Skip`` with the name of the check that failed, ``SandboxError`` if the engine is at fault.
    """
    if task.environment is None:
        raise Skip("start-state", "the task has no environment")
    row = task.model_dump(mode="json")
    sandboxes = _testbeds(config, store, cache_folder).sandboxes(task.environment, task)
    with Store(store).open(task.snapshot) as snapshot:
        proof = prove(
            task, start, snapshot, sandboxes, probes=list(family.probes(row, start)), lazy=list(family.lazy(row, start))
        )
    for name, score in proof.probes.items():
        if score.resolved:
            raise Skip("probe", f"the cheat {name} is a full success")
    seen = ", ".join(f"{name} {score.reward:.2f}" for name, score in proof.probes.items())
    checks = [
        Check(name="gold", passed=True, evidence=proof.gold),
        Check(name="start-fails", passed=True, evidence=proof.start),
        Check(name="probes", passed=True, evidence=seen),
    ]
    return checks, {name: score.resolved for name, score in proof.lazy.items()}


class _Testbeds:
    """Sandboxes of one environment at a time: the tasks of a repository follow each other."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: tuple[Environment, Containers] | None = None

    def sandboxes(self, environment: Environment, task: Task) -> Containers:
        """Sandboxes of an environment; those of another one are closed."""
        if self._open is None or self._open[0] != environment:
            self.leave()
            opened = self._engine.sandboxes(environment, version=version_of(task.base_commit), name=task.repo)
            self._open = environment, opened
        return self._open[1]

    def leave(self) -> None:
        """Close what is open."""
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def close(self) -> None:
        """Close what is open, and disconnect."""
        self.leave()
        self._engine.close()


@cache
def _testbeds(config: ValidateConfig, store: Path, cache_folder: Path) -> _Testbeds:
    choice = "auto" if config.sandbox == "none" else config.sandbox
    opened = _Testbeds(open_engine(choice, base=config.base_image, cache=cache_folder, store=store))
    Finalize(None, opened.close, exitpriority=10)
    return opened
