"""What a task family is: it proposes tasks from a parsed repository, scores answers, and names its lazy baselines."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hgen.config import Section
from hgen.describe.corpus import Corpus
from hgen.probes import Probe
from hgen.records import Codebase, Reject, Symbol, Target, Task
from hgen.scoring import Score
from hgen.scoring.diffs import Edit
from hgen.scoring.paths import is_library

__all__ = [
    "Edits",
    "Family",
    "Material",
    "Proposal",
    "identity",
    "in_start_state",
    "is_library",
    "moved",
    "once_in_file",
    "rank",
]

Edits = Mapping[str, tuple[Edit, ...]]
"""For each file the edits to its lines, in ascending order."""


@dataclass(frozen=True)
class Proposal:
    """A task before its text is rendered; symbols are positions in ``Codebase.symbols``."""

    variant: str
    subject: int | None
    targets: tuple[int, ...]
    setup: Edits
    """From the snapshot to the start state."""
    gold: Edits
    """From the start state to the gold state."""
    context: dict[str, object]
    """What the template needs."""
    secrets: tuple[str, ...]
    difficulty: dict[str, int]


@dataclass(frozen=True)
class Material:
    """What a family works from."""

    codebase: Codebase
    corpus: Corpus
    seed: int
    in_image: bool
    """Whether the generic image holds a copy of this repository that an agent can read."""


@dataclass(frozen=True)
class Family:
    """A kind of task; third parties add theirs through the entry-point group ``hgen.families``."""

    name: str
    template: Path
    """The prompt template, for Jinja."""
    options: type[Section]
    propose: Callable[[Material, Any], Iterator[Proposal | Reject]]
    """Material and options in; proposals in the order in which they are wanted, and rejects."""
    score: Callable[[Mapping[str, object], object, Mapping[str, bytes]], Score]
    """A task's JSON row, a diff, and the start state's files in; see ``hgen.scoring.score``."""
    probes: Callable[[Mapping[str, object], Mapping[str, bytes]], Iterator[Probe]]
    """A task's JSON row and the start state's files in; cheats out, none of which may be a full success."""
    baselines: Mapping[str, Callable[[Task, Corpus], frozenset[int]]]
    """Lazy agents: which symbols each would choose, as positions in ``Corpus.symbols``, without understanding."""


def rank(seed: int, *identity: object) -> int:
    """A number that depends on nothing but the seed and what the thing is, to order or choose by."""
    key = "\0".join(map(str, (seed, *identity))).encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big")


def identity(symbol: Symbol) -> str:
    """What tells a symbol from all others in its repository."""
    return f"{symbol.file}:{symbol.qualname}:{symbol.def_line}"


def once_in_file(symbols: Iterable[Symbol]) -> set[tuple[str, str]]:
    """The ``(file, qualname)`` pairs that stand for one definition only."""
    counts = Counter((symbol.file, symbol.qualname) for symbol in symbols)
    return {pair for pair, count in counts.items() if count == 1}


def in_start_state(symbol: Symbol, setup: Edits) -> Target:
    """The symbol as a target: its ``def`` line moves with the edits above it."""
    return Target(
        file=symbol.file,
        qualname=symbol.qualname,
        kind=symbol.kind,
        def_line=moved(symbol.def_line, setup.get(symbol.file, ())),
    )


def moved(line: int, edits: Iterable[Edit]) -> int:
    """Where a line that no edit touches stands after the edits."""
    return line + sum(
        len(edit.lines) - (edit.last_line - edit.first_line + 1) for edit in edits if edit.first_line <= line
    )
