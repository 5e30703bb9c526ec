"""What a task family is: it proposes tasks from a parsed repository, scores answers, and names its lazy baselines."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hgen.config import Section
from hgen.describe.corpus import Corpus
from hgen.probes import Probe
from hgen.records import Codebase, Reject, Symbol, Target, Task
from hgen.scoring import Score
from hgen.scoring.diffs import Edit
from hgen.scoring.roles import is_library

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
    candidate: Edits = field(default_factory=dict)
    """From the start state as committed to the one that the agent meets; ``gold`` starts from there."""
    fail_to_pass: tuple[str, ...] = ()
    pass_to_pass: tuple[str, ...] = ()
    mutants: tuple[Edits, ...] = ()
    """Each from the start state."""


@dataclass(frozen=True)
class Material:
    """What a family works from."""

    codebase: Codebase
    corpus: Corpus
    seed: int
    in_image: bool
    """Whether the generic image holds a copy of this repository that an agent can read."""


def no_answers(task: Mapping[str, object], files: Mapping[str, bytes]) -> Iterator[Probe]:
    """No lazy agent answers."""
    del task, files
    yield from ()


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
    executable: bool = False
    """Whether answers are judged by running tests: ``propose`` needs a ``Codebase`` with a testbed, and
    ``hgen.testbed.grading`` judges instead of ``score``."""
    lazy: Callable[[Mapping[str, object], Mapping[str, bytes]], Iterator[Probe]] = no_answers
    """The answers of lazy agents for executable families, by their names; arguments as for ``probes``."""


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


def inverse(corpus: Corpus, edits: Edits) -> Edits:
    """The edits that take edits of the corpus's files back, but for a missing newline at a file's end."""
    back: dict[str, tuple[Edit, ...]] = {}
    for file in sorted(edits):
        lines = corpus.lines(file)
        undone = []
        shift = 0
        for edit in edits[file]:
            first = edit.first_line + shift
            original = tuple(line.encode() for line in lines[edit.first_line - 1 : edit.last_line])
            undone.append(Edit(first, first + len(edit.lines) - 1, original))
            shift += len(edit.lines) - len(original)
        back[file] = tuple(undone)
    return back


def moved(line: int, edits: Iterable[Edit]) -> int:
    """Where a line that no edit touches stands after the edits."""
    return line + sum(
        len(edit.lines) - (edit.last_line - edit.first_line + 1) for edit in edits if edit.first_line <= line
    )
