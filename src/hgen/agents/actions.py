"""What a trajectory's steps do: the calls of its tools, whatever harness named them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hgen.agents.commands import Command, commands

_LINES = ("command", "cmd", "script", "keystrokes", "code")
"""What tools that take a line for a shell call it."""
_SHELLS = {"bash", "execute_bash", "shell", "terminal", "run", "run_command", "execute", "bash_command", "exec"}
_EDITORS = {"str_replace_editor", "str_replace_based_edit_tool", "file_editor", "edit", "editor", "edit_file", "create"}


@dataclass(frozen=True)
class Action:
    """One call of a tool, with what came of it; or a step of the agent without any."""

    step: int
    """The ``step_id``."""
    tool: str
    """Empty for a step without a call."""
    arguments: Mapping[str, Any]
    message: str
    """What the agent says beside it."""
    observation: str

    @property
    def is_shell(self) -> bool:
        """Whether it is a line for a shell."""
        return self.tool in _SHELLS

    @property
    def is_editor(self) -> bool:
        """Whether it is a call of an editor, whose ``command`` is what that does."""
        return self.tool in _EDITORS

    @cached_property
    def line(self) -> str:
        """The line for a shell; empty for another tool."""
        if not self.is_shell:
            return ""
        return next((text for name in _LINES if isinstance(text := self.arguments.get(name), str)), "")

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """The simple commands of that line."""
        return commands(self.line) if self.line else ()


def actions(trajectory: Mapping[str, Any]) -> Iterator[Action]:
    """The agent's actions in a trajectory in ATIF, in order; what is damaged in it is passed over."""
    steps = trajectory.get("steps")
    for step in steps if isinstance(steps, Sequence) else ():
        if not isinstance(step, Mapping) or step.get("source") != "agent":
            continue
        number = step.get("step_id")
        place = number if isinstance(number, int) else 0
        said = text_of(step.get("message"))
        seen = _observations(step.get("observation"))
        calls = [call for call in step.get("tool_calls") or () if isinstance(call, Mapping)]
        if not calls:
            yield Action(place, "", {}, said, "\n".join(seen.values()))
        for count, call in enumerate(calls):
            arguments = call.get("arguments")
            name, key = str(call.get("function_name", "")), str(call.get("tool_call_id", ""))
            observed = seen.get(key, "\n".join(seen.values()) if count == 0 and "" in seen else "")
            yield Action(place, name, arguments if isinstance(arguments, Mapping) else {}, said, observed)


def text_of(content: object) -> str:
    """A message's text, also of one in parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "\n".join(
            part["text"] for part in content if isinstance(part, Mapping) and isinstance(part.get("text"), str)
        )
    return ""


def _observations(observation: object) -> dict[str, str]:
    """What came of each call, by its id; under an empty one what names none."""
    found: dict[str, str] = {}
    results = observation.get("results") if isinstance(observation, Mapping) else None
    for result in results if isinstance(results, Sequence) else ():
        if isinstance(result, Mapping):
            key = str(result.get("source_call_id") or "")
            found[key] = found.get(key, "") + text_of(result.get("content"))
    return found
