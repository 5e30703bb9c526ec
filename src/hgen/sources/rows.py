"""Tables of commits, in the shape of SWE-Gym-Raw: one repository at one commit in each row."""

from collections.abc import Iterator

from hgen.sources.spec import Hosted, Rows


def read_rows(table: Rows) -> Iterator[Hosted]:
    raise NotImplementedError
