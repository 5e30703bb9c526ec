"""The images of testbeds that an engine keeps: how much each adds to the generic image, and how to be rid of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from hgen.sandbox.client import Client, Image, Layer
from hgen.sandbox.connection import EngineRefusal

NAME = "localhost/hgen-testbed"
MARK = "hgen.testbed"
"""The label of every testbed's image; what is built on one inherits it."""


@dataclass(frozen=True)
class Kept:
    """Images of testbeds, by their tags, and the bytes of their own layers, each counted once."""

    tags: tuple[str, ...]
    size: int


def kept(client: Client, *, label: str = MARK) -> Kept:
    """All images of testbeds that an engine has."""
    layers = _layers(client, label)
    return Kept(tuple(tag for image in layers for tag in image.tags), _size(layers.values()))


def remove_unused(client: Client, *, label: str = MARK) -> Kept:
    """Remove the images of testbeds that no container is made from; gives what was removed, and the bytes freed."""
    used = client.images_in_use()
    before = _layers(client, label)
    unused = [tag for image in before if image.identifier not in used for tag in image.tags]
    removed = tuple(tag for tag in unused if _remove(client, tag))
    # Two testbeds in which the same is installed share their layer.
    left = {layer.digest for layer in _layers(client, label).values()}
    return Kept(removed, _size(layer for layer in before.values() if layer.digest not in left))


def _layers(client: Client, label: str) -> dict[Image, Layer]:
    """The images of testbeds with their own layers; none that somebody has built on one and given another name."""
    images = [image for image in client.images(label) if image.tags and all(map(_is_ours, image.tags))]
    return {image: client.top_layer(image.identifier) for image in images}


def _is_ours(tag: str) -> bool:
    return tag.startswith(f"{NAME}:")


def _size(layers: Iterable[Layer]) -> int:
    return sum({layer.digest: layer.size for layer in layers}.values())


def _remove(client: Client, tag: str) -> bool:
    try:
        client.remove_image(tag)
    except EngineRefusal:
        # A container has been made from it since, or an image built on it.
        return False
    return True
