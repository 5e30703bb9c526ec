"""Models by name: the scripted ones, and all others at an endpoint."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hgen.agents import scripted
from hgen.agents.conversation import Model
from hgen.config import Config
from hgen.errors import ConfigError
from hgen.records import AgentSettings, Task

SCRIPTED: Mapping[str, Callable[[Task], Model]] = {"oracle": scripted.oracle, "nop": scripted.nop}
"""Models that need no endpoint, each made for a task."""


def require_model(settings: AgentSettings, config: Config) -> None:
    """Raise ``ConfigError`` unless the model can be asked."""
    del config
    if settings.model not in SCRIPTED:
        raise ConfigError(f"there is no model {settings.model!r}")


@contextmanager
def model_for(settings: AgentSettings, task: Task, sample: int, config: Config, replies: Path) -> Iterator[Model]:
    """The model that the settings name, for one run."""
    if settings.model in SCRIPTED:
        yield SCRIPTED[settings.model](task)
        return
    raise ConfigError(f"there is no model {settings.model!r}")
