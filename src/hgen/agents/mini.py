"""The harness ``mini``: the agent class of mini-swe-agent, over hgen's models and sandboxes.

Comes with ``pip install hgen[agents]``. Everything about it is mini-swe-agent's but the prompt, the model and the place
where commands run.
"""

import os
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from hgen.agents.conversation import ConversationTooLongError, Message, Model, Reply
from hgen.agents.loop import Conversation, Prompt, RunLimits, is_submission
from hgen.agents.workplace import Workplace
from hgen.errors import ConfigError

_STATUS = {
    "Submitted": "submitted",
    "LimitsExceeded": "turns",
    "TimeExceeded": "seconds",
    "RepeatedFormatError": "format",
    "ConversationTooLong": "context",
    "SandboxDied": "sandbox",
}


def mini(model: Model, workplace: Workplace, prompt: Prompt, limits: RunLimits) -> Conversation:
    """Run ``minisweagent.agents.default.DefaultAgent``; raises ``ConfigError`` if it is not installed."""
    # Else it greets the user on standard output.
    os.environ.setdefault("MSWEA_SILENT_STARTUP", "1")
    try:
        from minisweagent.agents.default import DefaultAgent  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            f"the harness mini needs mini-swe-agent ({error}): pip install 'hgen[agents]', or --harness plain"
        ) from None
    adapted = _Model(model)
    agent = DefaultAgent(
        adapted,
        _Environment(workplace),
        system_template="{{ system }}",
        instance_template="{{ task }}",
        step_limit=limits.turns,
        cost_limit=0.0,
        wall_time_limit_seconds=max(1, int(limits.seconds)),
    )
    said = agent.run(prompt.task, system=prompt.system)
    status = str(said.get("exit_status", ""))
    return Conversation(
        [_plain(message) for message in agent.messages if message["role"] != "exit"],
        adapted.replies,
        _STATUS.get(status, status or "ended"),
    )


class _Model:
    """A model as mini-swe-agent takes it."""

    def __init__(self, model: Model) -> None:
        self.config = SimpleNamespace(model_name="hgen")
        self.replies: list[Reply] = []
        self._model = model

    def query(self, messages: Sequence[Message], **kwargs: object) -> Message:
        """The next message, with the commands that it asks for."""
        from minisweagent.exceptions import FormatError, InterruptAgentFlow  # noqa: PLC0415
        from minisweagent.models.utils.actions_toolcall import parse_toolcall_actions  # noqa: PLC0415

        del kwargs
        try:
            reply = self._model.query([_plain(message) for message in messages])
        except ConversationTooLongError:
            raise InterruptAgentFlow(_exit("ConversationTooLong")) from None
        self.replies.append(reply)
        calls = [
            SimpleNamespace(id=call.id, function=SimpleNamespace(name=call.name, arguments=call.arguments))
            for call in reply.tool_calls
        ]
        message = reply.message()
        message["extra"] = {"cost": (reply.usage.cost or 0.0) if reply.usage else 0.0}
        try:
            message["extra"]["actions"] = parse_toolcall_actions(calls, format_error_template="{{ error }}")
        except FormatError as error:
            # It would forget the reply, and endpoints want an answer to each call.
            told = str(error.messages[0]["content"])
            answers = [{"role": "tool", "tool_call_id": call.id, "content": told} for call in reply.tool_calls]
            raise FormatError(message, *(answers or [{"role": "user", "content": told}])) from None
        return message

    def format_message(self, **fields: object) -> Message:
        """A message as it is."""
        return dict(fields)

    def format_observation_messages(
        self, message: Message, outputs: list[dict[str, Any]], template_vars: object = None
    ) -> list[Message]:
        """What the commands of a message did, for the model."""
        del template_vars
        return [
            {"role": "tool", "tool_call_id": action["tool_call_id"], "content": output["shown"]}
            for action, output in zip(message["extra"]["actions"], outputs, strict=False)
        ]

    def get_template_vars(self, **kwargs: object) -> dict[str, object]:
        """None."""
        return {}

    def serialize(self) -> dict[str, object]:
        """Nothing."""
        return {}


class _Environment:
    """A sandbox as mini-swe-agent takes it."""

    def __init__(self, workplace: Workplace) -> None:
        self.config = SimpleNamespace()
        self._workplace = workplace

    def execute(self, action: dict[str, Any], cwd: str = "") -> dict[str, Any]:
        """Run a command; ends the run where it says so, or takes the sandbox with it."""
        from minisweagent.exceptions import InterruptAgentFlow, Submitted  # noqa: PLC0415

        del cwd
        output = self._workplace.execute(str(action.get("command", "")))
        if is_submission(output):
            raise Submitted(_exit("Submitted"))
        if output.ended == "died":
            raise InterruptAgentFlow(_exit("SandboxDied"))
        return {"output": output.text, "returncode": output.status, "shown": output.shown()}

    def get_template_vars(self, **kwargs: object) -> dict[str, object]:
        """None."""
        return {}

    def serialize(self) -> dict[str, object]:
        """Nothing."""
        return {}


def _exit(status: str) -> Message:
    return {"role": "exit", "content": "", "extra": {"exit_status": status, "submission": ""}}


def _plain(message: Message) -> Message:
    return {name: value for name, value in message.items() if name != "extra"}
