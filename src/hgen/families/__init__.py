"""The task families: hgen's own, and those that other packages register as entry points."""

from functools import cache

from hgen.errors import ConfigError
from hgen.families import dep_search, func_gen, func_localize, test_gen, verify_repair
from hgen.families.base import Family
from hgen.plugins import with_plugins

OWN = (func_localize.FAMILY, dep_search.FAMILY, func_gen.FAMILY, test_gen.FAMILY, verify_repair.FAMILY)


@cache
def families() -> dict[str, Family]:
    """All families by name, hgen's own first.

    Raises ``ConfigError`` when another package's family cannot be loaded or takes a name that is taken.
    """
    return with_plugins(OWN, Family, group="hgen.families", many="families")


def chosen(names: tuple[str, ...]) -> tuple[Family, ...]:
    """The families of these names, or for no names all that need no container, in the table's order."""
    known = families()
    if unknown := sorted(set(names) - set(known)):
        raise ConfigError(f"unknown families {', '.join(unknown)}; known: {', '.join(known)}")
    return tuple(family for name, family in known.items() if (name in names if names else not family.needs_tests))
