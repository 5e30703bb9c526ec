"""The table of export formats: hgen's own, and those that other packages register as entry points."""

from functools import cache

from hgen.errors import ConfigError
from hgen.export.format import Format
from hgen.export.formats import grader, harbor, hf, inspect, jsonl, nemo_gym, openhands, swebench, trl, verifiers
from hgen.plugins import with_plugins

OWN = (
    hf.FORMAT,
    jsonl.FORMAT,
    grader.FORMAT,
    harbor.FORMAT,
    swebench.FORMAT,
    openhands.FORMAT,
    verifiers.FORMAT,
    inspect.FORMAT,
    trl.FORMAT,
    nemo_gym.FORMAT,
)


@cache
def formats() -> dict[str, Format]:
    """All formats by name, hgen's own first.

    Raises ``ConfigError`` when another package's format cannot be loaded or takes a name that is taken.
    """
    return with_plugins(OWN, Format, group="hgen.formats", many="export formats")


def chosen(name: str) -> Format:
    """The format of a name; raises ``ConfigError`` for a name that is none."""
    known = formats()
    if name not in known:
        raise ConfigError(f"unknown format {name!r}; known: {', '.join(known)}")
    return known[name]
