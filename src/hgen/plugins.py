"""What other packages add to hgen's tables, by entry points."""

from collections.abc import Iterable
from importlib.metadata import entry_points
from typing import Protocol, TypeVar

from hgen.errors import ConfigError


class Named(Protocol):
    """What stands in a table by its name."""

    @property
    def name(self) -> str:
        """Its name, which no other has."""
        ...


N = TypeVar("N", bound=Named)


def with_plugins(own: Iterable[N], kind: type[N], *, group: str, many: str) -> dict[str, N]:
    """hgen's own by name, then those that other packages register under ``group``; ``many`` is what they are called.

    Raises ``ConfigError`` when one is something else, or takes a name that is taken.
    """
    found = {each.name: each for each in own}
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        each = entry.load()
        if not isinstance(each, kind):
            what = f"{type(each).__name__}, not a {kind.__name__}"
            raise ConfigError(f"the entry point {entry.name} of {group} is {what}")
        if each.name in found:
            raise ConfigError(f"two {many} are called {each.name}; one comes from {entry.value}")
        found[each.name] = each
    return found
