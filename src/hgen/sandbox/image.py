"""The one image of all sandboxes: built once from a base image, found again by the hash of what it is made of."""

import hashlib
from importlib.resources import files
from io import BytesIO

from hgen.errors import SandboxError
from hgen.sandbox.archive import ROOT, single
from hgen.sandbox.client import Client

BASE = "python:3.12-slim"
"""The base image where there is a registry; any Debian or Ubuntu image with Python 3.11 or later will do."""

DEBIAN_BASE = "localhost/hgen-base:debian-venv"
"""The base image that ``scripts/setup-engine.sh`` makes from Debian packages where there is no registry."""

# ``localhost/`` because Podman reads a name without it as one of a registry's.
_NAME = "localhost/hgen-sandbox"


def ensure(client: Client, base: str = "") -> str:
    """The identifier of the sandbox image on an engine; builds it if need be.

    Without a base, the first that the engine already has of ``BASE`` and ``DEBIAN_BASE`` is taken, else ``BASE``
    is pulled. Sandboxes start from the identifier, so a tag that moves changes nothing under a running hgen.
    """
    name, base_image = _base(client, base)
    recipe = containerfile()
    content = hashlib.sha256(b"\0".join([recipe, base_image.encode()])).hexdigest()[:16]
    tag = f"{_NAME}:{content}"
    found = client.image(tag)
    if found is None:
        context = single("Containerfile", recipe, owner=ROOT, mode=0o644)
        made_of = {"hgen.image": content, "hgen.base": name, "hgen.base.id": base_image}
        client.build(BytesIO(context), tag=tag, arguments={"BASE": base_image}, labels=made_of)
        found = client.image(tag)
    if found is None:
        raise SandboxError(f"{client.kind} at {client.url} built {tag} but does not have it")
    return found


def containerfile() -> bytes:
    """The text of the Containerfile."""
    return (files("hgen.sandbox") / "Containerfile").read_bytes()


def _base(client: Client, base: str) -> tuple[str, str]:
    names = [base] if base else [BASE, DEBIAN_BASE]
    for name in names:
        found = client.image(name)
        if found is not None:
            return name, found
    try:
        client.pull(names[0])
    except SandboxError as error:
        raise SandboxError(
            f"{error}; without a registry, run scripts/setup-engine.sh as root on Debian or Ubuntu, "
            f"which makes {DEBIAN_BASE} from packages"
        ) from error
    pulled = client.image(names[0])
    if pulled is None:
        raise SandboxError(f"{client.kind} at {client.url} pulled {names[0]} but does not have it")
    return names[0], pulled
