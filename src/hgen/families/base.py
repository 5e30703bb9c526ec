"""What a task family is: it proposes tasks from a parsed repository, and says how answers to them are graded."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from hgen.config import Section
from hgen.describe.corpus import Corpus
from hgen.endpoint.client import Endpoint
from hgen.probes import Probe
from hgen.records import Codebase, Reject, Symbol, Target, Task
from hgen.scoring import BY_RUNNING, Score, Scorer, StaticTask, score_patch
from hgen.scoring.diffs import Edit
from hgen.scoring.roles import is_library
from hgen.scoring.tested.task import TestedTask

__all__ = [
    "Answer",
    "Edits",
    "Family",
    "Material",
    "Proposal",
    "Static",
    "Tests",
    "identity",
    "in_start_state",
    "is_library",
    "moved",
    "once_in_file",
    "rank",
    "solved_by",
]

Files = Mapping[str, bytes]
"""Contents by path."""

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
    resolved_share: float | None = None
    """The share of the mutants that must be noticed to be a full success."""
    prompts: tuple[str, ...] = ()
    """Digests of the prompts that a language model was given to describe the targets."""


@dataclass(frozen=True)
class Material:
    """What a family works from."""

    codebase: Codebase
    corpus: Corpus
    seed: int
    in_image: bool
    """Whether the generic image holds a copy of this repository that an agent can read."""
    endpoint: Endpoint | None = None
    """The language model that describes symbols; None if templates do."""


def no_lazy_answers(task: TestedTask, files: Files) -> Iterator[Probe]:
    """No lazy agent has an answer."""
    del task, files
    yield from ()


def no_alternatives(task: StaticTask, files: Files) -> Iterator[Probe]:
    """No right answers but the reference answer, however it is laid out."""
    del task, files
    yield from ()


@dataclass(frozen=True)
class Static:
    """Answers are judged by their syntax trees; nothing is run."""

    scorer: str | Scorer
    """One of ``hgen.scoring.SCORERS`` by its name: it grades wherever the grader travels. Or a function of the family's
    own, with which only ``hgen score`` grades, where the family is installed."""
    probes: Callable[[StaticTask, Files], Iterator[Probe]]
    """A task and the start state's files in; cheats out, none of which may be a full success."""
    alternatives: Callable[[StaticTask, Files], Iterator[Probe]] = no_alternatives
    """The same in; right answers other than the reference answer out, each of which must be a full success. The
    reference answer as other tools write diffs is tried for every family."""
    lazy_choices: Mapping[str, Callable[[Task, Corpus], frozenset[int]]] = field(default_factory=dict)
    """Lazy baselines by name: which symbols each would choose, as positions in ``Corpus.symbols``, without
    understanding."""

    @property
    def graded_by(self) -> str:
        """The task row's word for it."""
        return self.scorer if isinstance(self.scorer, str) else "family"

    def score(self, task: StaticTask, patch: object, files: Files) -> Score:
        """The verdict on a diff; see ``hgen.scoring.score``."""
        return score_patch(task, patch, files, None if isinstance(self.scorer, str) else self.scorer)


@dataclass(frozen=True)
class Answer:
    """The answer's code is judged by hidden tests of the repository."""

    graded_by: ClassVar[str] = "tests"

    probes: Callable[[TestedTask, Files], Iterator[Probe]]
    """As ``Static.probes``."""
    lazy_answers: Callable[[TestedTask, Files], Iterator[Probe]] = no_lazy_answers
    """Lazy baselines: what each would submit, by the names of these probes."""


@dataclass(frozen=True)
class Tests:
    """The tests that an answer adds are judged by mutants of the repository's code."""

    graded_by: ClassVar[str] = "mutants"

    probes: Callable[[TestedTask, Files], Iterator[Probe]]
    """As ``Static.probes``."""
    lazy_answers: Callable[[TestedTask, Files], Iterator[Probe]] = no_lazy_answers
    """As ``Answer.lazy_answers``."""


@dataclass(frozen=True)
class Family:
    """A kind of task; third parties add theirs through the entry-point group ``hgen.families``."""

    name: str
    template: Path
    """The prompt template, for Jinja."""
    options: type[Section]
    propose: Callable[[Material, Any], Iterator[Proposal | Reject]]
    """Material and options in; proposals in the order in which they are wanted, and rejects."""
    grading: Static | Answer | Tests
    """How answers are graded: all of hgen asks this, and never compares names of families."""
    quotas: Callable[[Any], Mapping[str, int]] | None = None
    """For the options, how many tasks of each variant are drawn from a repository's proposals (see ``families.draw``);
    None if all proposals are taken."""
    never_lazy: frozenset[str] = frozenset()
    """Variants of which no task is drawn that a lazy baseline solves."""

    @property
    def needs_tests(self) -> bool:
        """Whether answers are judged by running tests, so that ``propose`` needs a ``Codebase`` with a testbed."""
        return self.grading.graded_by in BY_RUNNING


def solved_by(task: Task, corpus: Corpus, grading: Static) -> dict[str, bool]:
    """For each lazy baseline, whether it chooses exactly the task's targets."""
    wanted = {(target.file, target.qualname) for target in task.targets}

    def solves(chosen: frozenset[int]) -> bool:
        return {(corpus.symbols[place].file, corpus.symbols[place].qualname) for place in chosen} == wanted

    return {name: solves(choose(task, corpus)) for name, choose in grading.lazy_choices.items()}


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
