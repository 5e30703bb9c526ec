"""Sandboxes for the predictions of executable families, from an engine that is opened when the first is graded."""

from pathlib import Path

from pydantic import ValidationError

from hgen.engines import worker_engine
from hgen.errors import ShardError
from hgen.records import Environment
from hgen.sandbox.container import Containers
from hgen.stages.score.batch import EngineChoice
from hgen.stages.score.lines import Row


def sandboxes_of(task: Row, choice: EngineChoice, store: Path) -> Containers:
    """Sandboxes of a task's environment, whose image is built if it is not there."""
    try:
        environment = Environment.model_validate(task.get("environment"))
    except ValidationError as error:
        raise ShardError(f"the environment of {task['instance_id']} is damaged: {error}") from None
    engine = worker_engine(choice.sandbox, store, choice.cache)
    name = str(task.get("repo", task["instance_id"]))
    return engine.sandboxes(environment, base_commit=str(task.get("base_commit", "")), name=name)
