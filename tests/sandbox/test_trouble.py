"""A broken engine is an error that says so and what to do; it is never the result of a task."""

import contextlib
import gc
import os
import re
import shutil
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from hgen.errors import ConfigError, SandboxError
from hgen.sandbox import discovery
from hgen.sandbox.base import Limits
from hgen.sandbox.client import Client
from hgen.sandbox.container import Containers
from hgen.sandbox.image import ensure
from hgen.sandbox.labels import MARK
from hgen.sandbox.layout import StartState
from hgen.sandbox.limits_check import insist, probe_limits
from hgen.sandbox.opening import open_sandboxes

# docker-py does not close a socket when an engine dies between two requests.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def leaks_are_noticed_here() -> Iterator[None]:
    yield
    gc.collect()


class Wire:
    """Forwards a socket to an engine until it is cut: stands in for an engine that dies."""

    def __init__(self, path: Path, target: str) -> None:
        self.target = target
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(path))
        self.server.listen()
        self.ends: list[socket.socket] = []
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.target)
                self.ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    self.threads.append(threading.Thread(target=self.forward, args=(one, other)))
                    self.threads[-1].start()

    def forward(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(65536):
                other.sendall(piece)
            other.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        for end in [self.server, *self.ends]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for thread in self.threads:
            thread.join()


@pytest.fixture
def wire(client: Client, tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(tmp_path / "engine.sock", client.url.removeprefix("unix://"))
    yield wire
    wire.cut()


@pytest.mark.container
def test_an_engine_that_dies_under_a_command_is_an_error(client, image, wire, tmp_path):
    through = Client(f"unix://{tmp_path}/engine.sock", timeout=10.0)
    containers = Containers(through, image, Limits())
    sandbox = containers.start(StartState({}))
    (volumes,) = containers._started.values()
    threading.Timer(1.0, wire.cut).start()
    started = time.monotonic()
    with pytest.raises(SandboxError, match="cannot"):
        sandbox.exec(["sleep", "30"], timeout=60)
    assert time.monotonic() - started < 10.0
    with pytest.raises(SandboxError):
        containers.start(StartState({}))
    sandbox.close()
    containers.close()
    client.remove_container(sandbox.container)
    for volume in volumes:
        client.remove_volume(volume)


@pytest.mark.container
def test_a_container_that_somebody_else_removes_is_an_error(client, containers):
    sandbox = containers.start(StartState({}))
    threading.Timer(1.0, client.remove_container, [sandbox.container]).start()
    with pytest.raises(SandboxError, match="outside"):
        sandbox.exec(["sleep", "30"], timeout=60)
        sandbox.exec(["true"], timeout=60)
    (volumes,) = containers._started.values()
    sandbox.close()
    containers.close()
    assert not {volume.name for volume in client.volumes(MARK)} & set(volumes)


def test_no_engine_says_what_was_tried_and_what_to_do(tmp_path):
    nothing = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    assert [engine.url for engine in discovery.engines(nothing)] == [nothing["DOCKER_HOST"]]
    with pytest.raises(SandboxError, match=r"none\.sock.*scripts/setup-engine\.sh"):
        discovery.choose("auto", nothing)
    with pytest.raises(SandboxError, match=r"unix://\S+/none\.sock: cannot connect: \[Errno 2\] No such file"):
        discovery.choose("auto", nothing)
    with pytest.raises(SandboxError, match=r"tcp://127\.0\.0\.1:9: cannot connect: \[Errno \d+\] Connection refused"):
        discovery.choose("auto", {"DOCKER_HOST": "tcp://127.0.0.1:9"})


@pytest.mark.parametrize(
    "address", ["/run/docker.sock", "ssh://host", "tcp://host:x", "tcp://", "unix://", "tcp://[::1"]
)
def test_what_is_no_address_is_named(address):
    with pytest.raises(SandboxError, match=re.escape(f"({address} is not a unix:// or tcp:// address)")):
        discovery.choose("docker", {"DOCKER_HOST": address})


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """Not root, who may use every socket."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(was)


def test_a_socket_of_somebody_else_says_how_to_be_let_in():
    # Not in the test's own folder, which is closed to others.
    path = Path(tempfile.mkdtemp()) / "engine.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        path.chmod(0)
        path.parent.chmod(0o755)
        with nobody():
            (engine,) = discovery.engines({"DOCKER_HOST": f"unix://{path}"})
    assert f"unix://{path}: this user may not use it; join the group" in engine.problem
    shutil.rmtree(path.parent)


def test_a_socket_left_by_a_dead_engine_is_no_engine_and_leaks_nothing(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "stale.sock"))
    gc.collect()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        (engine,) = discovery.engines({"DOCKER_HOST": f"unix://{tmp_path}/stale.sock"})
        gc.collect()
    assert "refused" in engine.problem
    assert not heard


def test_a_socket_where_something_else_answers_is_no_engine(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "other.sock"))
        server.listen()

        def answer() -> None:
            with contextlib.suppress(OSError):
                for _ in range(3):
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(4096)
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        (engine,) = discovery.engines({"DOCKER_HOST": f"unix://{tmp_path}/other.sock"})
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert engine.kind == ""
    assert engine.problem


@pytest.mark.container
def test_a_choice_that_is_not_there_says_what_is(client):
    other = "podman" if client.kind == "docker" else "docker"
    with pytest.raises(SandboxError, match=f"no {other} answers .*is {client.kind}"):
        discovery.choose(other, {"DOCKER_HOST": client.url})


@pytest.mark.container
def test_every_limit_is_proven_when_sandboxes_are_opened(client, image, monkeypatch):
    probe = probe_limits(Client(client.url), image)
    assert set(probe.broken) <= {"no user namespaces"}
    assert probe.refused == ()
    assert {"memory", "processes", "disk", "inodes", "cpu", "no network", "not root"} <= set(probe.held)
    monkeypatch.setenv("DOCKER_HOST", client.url)
    with open_sandboxes(client.kind) as sandboxes, sandboxes.start(StartState({"a": b"1"})) as sandbox:
        assert sandbox.exec(["cat", "a"], timeout=20).stdout == b"1"


class Careless(Client):
    """An engine that ignores limits in silence, as rootless ones on cgroup v1 do."""

    def create_container(self, *arguments, memory, cpus, processes, **options):  # type: ignore[no-untyped-def]
        return super().create_container(*arguments, memory=2 << 30, cpus=2.0, processes=500, **options)


@pytest.mark.container
def test_an_engine_that_ignores_limits_is_refused_by_name(client, image):
    with pytest.raises(SandboxError, match=r"does not hold these limits: .*memory.*processes.*cgroup v1"):
        insist(Careless(client.url), image)


@pytest.mark.container
def test_a_base_image_that_cannot_be_had_says_how_to_make_one(client):
    with pytest.raises(SandboxError, match=r"setup-engine\.sh"):
        ensure(client, "hgen.invalid/no/such-base:1")


@pytest.mark.container
def test_the_image_is_built_once_and_found_by_what_it_is_made_of(client, image):
    started = time.monotonic()
    assert ensure(client) == image
    assert time.monotonic() - started < 1.0
    made_of = client._api.inspect_image(image)["Config"]["Labels"]
    assert client.image(made_of["hgen.base.id"]) == made_of["hgen.base.id"]
    assert any(tag.endswith(":" + made_of["hgen.image"]) for tag in client._api.inspect_image(image)["RepoTags"])


def test_limits_that_would_starve_a_sandbox_are_refused():
    with pytest.raises(ConfigError, match="raise memory or lower them"):
        Limits(memory=64 << 20)
