"""Models that are none: they show the whole loop without an endpoint, and calibrate what comes out of it."""

import json
from collections.abc import Iterator, Sequence

from hgen.agents.conversation import SUBMIT, Message, Reply, ToolCall
from hgen.records import Task

_END = "HGEN_END_OF_THE_DIFF"


class Scripted:
    """Runs commands that are settled beforehand, then submits."""

    def __init__(self, commands: Iterator[str]) -> None:
        self._commands = commands
        self._calls = 0

    def query(self, messages: Sequence[Message]) -> Reply:
        """The next command."""
        del messages
        command = next(self._commands, f"echo {SUBMIT}")
        self._calls += 1
        call = ToolCall(f"call_{self._calls}", "bash", json.dumps({"command": command}))
        return Reply(content="", tool_calls=(call,))


def oracle(task: Task) -> Scripted:
    """Applies the reference answer: every run earns 1."""
    end = _END
    while end in task.patch:
        end += "_"
    return Scripted(iter([f"git apply --whitespace=nowarn - <<'{end}'\n{task.patch}{end}\n"]))


def nop(task: Task) -> Scripted:
    """Does nothing: no run earns anything, but where the right answer is no change."""
    del task
    return Scripted(iter([]))
