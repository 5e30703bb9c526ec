"""From a choice of engine to sandboxes: find it, have the image, clear up after the dead, prove the limits."""

import threading

from hgen.sandbox.base import Limits
from hgen.sandbox.client import Client
from hgen.sandbox.container import Containers
from hgen.sandbox.discovery import choose
from hgen.sandbox.image import ensure
from hgen.sandbox.limits_check import insist
from hgen.sandbox.removal import reap

_trusted: set[tuple[str, str]] = set()
_lock = threading.Lock()


def open_sandboxes(choice: str = "auto", *, base: str = "", limits: Limits | None = None) -> Containers:
    """Sandboxes on the first engine that answers; use the result in a ``with`` block.

    Raises ``SandboxError`` if no engine answers, the image cannot be had, or the engine does not hold its limits.
    An engine is probed once per process.
    """
    engine = choose(choice)
    client = Client(engine.url)
    try:
        image = ensure(client, base)
        reap(client)
        with _lock:
            if (engine.url, image) not in _trusted:
                insist(client, image)
                _trusted.add((engine.url, image))
    except BaseException:
        client.close()
        raise
    return Containers(client, image, limits or Limits())
