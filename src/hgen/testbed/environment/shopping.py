"""What to install for a repository's tests, and the wheels for it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from hgen.errors import Skip
from hgen.records import Wheel
from hgen.testbed.environment.requirements import Declared
from hgen.testbed.environment.wheels import Wheelhouse

_UNKNOWN = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)")
_BACKEND_HELPERS = {"hatchling": "editables", "flit-core": "flit-core"}
"""What a build backend needs besides itself for an installation in editable form."""


@dataclass
class Shopping:
    """What to install; grows with what turns out to be missing, shrinks by what no index has as a wheel."""

    declared: Declared
    extra: list[str] = field(default_factory=list)
    """Requirements that turned out to be missing."""
    without: set[str] = field(default_factory=set)
    """Names of distributions that no wheel provides."""
    asked: set[str] = field(default_factory=set)
    """Names of what was missing once."""

    @property
    def needed(self) -> list[str]:
        """What the repository itself asks for, and pytest."""
        helpers = [_BACKEND_HELPERS.get(_name(text), "") for text in self.declared.build]
        return ["pytest", *self.declared.build, *filter(None, helpers), *self.declared.own]

    def requirements(self) -> list[str]:
        """Everything, each requirement once."""
        wanted = [*self.needed, *(text for group in self.declared.tests for text in group), *self.extra]
        return [text for text in dict.fromkeys(wanted) if _name(text) not in self.without]

    def add(self, texts: Sequence[str]) -> bool:
        """Whether there is something new among what is missing; nothing is asked for twice."""
        fresh = [text for text in texts if _name(text) not in self.asked | {self.declared.name}]
        self.asked |= {_name(text) for text in fresh}
        self.extra += fresh
        return bool(fresh)

    def drop(self, name: str) -> bool:
        """Do without a requirement that no wheel meets, if only tests ask for it."""
        known = {_name(text) for text in self.requirements()} - {_name(text) for text in self.needed}
        if canonicalize_name(name) not in known:
            return False
        self.without.add(canonicalize_name(name))
        return True


def wheels_for(house: Wheelhouse, shopping: Shopping) -> tuple[Wheel, ...]:
    """Wheels for all that can be had; the repository's own distribution is what lies in the tree."""
    groups = list(shopping.declared.tests)
    while True:
        try:
            found = house.choose(shopping.requirements())
        except Skip as skip:
            unknown = _UNKNOWN.search(skip.detail)
            if unknown and shopping.drop(unknown[1]):
                continue
            if not groups:
                raise
            # What contradicts itself is left out from the end: the groups that tell least.
            groups.pop()
            shopping.declared = replace(shopping.declared, tests=tuple(groups))
            continue
        return tuple(wheel for wheel in found if parse_wheel_filename(wheel.name)[0] != shopping.declared.name)


def _name(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)
