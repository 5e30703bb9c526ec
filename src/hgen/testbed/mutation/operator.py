"""What an operator of mutation is: it finds the places of a small change in a function, and shows one of each kind."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hgen.scoring.diffs import Edit
from hgen.testbed.mutation.functions import Function, Splice


@dataclass(frozen=True)
class Example:
    """What an operator does to the statements of a function's body; tests and docs/testbeds.md read it."""

    before: str
    after: str


@dataclass(frozen=True)
class Operator:
    """A kind of small change."""

    splices: Callable[[Function], Iterator[Splice]]
    """A function in; each place with what is to stand there out."""
    examples: tuple[Example, ...]
    """At least one; the first is the one that the documentation shows."""


@dataclass(frozen=True)
class Variant:
    """A changed function."""

    operator: str
    edit: Edit
    """To the file's lines."""
