"""The calls to a container engine that a sandbox needs: docker-py behind types, its troubles as ``SandboxError``."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal
from urllib.parse import urlsplit

import docker
from docker.errors import APIError, DockerException, NotFound
from docker.types import Mount
from docker.utils.socket import STDOUT, frames_iter
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from hgen.errors import SandboxError

Kind = Literal["docker", "podman"]
State = Literal["running", "ended", "lost"]


class EngineRefusal(SandboxError):  # noqa: N818 - an error, by its base
    """The engine answered, and said no."""


@dataclass(frozen=True)
class Resource:
    """A container or a volume that the engine lists, by its identifier or name."""

    name: str
    labels: Mapping[str, str]
    running: bool


@dataclass(frozen=True)
class Volume:
    """A file system in memory, its size and number of files fixed when it is made."""

    name: str
    mount: str
    size: int
    inodes: int
    mode: str


class Client:
    """A connection to one engine; its methods raise ``SandboxError`` and may be called from several threads."""

    def __init__(self, url: str, *, timeout: float = 60.0) -> None:
        self.url = url
        with self._trouble("connect"):
            _knock(url, timeout)
            self._api: Any = docker.APIClient(base_url=url, timeout=timeout, version="auto")
            answer = self._api.version()
        names = {component.get("Name", "") for component in answer.get("Components") or ()}
        self.kind: Kind = "podman" if any("Podman" in name for name in names) else "docker"
        self.version: str = answer["Version"]

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def info(self) -> Mapping[str, Any]:
        """What the engine says about itself."""
        with self._trouble("ask for information"):
            answer: dict[str, Any] = self._api.info()
        return answer

    def create_volume(self, volume: Volume, labels: Mapping[str, str]) -> None:
        """Make an empty volume."""
        # In pages, because Podman refuses ``size=`` here.
        options = f"nr_blocks={-(-volume.size // 4096)},nr_inodes={volume.inodes},mode={volume.mode},nosuid,nodev"
        with self._trouble(f"create the volume {volume.name}"):
            self._api.create_volume(
                volume.name,
                driver="local",
                driver_opts={"type": "tmpfs", "device": "tmpfs", "o": options},
                labels=dict(labels),
            )

    def create_container(
        self,
        image: str,
        argv: Sequence[str],
        *,
        user: str,
        volumes: Sequence[Volume],
        labels: Mapping[str, str],
        memory: int,
        cpus: float,
        processes: int,
    ) -> str:
        """Make a container that has nothing but what is said here; gives its identifier."""
        with self._trouble("create a container"):
            host = self._api.create_host_config(
                read_only=True,
                network_mode="none",
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                mem_limit=memory,
                memswap_limit=memory,
                nano_cpus=int(cpus * 1e9),
                pids_limit=processes,
                mounts=[Mount(volume.mount, volume.name, type="volume", no_copy=True) for volume in volumes],
                # Podman would mount these with no limit; nobody but root can write here, as in the image.
                tmpfs={"/run": "size=1m,mode=755", "/var/tmp": "size=1m,mode=755"},  # noqa: S108 - inside
            )
            container: str = self._api.create_container(
                image, list(argv), user=user, host_config=host, labels=dict(labels), use_config_proxy=False
            )["Id"]
        return container

    def create_fetcher(self, image: str, argv: Sequence[str], *, user: str, labels: Mapping[str, str]) -> str:
        """Make a container with the host's network, for code that is trusted: it downloads what foreign code needs."""
        with self._trouble("create a container"):
            host = self._api.create_host_config(
                network_mode="host", cap_drop=["ALL"], security_opt=["no-new-privileges"], mem_limit=2 << 30
            )
            container: str = self._api.create_container(
                image, list(argv), user=user, host_config=host, labels=dict(labels), use_config_proxy=False
            )["Id"]
        return container

    def start(self, container: str) -> None:
        """Start a container."""
        with self._trouble("start a container"):
            self._api.start(container)

    def state(self, container: str) -> State:
        """Whether a container runs, ended for a reason of its own, or was stopped or removed from outside.

        Foreign code cannot end its first process: its own reasons are the end of its lifetime or of its memory.
        """
        with self._trouble("inspect a container"):
            try:
                state = self._api.inspect_container(container)["State"]
            except NotFound:
                return "lost"
        if state["Running"]:
            return "running"
        return "ended" if state["OOMKilled"] or state["ExitCode"] == 0 else "lost"

    def exhausted(self, container: str) -> bool:
        """Whether a running container has used up its processes or its memory; takes a second."""
        with self._trouble("measure a container"):
            use = self._api.stats(container, stream=False)
        processes, memory = use.get("pids_stats") or {}, use.get("memory_stats") or {}
        return any(
            limit and used >= 0.9 * limit
            for used, limit in (
                (processes.get("current", 0), processes.get("limit", 0)),
                (memory.get("usage", 0), memory.get("limit", 0)),
            )
        )

    def put(self, container: str, folder: str, archive: bytes) -> None:
        """Unpack a tar archive into a folder of a running container, with the owners that it names."""
        with self._trouble(f"copy {len(archive)} bytes into a container"):
            self._api.put_archive(container, folder, archive)

    def get(self, container: str, path: str, file: BinaryIO) -> None:
        """Write what lies at a path in a container to a file, as a tar archive."""
        with self._trouble(f"copy {path} out of a container"):
            pieces, _ = self._api.get_archive(container, path)
            for piece in pieces:
                file.write(piece)

    def execute(
        self, container: str, argv: Sequence[str], *, user: str, stdin: bytes = b""
    ) -> tuple[str, Iterator[tuple[bytes, bytes]]]:
        """Run a command in ``/``; gives its identifier and its standard output and error in pieces as they come."""
        with self._trouble("run a command"):
            command = self._api.exec_create(container, list(argv), user=user, workdir="/", stdin=bool(stdin))
            identifier: str = command["Id"]
            connection = self._api.exec_start(identifier, socket=True)
            if stdin:
                getattr(connection, "_sock", connection).sendall(stdin)
        return identifier, self._pieces(connection)

    def exit_code(self, identifier: str) -> int | None:
        """The exit code of a command, or None while it runs."""
        with self._trouble("ask for an exit code"):
            answer = self._api.exec_inspect(identifier)
        code: int | None = None if answer["Running"] else answer["ExitCode"]
        return code

    def kill(self, container: str) -> None:
        """End every process of a container; no complaint if it has ended."""
        with self._trouble("kill a container"):
            try:
                self._api.kill(container)
            except APIError:
                if self.state(container) == "running":
                    raise

    def remove_container(self, container: str) -> None:
        """Remove a container, running or not; no complaint if it is gone."""
        with self._trouble("remove a container"):
            try:
                self._api.remove_container(container, force=True, v=True)
            except NotFound:
                return

    def remove_volume(self, name: str) -> None:
        """Remove a volume; no complaint if it is gone."""
        with self._trouble(f"remove the volume {name}"):
            try:
                self._api.remove_volume(name, force=True)
            except NotFound:
                return

    def containers(self, label: str) -> list[Resource]:
        """All containers that have a label."""
        with self._trouble("list containers"):
            found = self._api.containers(all=True, filters={"label": label})
        return [Resource(item["Id"], item.get("Labels") or {}, item.get("State") == "running") for item in found]

    def volumes(self, label: str) -> list[Resource]:
        """All volumes that have a label."""
        with self._trouble("list volumes"):
            found = self._api.volumes(filters={"label": label})["Volumes"]
        return [Resource(item["Name"], item.get("Labels") or {}, running=False) for item in found or ()]

    def image(self, name: str) -> str | None:
        """The identifier of a local image, or None."""
        with self._trouble(f"look for the image {name}"):
            try:
                identifier: str = self._api.inspect_image(name)["Id"]
            except NotFound:
                return None
        return identifier

    def pull(self, name: str) -> None:
        """Fetch an image from its registry."""
        repository, tag = docker.utils.parse_repository_tag(name)
        with self._trouble(f"pull {name}"):
            log = self._api.pull(repository, tag or "latest", stream=True, decode=True)
            self._follow(f"pull {name}", log)

    def build(self, context: BinaryIO, *, tag: str, arguments: Mapping[str, str], labels: Mapping[str, str]) -> None:
        """Build an image from an open tar archive that holds a ``Containerfile``."""
        with self._trouble(f"build the image {tag}"):
            log = self._api.build(
                fileobj=context,
                custom_context=True,
                dockerfile="Containerfile",
                tag=tag,
                buildargs=dict(arguments),
                labels=dict(labels),
                rm=True,
                forcerm=True,
                network_mode="host",
                decode=True,
            )
            self._follow(f"build the image {tag}", log)

    def _follow(self, doing: str, log: Iterator[dict[str, Any]]) -> None:
        # Work that takes long answers 200 first and reports its failure in the log.
        lines = list(log)
        errors = [line["error"] for line in lines if "error" in line]
        if errors:
            said = "".join(line.get("stream", "") for line in lines).strip().splitlines()
            raise EngineRefusal(f"{self.kind} at {self.url} could not {doing}: {' | '.join([*said[-5:], *errors])}")

    def _pieces(self, connection: Any) -> Iterator[tuple[bytes, bytes]]:
        with self._trouble("read a command's output"):
            try:
                for stream, piece in frames_iter(connection, tty=False):
                    yield (piece, b"") if stream == STDOUT else (b"", piece)
            finally:
                # A hijacked connection belongs to no pool any more: nobody else closes it.
                underlying = getattr(connection, "_sock", connection)
                connection.close()
                underlying.close()

    @contextmanager
    def _trouble(self, doing: str) -> Iterator[None]:
        try:
            yield
        except APIError as error:
            reason = " ".join(str(error.explanation or error).split())
            raise EngineRefusal(f"container engine at {self.url} would not {doing}: {reason}") from error
        except (DockerException, RequestException, HTTPError, OSError) as error:
            raise SandboxError(f"container engine at {self.url}: cannot {doing}: {error}") from error


def _knock(url: str, timeout: float) -> None:
    # docker-py never closes a socket that nobody answers at, and wraps the reason in many words.
    address = urlsplit(url)
    if address.hostname and address.port:
        socket.create_connection((address.hostname, address.port), timeout).close()
    elif url.startswith("unix://"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            try:
                connection.connect(url.removeprefix("unix://"))
            except PermissionError as error:
                raise SandboxError(
                    f"container engine at {url}: this user may not use it; join the group that owns the socket, "
                    "or start an engine of your own"
                ) from error
