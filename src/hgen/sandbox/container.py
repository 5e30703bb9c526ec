"""A sandbox as a container, and the factory that starts them."""

import io
import secrets
import tarfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from types import TracebackType
from typing import Self

from hgen.errors import SandboxError
from hgen.sandbox import execution, hostgit, labels, terminal
from hgen.sandbox.archive import open_folder, single
from hgen.sandbox.base import Limits, Result, Unreadable
from hgen.sandbox.client import Client
from hgen.sandbox.confinement import Volume
from hgen.sandbox.layout import AGENT, GRADER, HIDDEN, KEEPER, TREE, StartState
from hgen.sandbox.removal import Remover

VENV = "/opt/venv"
"""Where the Python of an environment is installed."""

_WORK = str(TREE.parent)
_ROOT = PurePosixPath("/")

_MINIMUM = {
    "PATH": "/opt/venv/bin:/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
}

# The first process of a container collects orphans when SIGCHLD is ignored, and its end is the container's.
_FIRST = ("/usr/bin/env", "-i", "--ignore-signal=CHLD", "/bin/sleep")

_SHELL = "command -v bash >/dev/null && exec bash --norc; exec sh -i"

_FILE_SECONDS = 30.0
_INCOMING = "incoming"
_PACKERS = 4


class Containers:
    """Starts sandboxes from one image of one engine; may be used from several threads.

    Use it in a ``with`` block: leaving it removes everything that is still there.
    """

    def __init__(self, client: Client, image: str, limits: Limits) -> None:
        self.client = client
        self.image = image
        self.limits = limits
        self._remover = Remover(client)
        self._packer = ThreadPoolExecutor(_PACKERS, "hgen-packer")
        self._started: dict[str, Sequence[str]] = {}

    def start(self, state: StartState) -> "ContainerSandbox":
        """A sandbox ready for commands, with a pristine copy of the start state."""
        token = secrets.token_hex(6)
        limits = self.limits
        marks = labels.own(limits.lifetime)
        size = state.size + limits.disk
        # Packed while the engine makes the container.
        archive = self._packer.submit(getattr, state, "archive")
        volumes = [
            Volume(f"hgen-{token}-work", _WORK, size, state.inodes + limits.inodes, "755"),
            Volume(f"hgen-{token}-tmp", "/tmp", limits.scratch, limits.inodes, "1777"),  # noqa: S108 - inside
            Volume(f"hgen-{token}-shm", "/dev/shm", limits.scratch // 4, limits.inodes, "1777"),  # noqa: S108 - inside
        ]
        if limits.venv:
            volumes.append(Volume(f"hgen-{token}-venv", VENV, limits.venv, limits.inodes, "1777"))
        container = ""
        try:
            for volume in volumes:
                self.client.create_volume(volume, marks)
            container = self.client.create_container(
                self.image,
                [*_FIRST, f"{limits.lifetime:.0f}"],
                user=f"{KEEPER}:{KEEPER}",
                volumes=volumes,
                labels=marks,
                memory=limits.memory,
                cpus=limits.cpus,
                processes=limits.processes,
            )
            self.client.start(container)
            self.client.put(container, _WORK, archive.result())
            if self.client.kind == "podman":
                # Podman gives a volume the owner and mode that its folder has in the image.
                for folder in ("/dev/shm", *([VENV] if limits.venv else [])):  # noqa: S108 - inside
                    self.client.put(container, folder, open_folder())
        except BaseException:
            self._remover.put(container, [volume.name for volume in volumes])
            raise
        self._started[container] = [volume.name for volume in volumes]
        return ContainerSandbox(self, container, state)

    def remove(self, container: str) -> None:
        """Remove a sandbox's container and volumes in the background."""
        volumes = self._started.pop(container, None)
        if volumes is not None:
            self._remover.put(container, volumes)

    def close(self) -> None:
        """Remove every sandbox, closed or not, wait until they are gone, and disconnect."""
        for container in list(self._started):
            self.remove(container)
        self._packer.shutdown()
        self._remover.close()
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ContainerSandbox:
    """The ``Sandbox`` over one container; for one thread at a time."""

    def __init__(self, origin: Containers, container: str, state: StartState) -> None:
        self.container = container
        self._origin = origin
        self._client = origin.client
        self._state = state
        self._open = True
        self._alive = True
        self._foreign_code_ran = False

    def exec(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None = None,
        cwd: PurePosixPath = TREE,
        as_grader: bool = False,
    ) -> Result:
        """Run a command; see ``Sandbox.exec``."""
        return self._run(
            argv, timeout=timeout, env=env, cwd=cwd, as_grader=as_grader, output_limit=self._origin.limits.output
        )

    def shell(self) -> int | None:
        """Connect this process's terminal to a shell in the tree until that ends; gives its exit status."""
        words = [f"{name}={value}" for name, value in {**_MINIMUM, "HOME": "/tmp", "TERM": "xterm"}.items()]  # noqa: S108 - inside
        argv = ["/usr/bin/env", "-i", *words, "/bin/sh", "-c", _SHELL]
        self._foreign_code_ran = True
        return terminal.connect(self._client, self._opened(), argv, user=AGENT, folder=str(TREE))

    def write_file(self, path: PurePosixPath, content: bytes, *, executable: bool = False) -> None:
        """Write a file as the sandboxed user."""
        # Copied by that user from a folder which is root's: the engine must not follow a link that foreign code laid.
        self._client.put(self._opened(), _WORK, single(_INCOMING, content, owner=(0, AGENT), mode=0o440))
        mode = "755" if executable else "644"
        done = self._own(["install", "-D", "-m", mode, "--", f"{_WORK}/{_INCOMING}", str(TREE / path)])
        if not done.ok:
            raise Unreadable(_why(f"cannot write {path}", done))

    def hide_file(self, name: str, content: bytes) -> PurePosixPath:
        """Lay a file for the grader alone."""
        self._client.put(self._opened(), str(HIDDEN), single(name, content, owner=(0, GRADER), mode=0o640))
        return HIDDEN / name

    def diff(self) -> bytes:
        """What changed in the tree since the start, ``.git`` aside."""
        # Readable first: the user owns all of it, and git keeps no read permissions.
        script = 'chmod -R u+rwX "$0" && exec tar -C "$0" --exclude=./.git --hard-dereference --format=gnu -cf - .'
        done = self._own(["/bin/sh", "-c", script, str(TREE)])
        if not done.ok:
            raise Unreadable(_why("cannot read the tree", done))
        return hostgit.diff(self._state.tree, _entries(done.stdout))

    def close(self) -> None:
        """Remove the container and its volumes in the background."""
        if self._open:
            self._open = False
            self._origin.remove(self.container)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _own(self, argv: Sequence[str]) -> Result:
        limits = self._origin.limits
        limit = self._state.size + limits.disk + limits.inodes * 1024
        return self._run(argv, timeout=_FILE_SECONDS, env=None, cwd=_ROOT, as_grader=False, output_limit=limit)

    def _run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,
        env: Mapping[str, str] | None,
        cwd: PurePosixPath,
        as_grader: bool,
        output_limit: int,
    ) -> Result:
        container = self._opened()
        if not self._alive:
            return execution.DIED
        if as_grader and self._foreign_code_ran:
            execution.sweep(self._client, container, AGENT)
        self._foreign_code_ran = self._foreign_code_ran or not as_grader
        home = "/nonexistent" if as_grader else "/tmp"  # noqa: S108 - inside
        result, self._alive = execution.run(
            self._client,
            container,
            argv,
            user=GRADER if as_grader else AGENT,
            environment={**_MINIMUM, "HOME": home, **(env or {})},
            cwd=str(TREE / cwd),
            timeout=timeout,
            output_limit=output_limit,
        )
        return result

    def _opened(self) -> str:
        if not self._open:
            raise SandboxError("this sandbox is closed")
        return self.container


def _entries(archive: bytes) -> dict[bytes, hostgit.GitFile]:
    tree: dict[bytes, hostgit.GitFile] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:", errors="surrogateescape") as members:
            for member in members:
                path = member.name.removeprefix("./").encode("utf-8", "surrogateescape")
                if member.issym():
                    tree[path] = hostgit.GitFile(hostgit.SYMLINK, member.linkname.encode("utf-8", "surrogateescape"))
                elif member.isreg():
                    content = members.extractfile(member)
                    mode = hostgit.EXECUTABLE if member.mode & 0o100 else hostgit.REGULAR
                    tree[path] = hostgit.GitFile(mode, content.read() if content else b"")
    except tarfile.TarError as error:
        raise Unreadable(f"cannot read the tree: {error}") from error
    return {path: entry for path, entry in tree.items() if b".git" not in path.lower().split(b"/")}


def _why(doing: str, done: Result) -> str:
    said = done.stderr.decode(errors="replace").strip()[-500:]
    return f"{doing}: {said or done.ended}"
