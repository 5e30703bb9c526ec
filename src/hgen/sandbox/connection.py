"""A connection to the API of a container engine, Docker's or Podman's, over docker-py.

Whatever goes wrong is raised as ``SandboxError``; as its subclass ``EngineRefusal`` if the engine answered and refused.
"""

import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import docker
from docker.errors import APIError, DockerException
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from hgen.errors import SandboxError


class EngineRefusal(SandboxError):  # noqa: N818 - an error, by its base
    """The engine answered, and said no."""


class Connection:
    """A connection to one engine."""

    def __init__(self, url: str, *, timeout: float = 60.0) -> None:
        self.url = url
        with self._trouble("connect"):
            _knock(url, timeout)
            self._api: Any = docker.APIClient(base_url=url, timeout=timeout, version="auto")
            answer = self._api.version()
        self.kind = _kind(component.get("Name", "") for component in answer.get("Components") or ())
        """The engine's name in lower case, as in ``sandbox.engine``."""
        self.version: str = answer["Version"]

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def info(self) -> Mapping[str, Any]:
        """What the engine says about itself."""
        with self._trouble("ask for information"):
            answer: dict[str, Any] = self._api.info()
        return answer

    @contextmanager
    def _trouble(self, doing: str) -> Iterator[None]:
        try:
            yield
        except APIError as error:
            reason = " ".join(str(error.explanation or error).split())
            raise EngineRefusal(f"container engine at {self.url} would not {doing}: {reason}") from error
        except (DockerException, RequestException, HTTPError, OSError) as error:
            raise SandboxError(f"container engine at {self.url}: cannot {doing}: {error}") from error


def _kind(components: Iterable[str]) -> str:
    """What an engine calls itself: ``Podman Engine`` is podman. Docker, which says just ``Engine``, is docker."""
    own = (name.removesuffix("Engine").strip().lower() for name in components if name.endswith("Engine"))
    return next(own, "") or "docker"


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
