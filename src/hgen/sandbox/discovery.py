"""Find the container engines of this machine: which socket answers, which version, what is wrong with it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hgen.errors import SandboxError
from hgen.sandbox.client import Client

SOCKETS = (
    "/var/run/docker.sock",
    "{runtime}/docker.sock",
    "{home}/.docker/run/docker.sock",
    "{home}/.colima/default/docker.sock",
    "/run/podman/podman.sock",
    "{runtime}/podman/podman.sock",
)
"""Where engines listen that speak Docker's API, the most preferred first."""

ADVICE = "start Docker or Podman, set DOCKER_HOST, or run scripts/setup-engine.sh as root on Debian or Ubuntu"


@dataclass(frozen=True)
class Engine:
    """A place where an engine may answer; ``problem`` is empty if it does."""

    url: str
    kind: str
    """Its name; empty if none answers."""
    version: str
    problem: str


def engines(environ: Mapping[str, str] = os.environ) -> list[Engine]:
    """Ask at every place that exists, the most preferred first."""
    return [_ask(url) for url in _places(environ)]


def choose(choice: str = "auto", environ: Mapping[str, str] = os.environ) -> Engine:
    """The first engine that answers and is of the chosen kind; raises ``SandboxError`` with what was tried."""
    found = engines(environ)
    for engine in found:
        if not engine.problem and choice in ("auto", engine.kind):
            return engine
    wanted = "container engine" if choice == "auto" else choice
    tried = "; ".join(engine.problem or f"{engine.url} is {engine.kind}" for engine in found) or "no socket found"
    raise SandboxError(f"no {wanted} answers ({tried}); {ADVICE}")


def _places(environ: Mapping[str, str]) -> list[str]:
    # Who sets one of these means it: nothing else is tried then.
    chosen = [environ[name] for name in ("DOCKER_HOST", "CONTAINER_HOST") if environ.get(name)]
    if chosen:
        return chosen
    runtime = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    home = environ.get("HOME") or "/nonexistent"
    sockets = [Path(place.format(runtime=runtime, home=home)) for place in SOCKETS]
    real = {path.resolve(): path for path in reversed(sockets) if path.is_socket()}
    return [f"unix://{path}" for path in sockets if path in real.values()]


def _ask(url: str) -> Engine:
    if not _is_address(url):
        return Engine(url, "", "", f"{url} is not a unix:// or tcp:// address")
    try:
        client = Client(url, timeout=5.0)
    except SandboxError as error:
        return Engine(url, "", "", str(error))
    client.close()
    return Engine(url, client.kind, client.version, "")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        if parts.scheme == "unix":
            return bool(parts.path)
        return parts.scheme in ("tcp", "http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
