"""Sandboxes for the predictions of executable families, opened when the first of them is graded."""

from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

from pydantic import ValidationError

from hgen.errors import ShardError
from hgen.records import Environment
from hgen.sandbox.container import Containers
from hgen.stages.score.batch import EngineChoice
from hgen.stages.score.lines import Row
from hgen.testbed.building import version_of
from hgen.testbed.opening import Engine, open_engine


class _Testbeds:
    """Sandboxes of one environment at a time: the tasks of a repository follow each other."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._open: tuple[Environment, Containers] | None = None

    def of(self, environment: Environment, *, version: str, name: str) -> Containers:
        """Sandboxes of an environment; those of another one are closed."""
        if self._open is None or self._open[0] != environment:
            self._leave()
            self._open = environment, self._engine.sandboxes(environment, version=version, name=name)
        return self._open[1]

    def close(self) -> None:
        """Close what is open, and disconnect."""
        self._leave()
        self._engine.close()

    def _leave(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None


def sandboxes_of(task: Row, choice: EngineChoice, store: Path) -> Containers:
    """Sandboxes of a task's environment, whose image is built if it is not there."""
    try:
        environment = Environment.model_validate(task.get("environment"))
    except ValidationError as error:
        raise ShardError(f"the environment of {task['instance_id']} is damaged: {error}") from None
    version = version_of(str(task.get("base_commit", "")))
    return _testbeds(choice, store).of(environment, version=version, name=str(task.get("repo", task["instance_id"])))


@cache
def _testbeds(choice: EngineChoice, store: Path) -> _Testbeds:
    opened = _Testbeds(open_engine(choice.kind, base=choice.base, cache=choice.cache, store=store))
    Finalize(None, opened.close, exitpriority=10)
    return opened
