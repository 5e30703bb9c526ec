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
from hgen.testbed.opening import Testbeds, open_engine


def sandboxes_of(task: Row, choice: EngineChoice, store: Path) -> Containers:
    """Sandboxes of a task's environment, whose image is built if it is not there."""
    try:
        environment = Environment.model_validate(task.get("environment"))
    except ValidationError as error:
        raise ShardError(f"the environment of {task['instance_id']} is damaged: {error}") from None
    version = version_of(str(task.get("base_commit", "")))
    return _testbeds(choice, store).of(environment, version=version, name=str(task.get("repo", task["instance_id"])))


@cache
def _testbeds(choice: EngineChoice, store: Path) -> Testbeds:
    opened = Testbeds(open_engine(choice.kind, base=choice.base, cache=choice.cache, store=store))
    Finalize(None, opened.close, exitpriority=10)
    return opened
