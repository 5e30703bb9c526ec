"""What a sandbox promises, whichever engine is behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import TracebackType
from typing import Literal, Protocol, Self

from hgen.errors import ConfigError
from hgen.sandbox.layout import TREE, StartState

Ended = Literal["exited", "timeout", "flooded", "died"]
"""How a command ended: by itself, at its time limit, at its output limit, or because it took the sandbox with it."""


class Unreadable(Exception):  # noqa: N818 - not an error of hgen: a result of the code in the sandbox
    """What the code in the sandbox left behind cannot be read: missing, not a regular file, or over the limit."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one sandbox may use; sizes in bytes, times in seconds."""

    memory: int = 512 << 20
    cpus: float = 1.0
    processes: int = 64
    disk: int = 128 << 20
    """Free space beside the start state, in its folder."""
    inodes: int = 20_000
    """Files that can be added to the start state; also how many fit into each of the other folders."""
    scratch: int = 64 << 20
    """Size of ``/tmp``; ``/dev/shm`` has a quarter of it."""
    venv: int = 0
    """Size of ``/opt/venv`` if commands may write there, as where an environment is built; with 0 it is the image's."""
    output: int = 1 << 20
    """Standard output and standard error of one command, together."""
    lifetime: float = 3600.0
    """After this the engine ends the sandbox, even when nobody is left who could."""

    def __post_init__(self) -> None:
        # These file systems live in the sandbox's own memory: filling them must not leave it without any.
        if self.disk + self.venv + self.scratch * 5 // 4 > self.memory * 3 // 4:
            raise ConfigError(
                f"sandbox limits: disk {self.disk + self.venv} + scratch {self.scratch} bytes need more than "
                f"three quarters of memory {self.memory}; raise memory or lower them"
            )


@dataclass(frozen=True)
class Result:
    """What a command did; any outcome of foreign code is a result, never an exception."""

    ended: Ended
    exit_code: int | None
    """None unless ``ended`` is ``exited``; 137 is how running out of memory looks."""
    stdout: bytes
    stderr: bytes
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether the command ended by itself with status 0."""
        return self.exit_code == 0


class Sandbox(Protocol):
    """One container with a writable copy of a start state, which is a git repository of one commit.

    Every method raises ``SandboxError`` if the engine, rather than the code inside, is at fault.
    """

    def exec(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        cwd: PurePosixPath = TREE,
        as_grader: bool = False,
    ) -> Result:
        """Run a command; one at a time. When it has ended, none of its processes is left.

        The environment is ``env`` and a fixed minimum, nothing of the user's. A relative ``cwd`` starts at the tree.
        With ``as_grader`` it runs as a second unprivileged user, whose processes the code in the sandbox can neither
        signal nor trace. Raises ``ValueError`` for what Linux or the engines' API cannot pass on: words with NUL, not
        in UTF-8 or too long, strange names of variables, a time limit that is none.
        """
        ...

    def write_file(self, path: PurePosixPath, content: bytes, *, executable: bool = False) -> None:
        """Write a file as the sandboxed user, making folders as needed; raises ``Unreadable`` if that user cannot."""
        ...

    def hide_file(self, name: str, content: bytes) -> PurePosixPath:
        """Lay a file where only commands run ``as_grader`` can read it and nobody inside can write it."""
        ...

    def diff(self) -> bytes:
        """What changed in the tree since the start, as a git diff made outside; raises ``Unreadable``.

        Nothing in the sandbox is trusted for it: neither its git, nor its configuration, nor its attributes.
        """
        ...

    def close(self) -> None:
        """Remove everything; returns at once, the work is done in the background."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Sandboxes(Protocol):
    """Where sandboxes come from; may be used from several threads."""

    def start(self, state: StartState) -> Sandbox:
        """A sandbox ready for commands, with a pristine copy of the start state."""
        ...
