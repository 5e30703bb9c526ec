"""What an agent and its model say to each other: messages of the chat-completions API, and the replies to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Message: TypeAlias = dict[str, Any]
"""A message of the chat-completions API: ``role``, ``content``, of an assistant ``tool_calls``, of a tool
``tool_call_id``."""

TOOL: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": "bash",
        "description": "Run a command with bash, in a new shell at the top of the repository.",
        "parameters": {
            "type": "object",
            "properties": {"command": {"type": "string", "description": "The command."}},
            "required": ["command"],
        },
    },
}
"""The one tool that agents have."""

SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
"""A command that prints this line first ends the run, as in mini-swe-agent."""


@dataclass(frozen=True)
class ToolCall:
    """A tool that a model calls."""

    id: str
    name: str
    arguments: str
    """JSON, as the model wrote it."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a reply cost: tokens, and US dollars where the endpoint or the user says so."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None

    def __add__(self, other: "Usage") -> "Usage":
        known = [cost for cost in (self.cost, other.cost) if cost is not None]
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cost=sum(known) if known else None,
        )


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a model answers."""

    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    usage: Usage | None = None
    """None for a model that is none, such as ``oracle``."""

    def message(self) -> Message:
        """The message that stands for the reply in a conversation."""
        message: Message = {"role": "assistant", "content": self.content}
        if self.tool_calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.tool_calls
            ]
        return message


class ConversationTooLongError(Exception):
    """The model takes no conversation of this length, or its provider none with this content."""


class Model(Protocol):
    """What answers: a language model at an endpoint, or a script that needs none."""

    def query(self, messages: Sequence[Message]) -> Reply:
        """The next reply, with ``TOOL`` to call.

        Raises ``ConversationTooLongError``, and ``MachineError`` if the endpoint is at fault.
        """
        ...
