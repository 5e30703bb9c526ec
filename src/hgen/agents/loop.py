"""The plain loop: ask the model, run what it calls, tell it what came out, until it submits or meets a limit."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from hgen.agents.conversation import SUBMIT, ConversationTooLongError, Message, Model, Reply, ToolCall, Usage
from hgen.agents.workplace import Output, Workplace

_SAME = 6
"""How often in a row the same command with the same output may be run."""
_SILENT = 3
"""How many replies in a row may call no tool."""

_REMINDER = (
    "Your reply calls no tool. Go on with the task by calling bash; when it is done, run "
    f"`echo {SUBMIT}` by itself, which ends your work."
)


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a conversation begins with."""

    system: str
    task: str

    def messages(self) -> list[Message]:
        """The first two messages."""
        return [{"role": "system", "content": self.system}, {"role": "user", "content": self.task}]


@dataclass(frozen=True, kw_only=True)
class RunLimits:
    """When a run ends that does not end itself; seconds are wall time."""

    turns: int
    seconds: float


@dataclass
class Conversation:
    """What was said, and how it ended."""

    messages: list[Message]
    replies: list[Reply] = field(default_factory=list)
    """Those of the model, in the order of its messages."""
    exit_status: str = ""
    """``submitted``, or the limit that was met; see ``EXITS``."""

    def usage(self) -> Usage:
        """What all replies cost."""
        total = Usage()
        for reply in self.replies:
            total = total + (reply.usage or Usage())
        return total


EXITS = {
    "submitted": "the agent said that it was done",
    "turns": "it had taken all its turns",
    "seconds": "its time was over",
    "silent": "it called no tool, several times in a row",
    "looping": "it ran the same command with the same output, several times in a row",
    "context": "the conversation was too long for the model, or its provider would not have it",
    "sandbox": "it ended its sandbox",
    "format": "it wrote calls that cannot be read, several times in a row",
}
"""How runs end."""

Harness = Callable[[Model, Workplace, Prompt, RunLimits], Conversation]
"""What drives a model through a task."""


def plain(model: Model, workplace: Workplace, prompt: Prompt, limits: RunLimits) -> Conversation:
    """The loop that needs nothing but hgen."""
    talk = Conversation(prompt.messages())
    started, silent = monotonic(), 0
    recent: deque[tuple[str, str]] = deque(maxlen=_SAME)
    while not talk.exit_status:
        if len(talk.replies) >= limits.turns:
            talk.exit_status = "turns"
        elif monotonic() - started >= limits.seconds:
            talk.exit_status = "seconds"
        else:
            try:
                reply = model.query(talk.messages)
            except ConversationTooLongError:
                talk.exit_status = "context"
                break
            talk.replies.append(reply)
            talk.messages.append(reply.message())
            silent = 0 if reply.tool_calls else silent + 1
            if silent == _SILENT:
                talk.exit_status = "silent"
            elif silent:
                talk.messages.append({"role": "user", "content": _REMINDER})
            for call in reply.tool_calls:
                _answer(call, workplace, talk, recent)
    return talk


def _answer(call: ToolCall, workplace: Workplace, talk: Conversation, recent: deque[tuple[str, str]]) -> None:
    """Do what a call says, unless the run has ended with one before it; every call is answered."""
    content = "not run: the run has ended"
    if not talk.exit_status:
        command, problem = command_of(call)
        if command is None:
            recent.append(("", problem))
            content = problem
        else:
            output = workplace.execute(command)
            content = output.shown()
            recent.append((command, content))
            if is_submission(output):
                talk.exit_status = "submitted"
            elif output.ended == "died":
                talk.exit_status = "sandbox"
        if not talk.exit_status and len(recent) == _SAME and len(set(recent)) == 1:
            talk.exit_status = "format" if command is None else "looping"
    talk.messages.append({"role": "tool", "tool_call_id": call.id, "content": content})


def command_of(call: ToolCall) -> tuple[str | None, str]:
    """The command that a call wants run; None, and what is wrong with it."""
    if call.name != "bash":
        return None, f"there is no tool {call.name!r}; the only one is bash"
    try:
        arguments: Any = json.loads(call.arguments)
    except (ValueError, RecursionError) as error:
        return None, f"the arguments are no JSON: {error}"
    if not isinstance(arguments, dict) or not isinstance(arguments.get("command"), str):
        return None, 'the arguments must be an object with the text "command"'
    return arguments["command"], ""


def is_submission(output: Output) -> bool:
    """Whether a command said that the work is done."""
    return output.status == 0 and output.text.lstrip().partition("\n")[0].strip() == SUBMIT
