"""Harnesses by name: hgen's own, and any other by its dotted path."""

from collections.abc import Mapping
from importlib import import_module

from hgen.agents.loop import Harness, plain
from hgen.agents.mini import mini
from hgen.errors import ConfigError

OWN: Mapping[str, Harness] = {"plain": plain, "mini": mini}
"""hgen's own."""


def harness(name: str) -> Harness:
    """The harness of a name, or at a dotted path; raises ``ConfigError`` if there is none."""
    if name in OWN:
        return OWN[name]
    module, _, attribute = name.replace(":", ".").rpartition(".")
    if not module:
        raise ConfigError(f"there is no harness {name!r}; known: {', '.join(OWN)}, or package.module.function")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"the harness {name!r} cannot be imported: {error}") from None
    if not callable(found):
        raise ConfigError(f"the harness {name!r} is no function")
    wanted: Harness = found
    return wanted
