"""Where an agent's commands run: a sandbox with the task's start state."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from time import monotonic

from hgen.sandbox.base import Sandbox, Unreadable

_SCRIPT = PurePosixPath("/tmp/.agent-command")  # noqa: S108 - inside
_MOST_WORDS = 100_000
"""Bytes that are passed as an argument; Linux takes 128 KB."""
_SHOWN = 10_000
"""Characters of a command's output that the model gets to see; of more the middle is left out."""

_LEAST_SECONDS = 1.0
"""What a command has in any case."""

_QUIET = {"PAGER": "cat", "MANPAGER": "cat", "LESS": "-R", "PIP_PROGRESS_BAR": "off", "TQDM_DISABLE": "1"}


@dataclass(frozen=True)
class Output:
    """What a command did: its output with errors, and its exit status, None if it did not end by itself."""

    text: str
    status: int | None
    ended: str
    """As in ``hgen.sandbox.base.Result``, or ``refused`` for what cannot be run."""
    seconds: float = 0.0

    def shown(self) -> str:
        """The observation that the model gets."""
        text = self.text
        if len(text) > _SHOWN:
            half = _SHOWN // 2
            left_out = len(text) - 2 * half
            text = (
                f"{text[:half]}\n[{left_out} characters left out; print less, or to a file and search it]\n"
                f"{text[-half:]}"
            )
        status = (
            f"<returncode>{self.status}</returncode>" if self.status is not None else f"<ended>{self.ended}</ended>"
        )
        return f"{status}\n<output>\n{text}</output>"


class Workplace:
    """Runs commands one after the other, each in a shell of its own, in the tree that they change."""

    def __init__(self, sandbox: Sandbox, *, seconds: float, all_seconds: float) -> None:
        """``seconds`` is what one command may take, ``all_seconds`` when the last must have ended, from now on."""
        self._sandbox = sandbox
        self._seconds = seconds
        self._end = monotonic() + all_seconds
        self.seconds = 0.0
        """What all commands took."""

    def execute(self, command: str) -> Output:
        """Run a command with bash; whatever it does is an output. Raises ``SandboxError`` if the engine is at fault."""
        script = command.encode("utf-8", "surrogateescape")
        argv = ["bash", "-c", command]
        try:
            if len(script) > _MOST_WORDS:
                self._sandbox.write_file(_SCRIPT, script)
                argv = ["bash", str(_SCRIPT)]
            left = max(self._end - monotonic(), _LEAST_SECONDS)
            result = self._sandbox.exec(argv, timeout=min(self._seconds, left), env=_QUIET)
        except (ValueError, Unreadable) as refused:
            return Output(str(refused), None, "refused")
        self.seconds += result.seconds
        text = (result.stdout + result.stderr).decode("utf-8", "backslashreplace")
        return Output(text, result.exit_code, result.ended, result.seconds)

    def patch(self) -> str | None:
        """What the tree has become, as a diff against the commit; None if it cannot be read."""
        try:
            return self._sandbox.diff().decode("utf-8", "surrogateescape")
        except Unreadable:
            return None
