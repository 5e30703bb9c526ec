"""A typed client for the calls to a container engine that sandboxes need: containers, volumes, images, files, commands.

docker-py is used nowhere else but in ``connection``. Whatever goes wrong is raised as ``SandboxError``.
"""

import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import docker
from docker.errors import APIError, NotFound
from docker.utils.socket import STDOUT, frames_iter

from hgen.sandbox.confinement import Volume, confined, fetching, in_memory
from hgen.sandbox.connection import Connection, EngineRefusal

State = Literal["running", "ended", "lost"]


@dataclass(frozen=True)
class Resource:
    """A container or a volume that the engine lists, by its identifier or name."""

    name: str
    labels: Mapping[str, str]
    running: bool


@dataclass(frozen=True)
class Image:
    """A local image: its identifier and its names."""

    identifier: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Layer:
    """A layer of an image, and the bytes that it takes up."""

    digest: str
    size: int


class Client(Connection):
    """A connection to one engine; its methods raise ``SandboxError`` and may be called from several threads."""

    def create_volume(self, volume: Volume, labels: Mapping[str, str]) -> None:
        """Make an empty volume."""
        with self._trouble(f"create the volume {volume.name}"):
            self._api.create_volume(volume.name, driver="local", driver_opts=in_memory(volume), labels=dict(labels))

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
            limits = confined(memory=memory, cpus=cpus, processes=processes, volumes=volumes)
            host = self._api.create_host_config(**limits)
            container: str = self._api.create_container(
                image, list(argv), user=user, host_config=host, labels=dict(labels), use_config_proxy=False
            )["Id"]
        return container

    def create_fetcher(self, image: str, argv: Sequence[str], *, user: str, labels: Mapping[str, str]) -> str:
        """Make a container with the host's network, for code that is trusted: it downloads what foreign code needs."""
        with self._trouble("create a container"):
            host = self._api.create_host_config(**fetching())
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

    def open_terminal(
        self, container: str, argv: Sequence[str], *, user: str, folder: str
    ) -> tuple[str, socket.socket]:
        """Run a command with a terminal of its own; gives its identifier and what the terminal is connected to."""
        with self._trouble("run a command"):
            command = self._api.exec_create(
                container, list(argv), user=user, workdir=folder, stdin=True, tty=True, environment={"TERM": "xterm"}
            )
            identifier: str = command["Id"]
            connection = self._api.exec_start(identifier, tty=True, socket=True)
        underlying: socket.socket = getattr(connection, "_sock", connection)
        return identifier, underlying

    def resize_terminal(self, identifier: str, *, lines: int, columns: int) -> None:
        """Tell a command's terminal how large it is."""
        with self._trouble("resize a terminal"):
            self._api.exec_resize(identifier, height=lines, width=columns)

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

    def images(self, label: str) -> list[Image]:
        """All local images that have a label, in the order of their names."""
        with self._trouble("list images"):
            found = self._api.images(filters={"label": label})
        images = (Image(item["Id"], tuple(sorted(item.get("RepoTags") or ()))) for item in found)
        return sorted(images, key=lambda image: (image.tags, image.identifier))

    def top_layer(self, image: str) -> Layer:
        """What an image adds to the one that it is built on, if that is one layer."""
        with self._trouble(f"look into the image {image}"):
            try:
                digest: str = self._api.inspect_image(image)["RootFS"]["Layers"][-1]
                sizes = [step["Size"] for step in self._api.history(image)]
            except NotFound:
                # Somebody has removed it meanwhile.
                return Layer("", 0)
        # Labels and the like are steps without a layer.
        return Layer(digest, next(filter(None, sizes), 0))

    def images_in_use(self) -> frozenset[str]:
        """The identifiers of all images that a container is made from, running or not."""
        with self._trouble("list containers"):
            found = self._api.containers(all=True)
        return frozenset(f"sha256:{item['ImageID'].removeprefix('sha256:')}" for item in found)

    def remove_image(self, name: str) -> None:
        """Remove an image's name and, with its last name, the image; no complaint if it is gone."""
        with self._trouble(f"remove the image {name}"):
            try:
                self._api.remove_image(name)
            except NotFound:
                return

    def pull(self, name: str) -> None:
        """Fetch an image from its registry."""
        repository, tag = docker.utils.parse_repository_tag(name)
        with self._trouble(f"pull {name}"):
            log = self._api.pull(repository, tag or "latest", stream=True, decode=True)
            self._follow(f"pull {name}", log)

    def tag(self, image: str, name: str) -> None:
        """Give an image another name."""
        repository, tag = docker.utils.parse_repository_tag(name)
        with self._trouble(f"name an image {name}"):
            self._api.tag(image, repository, tag)

    def push(self, name: str) -> None:
        """Send an image to its registry, as whoever Docker's own configuration says."""
        repository, tag = docker.utils.parse_repository_tag(name)
        with self._trouble(f"push {name}"):
            log = self._api.push(repository, tag=tag, stream=True, decode=True)
            self._follow(f"push {name}", log)

    def save(self, names: Sequence[str], file: BinaryIO) -> None:
        """Write images to a file as one archive that ``docker load`` takes; what they share is in it once."""
        with self._trouble(f"save {len(names)} images"):
            # docker-py's own method takes one name.
            answer = self._api._get(self._api._url("/images/get"), params={"names": list(names)}, stream=True)
            self._api._raise_for_status(answer)
            for piece in answer.iter_content(1 << 20):
                file.write(piece)

    def build(
        self,
        context: BinaryIO,
        *,
        tag: str,
        arguments: Mapping[str, str],
        labels: Mapping[str, str],
        network: Literal["host", "none"] = "host",
    ) -> None:
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
                network_mode=network,
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
