"""Run git so that neither a repository nor the environment can make it do anything but move and read objects."""

import math
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hgen.errors import MachineError, NetworkError
from hgen.passwords import without_passwords
from hgen.sources.urls import SCHEMES

# Of git's own variables, those that say how to reach a server. The others point it at other repositories, or give it
# configuration, helpers and programs to run.
_KEPT = frozenset({"GIT_ASKPASS", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"})

_FORCED = {
    "GIT_ALLOW_PROTOCOL": ":".join(sorted(SCHEMES)),
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}

_NO_CONFIG = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}

# What a user's own configuration may say, and must not happen here.
_OPTIONS = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.attributesFile=/dev/null"),
    *("-c", "fetch.recurseSubmodules=false"),
    # Objects come as a whole pack or not at all, so that a commit that is there has its files.
    *("-c", "fetch.unpackLimit=1"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
)


class GitError(MachineError):
    """Git said no; the message is what it wrote. Says nothing about a repository, unless whoever asked knows better."""


@dataclass(frozen=True)
class Git:
    """A bare repository of our own, the only one whose configuration git reads."""

    directory: Path
    lock: int | None = None
    """A descriptor that git keeps open, so that a lock outlives an hgen that is killed before its git is."""
    silence: float = 30.0
    """Seconds without a byte after which a server counts as gone."""

    def run(
        self, *arguments: str, timeout: float | None = None, user_config: bool = False, index: Path | None = None
    ) -> str:
        """Run a git command to its end; what it printed.

        ``user_config`` lets the user's own configuration apply, which knows proxies and passwords: for talking to
        servers only. Raises ``GitError`` if git fails, ``NetworkError`` if it takes longer than ``timeout`` seconds.
        """
        with self.start(*arguments, user_config=user_config, index=index) as process:
            try:
                output, errors = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                raise NetworkError(f"git {arguments[0]} was not done in {timeout:g} seconds") from None
        if process.returncode:
            message = without_passwords(errors.decode(errors="replace").strip())
            raise GitError(message or f"git {arguments[0]} failed with exit status {process.returncode}")
        return output.decode(errors="surrogateescape")

    @contextmanager
    def start(
        self, *arguments: str, user_config: bool = False, index: Path | None = None, stdin: int = subprocess.DEVNULL
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a git command beside us; it and its helpers are gone when the block ends, whatever happens."""
        command = ["git", f"--git-dir={self.directory}", *_OPTIONS, *arguments]
        environment = _environment(user_config=user_config)
        environment |= {"GIT_HTTP_LOW_SPEED_LIMIT": "1", "GIT_HTTP_LOW_SPEED_TIME": str(math.ceil(self.silence))}
        if index:
            environment["GIT_INDEX_FILE"] = str(index)
        try:
            process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if stdin == subprocess.DEVNULL else subprocess.DEVNULL,
                env=environment,
                # A group of its own to end as a whole, and no terminal to ask for passwords on.
                start_new_session=True,
                pass_fds=() if self.lock is None else (self.lock,),
            )
        except FileNotFoundError:
            raise MachineError("git is not installed") from None
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)


def create(directory: Path, *, object_format: str = "sha1") -> Git:
    """Make an empty bare repository, without hooks or templates; one that is there already stays as it is."""
    directory.mkdir(parents=True, exist_ok=True)
    git = Git(directory)
    git.run("init", "--quiet", "--bare", "--template=", f"--object-format={object_format}")
    return git


def find_commit(git: Git, revision: str) -> str | None:
    """The full hash of the commit that a revision means, or nothing."""
    try:
        return git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    except GitError:
        return None


def _environment(*, user_config: bool) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _KEPT}
    return kept | _FORCED | ({} if user_config else _NO_CONFIG)
