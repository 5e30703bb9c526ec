"""Models by name: the scripted ones, and all others at an endpoint."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hgen.agents import scripted
from hgen.agents.conversation import TOOL, ConversationTooLongError, Message, Model, Reply, ToolCall, Usage
from hgen.config import Config, EndpointConfig
from hgen.endpoint.budget import OverBudget
from hgen.endpoint.client import Endpoint, Unanswered, require_usable
from hgen.errors import MachineError
from hgen.records import AgentSettings, Task

SCRIPTED: Mapping[str, Callable[[Task], Model]] = {"oracle": scripted.oracle, "nop": scripted.nop}
"""Models that need no endpoint, each made for a task."""


class BudgetSpentError(MachineError):
    """A run is not begun, or not gone on with, as it might cost more than is left."""


def require_model(settings: AgentSettings, config: Config) -> None:
    """Raise ``ConfigError`` unless the model can be asked."""
    if settings.model not in SCRIPTED:
        require_usable(_endpoint(settings, config))


@contextmanager
def model_for(settings: AgentSettings, task: Task, sample: int, config: Config, replies: Path) -> Iterator[Model]:
    """The model that the settings name, for one run; ``replies`` is where what an endpoint answers is kept."""
    if settings.model in SCRIPTED:
        yield SCRIPTED[settings.model](task)
        return
    with Endpoint(_endpoint(settings, config), replies, base_url=settings.base_url) as endpoint:
        yield AtEndpoint(endpoint, settings, task.instance_id, sample)


def seed_of(settings: AgentSettings, sample: int) -> int | None:
    """The seed of a task's k-th run: with the same one, an endpoint may answer all of them alike."""
    return None if settings.seed is None else settings.seed + sample - 1


class AtEndpoint:
    """A language model that is asked for what to do next; a run that was stopped is not paid for again."""

    def __init__(self, endpoint: Endpoint, settings: AgentSettings, instance_id: str, sample: int) -> None:
        self._endpoint = endpoint
        # The first questions of a task's samples are the same.
        self._salt = f"{instance_id} sample {sample}"
        self._sent: dict[str, Any] = {"tools": [dict(TOOL)]}
        if settings.temperature is not None:
            self._sent["temperature"] = settings.temperature
        if settings.seed is not None:
            self._sent["seed"] = seed_of(settings, sample)

    def query(self, messages: Sequence[Message]) -> Reply:
        """The next reply; see ``Model``."""
        try:
            reply = self._endpoint.ask({"messages": list(messages), **self._sent}, salt=self._salt)
        except Unanswered as unanswered:
            raise ConversationTooLongError(str(unanswered)) from None
        except OverBudget as over:
            raise BudgetSpentError(f"the budget is spent ({over}); raise it, and run again") from None
        config, used = self._endpoint.config, reply.usage
        priced = config.input_price or config.output_price
        return Reply(
            content=reply.text or reply.refusal,
            tool_calls=tuple(
                ToolCall(call.id or f"call_{len(messages)}_{place}", call.name, call.arguments)
                for place, call in enumerate(reply.calls)
            ),
            reasoning=reply.reasoning,
            usage=Usage(
                prompt_tokens=used.input_tokens,
                completion_tokens=used.output_tokens,
                cost=used.cost(config) if priced else None,
            ),
        )


def _endpoint(settings: AgentSettings, config: Config) -> EndpointConfig:
    return config.endpoint.model_copy(update={"model": settings.model})
