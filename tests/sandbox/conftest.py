"""Container tests run against Docker and, where it is there, Podman; without an engine they fail, never skip."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from hgen.errors import SandboxError
from hgen.sandbox import discovery
from hgen.sandbox.base import Limits
from hgen.sandbox.client import Client
from hgen.sandbox.container import Containers, ContainerSandbox
from hgen.sandbox.image import ensure
from hgen.sandbox.layout import StartState

TREE = {"pkg/__init__.py": b"", "pkg/core.py": b"def answer():\n    return 42\n", "README.md": b"# A tree\n"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "client" in metafunc.fixturenames:
        metafunc.parametrize("client", _kinds(), indirect=True, scope="session")


@cache
def _kinds() -> list[str]:
    there = {engine.kind for engine in discovery.engines() if not engine.problem}
    # With no engine at all, the fixture fails with the advice to set one up.
    return sorted(kind for kind in there if kind) or ["docker"]


@pytest.fixture(scope="session")
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    try:
        engine = discovery.choose(request.param)
    except SandboxError as error:
        pytest.fail(f"{error}; or leave the container tests out with -m 'not container'")
    client = Client(engine.url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def image(client: Client) -> str:
    return ensure(client)


@pytest.fixture
def containers(client: Client, image: str) -> Iterator[Containers]:
    # Its own client, because a factory closes the one that it has.
    with Containers(Client(client.url), image, Limits()) as containers:
        yield containers


@pytest.fixture
def sandbox(containers: Containers) -> Iterator[ContainerSandbox]:
    with containers.start(StartState(TREE)) as sandbox:
        yield sandbox


@pytest.fixture
def limited(client: Client, image: str) -> Iterator[Callable[..., ContainerSandbox]]:
    """Starts sandboxes with other limits than usual."""
    opened: list[Containers] = []

    def start(**limits: float) -> ContainerSandbox:
        opened.append(Containers(Client(client.url), image, Limits(**limits)))  # type: ignore[arg-type]
        started.append(opened[-1].start(StartState(TREE)))
        return started[-1]

    started: list[ContainerSandbox] = []
    yield start
    for sandbox in started:
        sandbox.close()
    for containers in opened:
        containers.close()


@pytest.fixture
def unconfined(client: Client, image: str) -> Callable[[str], str]:
    """Runs a Python program as root, with more rights and no filter: what it does if it may."""

    def run(program: str) -> str:
        api = client._api
        # Not ``privileged``: small virtual machines do not have all the rights that this would give.
        host = api.create_host_config(
            cap_add=["SYS_ADMIN", "MKNOD", "NET_RAW", "SYS_CHROOT"],
            security_opt=["seccomp=unconfined", "apparmor=unconfined"],
            network_mode="none",
        )
        container = api.create_container(
            image, ["python3", "-c", program], host_config=host, user="0:0", use_config_proxy=False
        )["Id"]
        try:
            api.start(container)
            api.wait(container, timeout=60)
            return api.logs(container).decode(errors="replace")
        finally:
            api.remove_container(container, force=True, v=True)

    return run
