"""The records that stages exchange: one record is one JSONL line, frozen once made.

Lines are 1-based everywhere; names follow SWE-bench where the meaning is the same.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from packaging.utils import canonicalize_name
from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue

SymbolKind = Literal["function", "async function", "method", "class"]
GradedBy = Literal["docstrings", "markers", "comments", "family", "tests", "mutants"]


class Record(BaseModel):
    """The base of all records: immutable, and strict about unknown fields so that a stale shard is noticed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _storable(text: str) -> str:
    # Names of files need not be Unicode; what cannot be written as UTF-8 is shown escaped.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


Storable = Annotated[str, AfterValidator(_storable)]
"""Text from anywhere."""


class Source(Record):
    """One thing to mine, as the user wrote it: a path, a git URL, ``pypi:NAME`` and so on."""

    spec: str


class Repo(Record):
    """One repository at one commit or version, and the snapshot that holds its files."""

    repo: str
    """``owner/name``, ``pypi:name``, ``installed:name`` or ``local:name``."""
    base_commit: str
    """The full commit hash, or the version for packages that have none."""
    snapshot: str
    """Digest of the file tree, 64 hexadecimal digits; names the archive in the snapshot store."""
    license: str
    """An SPDX expression."""
    source: str
    files: int
    python_files: int
    python_lines: int
    python_bytes: int

    @property
    def project(self) -> str:
        """What its distribution is called as far as ``repo`` tells: its last part, normalised as package indexes do."""
        return canonicalize_name(self.repo.split(":")[-1].split("/")[-1])


class Symbol(Record):
    """A function, method or class definition; identified by ``(file, qualname, def_line)``."""

    file: str
    qualname: str
    """As Python's ``__qualname__``: ``Class.method``, ``outer.<locals>.inner``."""
    kind: SymbolKind
    start_line: int
    """First line with decorators; equals ``def_line`` when there are none."""
    def_line: int
    body_line: int
    """Line of the body's first statement, docstring included."""
    end_line: int
    docstring: tuple[int, int] | None
    """First and last line of the docstring statement."""
    statements: int
    """Number of statements directly in the body, docstring included."""
    signature: str
    """The ``def`` or ``class`` header without its colon, white space folded."""
    decorators: tuple[str, ...]
    """The decorators' expressions as written, without the ``@``."""
    body_digest: str
    """Digest of the body's tokens without docstring, comments and layout: equal bodies have equal digests."""
    offered: bool
    """Whether ``deps`` may be ground truth: complete, and not conditional, overloaded, overridden or ambiguous."""
    unresolved: str
    """Why not: the reason for ``offered`` being false, or empty."""
    deps: tuple[int, ...]
    """Direct dependencies as positions in ``Codebase.symbols``, ascending, each once."""
    ways: tuple[str, ...] = ()
    """What finding them needs beyond looking for their names, if they are offered: words of ``resolve.reach.WAYS``."""

    @property
    def name(self) -> str:
        """The name in the definition itself, the last part of ``qualname``."""
        return self.qualname.rpartition(".")[2]

    @property
    def owner(self) -> str:
        """What it is defined in, the rest of ``qualname``: a class, ``outer.<locals>``, or nothing."""
        return self.qualname.rpartition(".")[0]


class BrokenFile(Record):
    """A Python file that yields no symbols, and why."""

    file: str
    reason: str
    detail: str = ""
    """What else can be said: which Python a file needs."""


class Wheel(Record):
    """A wheel of an environment; equal digests are equal files."""

    name: str
    """The file's name."""
    sha256: str


class Environment(Record):
    """How a repository's own tests are run: facts from which the image is built again on another machine."""

    snapshot: str
    python: str
    """The version of Python that the wheels are for, ``3.11``."""
    machine: str
    """The processor that the wheels are for, as ``platform.machine()`` says it."""
    wheels: tuple[Wheel, ...]
    """Everything that is installed beside the repository itself, sorted by name."""
    editable: bool
    """Whether the repository is installed (in editable form), or only its folders are importable."""
    path: tuple[str, ...]
    """Folders of the tree, relative to it, that come first on ``sys.path``."""
    generated: dict[str, str]
    """Text files that installing left in the tree and that the tests need, by path."""
    options: tuple[str, ...]
    """Options for pytest."""
    test_seconds: float = 20.0
    """What a test may take to be stable, ``build.each``; graders give it half as much again. 0.1 did not say it."""
    run_seconds: float = 300.0
    """What all tests together may take, ``build.seconds``; graders give a run as much. 0.1 did not say it."""


class StableTest(Record):
    """A test that passed in each of several runs, in any order."""

    id: str
    """pytest's node id, relative to the tree."""
    seconds: float
    covers: tuple[int, ...]
    """The functions that it executes, as positions in ``Codebase.symbols``, ascending."""


class Mutant(Record):
    """A small change to a function that its tests notice."""

    operator: str
    first_line: int
    last_line: int
    """The lines of the snapshot that are replaced, inclusive."""
    lines: tuple[str, ...]
    """What replaces them, without newlines."""
    killed_by: tuple[int, ...]
    """The tests that fail with it, as positions in ``Testbed.tests``, ascending, at least one."""


class Trial(Record):
    """What was seen when a function was emptied and mutated, and the tests that execute it were run."""

    symbol: int
    """Position in ``Codebase.symbols``."""
    emptied: Mutant
    """The body replaced, its signature and docstring kept."""
    mutants: tuple[Mutant, ...]


class Testbed(Record):
    """A repository whose tests run: its environment, its stable tests, and what they notice."""

    __test__ = False

    environment: Environment
    tests: tuple[StableTest, ...]
    trials: tuple[Trial, ...]


class Codebase(Record):
    """A parsed repository."""

    repo: Repo
    symbols: tuple[Symbol, ...]
    """Ordered by file, then by ``def_line``."""
    testbed: Testbed | None = None
    """Only after ``build``, and only if the repository's tests run."""


class Target(Record):
    """A symbol that an answer is about; ``def_line`` counts in the start state."""

    file: str
    qualname: str
    kind: SymbolKind
    def_line: int


class Provenance(Record):
    """What made a task, so that it can be made again."""

    hgen: str
    """hgen's version."""
    template: str
    """Digest of the prompt template."""
    seed: int
    model: str = ""
    """The language model that described the targets, if one did."""
    prompts: tuple[str, ...] = ()
    """Digests of the prompts that it was given last, one for each target; ``OUT/replies`` has the replies."""


class Task(Record):
    """One problem with a way to score it.

    ``setup_patch`` turns the snapshot into the start state; ``patch`` turns the start state into the gold state.
    """

    instance_id: str
    family: str
    variant: str
    """The description level for families that have one (``named``, ``masked``), otherwise ``default``."""
    graded_by: GradedBy
    """What judges answers; ``hgen.scoring.GRADED_BY`` says what each word means."""
    repo: str
    base_commit: str
    snapshot: str
    license: str
    problem_statement: str
    setup_patch: str
    patch: str
    subject: Target | None
    """The symbol that the question is about, where the answer is about others (``dep-search``)."""
    targets: tuple[Target, ...]
    difficulty: dict[str, int]
    secrets: tuple[str, ...]
    """Strings that must not be readable in the problem statement."""
    provenance: Provenance
    environment: Environment | None = None
    """What the repository's tests run in, for families that are judged by running tests."""
    candidate_patch: str = ""
    """A change that is in the start state but not in its commit (``verify-repair``); applies after ``setup_patch``."""
    FAIL_TO_PASS: tuple[str, ...] = ()
    """Tests that fail in the start state and pass with a right answer."""
    PASS_TO_PASS: tuple[str, ...] = ()
    """Tests that pass in the start state and must go on passing."""
    mutants: tuple[str, ...] = ()
    """Diffs against the start state that written tests must notice (``test-gen``)."""
    resolved_share: float | None = None
    """The share of the mutants that must be noticed to be a full success (``test-gen``)."""


class Check(Record):
    """One thing that was verified about a task, with what was seen."""

    name: str
    passed: bool
    evidence: str


class Validated(Record):
    """A sound task with the evidence for it."""

    task: Task
    checks: tuple[Check, ...]
    baselines: dict[str, bool]
    """For each lazy baseline of the family, whether it fully solves the task."""


class Prediction(Record):
    """An agent's answer to a task, in SWE-bench's shape; there may be several to one task, and of several models."""

    instance_id: str
    model_name_or_path: Storable = ""
    model_patch: str | tuple[str] | None
    """The diff. None if the agent gave none; what is no text at all is kept as JSON in a tuple, and earns nothing."""
    row: int
    """Its place in the file that it was given in, counted from 1; of lines the blank ones do not count."""
    origin: Storable = ""
    """That file, or a trial's folder, where several were given in a folder. With ``row`` it tells it from others."""


class Submission(Record):
    """A prediction beside its task, which is all that scoring needs besides the snapshot."""

    prediction: Prediction
    task: dict[str, JsonValue]
    """The task's row as it was given, by whatever version or package."""


class Objection(Record):
    """Why a score is not full: a code of ``hgen.scoring.REASONS``, and what was found."""

    code: str
    detail: Storable


PARTS = (
    "precision", "recall", "f1", "file_precision", "file_recall", "file_f1", "module_precision", "module_recall",
    "module_f1", "mutants", "docstrings",
)  # fmt: skip
"""What a reward may be made of, as columns of the rewards; ``hgen.scoring.verdicts.PARTS`` says what has which."""


class Verdict(Record):
    """What graders say of an answer."""

    reward: float | None
    """In [0, 1]; None if there is no verdict, as the task or its files are at fault. Then it counts in no mean."""
    resolved: bool
    """Full success; False without a verdict."""
    parts: dict[str, float]
    """What the reward is made of, by the names in ``PARTS``; empty without a verdict."""
    reasons: tuple[Objection, ...]
    noticed: tuple[tuple[Storable, ...], ...] | None = None
    """For written tests: of each mutant, in the task's order, the tests that notice it."""


class Scored(Verdict):
    """The verdict on a prediction."""

    instance_id: str
    family: str
    model_name_or_path: str
    row: int
    """As in ``Prediction``."""
    origin: Storable = ""
    """As in ``Prediction``."""


class AgentSettings(Record):
    """What decides, beside a task, what an agent does: the same settings are the same agent."""

    model: str
    """What the endpoint calls it, or ``oracle`` or ``nop``, which need none."""
    harness: str
    """``plain``, ``mini``, or the dotted path of another."""
    base_url: str = ""
    """The endpoint's address, without credentials; empty for the client's own."""
    max_turns: int
    """Replies of the model in a run."""
    run_seconds: float
    """Wall time of a run, without its grading."""
    command_seconds: float
    """Wall time of one command."""
    temperature: float | None = None
    seed: int | None = None
    """That of the first sample; each further one has the next."""


class Attempt(Record):
    """A run that is wanted: the k-th sample of a task."""

    task: Task
    sample: int
    """Counted from 1."""


class Suspicion(Record):
    """Something that a run did and honest work rarely does."""

    code: str
    """One of ``hgen.agents.suspicion.CODES``."""
    step: int
    """The ``step_id`` of the trajectory's step."""
    detail: Storable


class Run(Verdict):
    """What an agent did on a task, and what it earned."""

    instance_id: str
    family: str
    variant: str
    repo: str
    license: str
    sample: int
    model: str
    harness: str
    prompt_digest: str
    """SHA-256 of what the agent was told."""
    seed: int | None
    exit_status: str
    """One of ``hgen.agents.loop.EXITS``, or what another harness says."""
    turns: int
    prompt_tokens: int | None
    completion_tokens: int | None
    """Of all turns; None if nobody counted."""
    cost: float | None
    """In US dollars; None if nobody knows the price."""
    seconds: float
    """Wall time of the run, without its grading."""
    command_seconds: float | None
    """What the commands took of that."""
    patch: Storable
    """What the tree became, as a diff against its commit."""
    suspicious: tuple[Suspicion, ...]
    trajectory: dict[str, JsonValue]
    """In ATIF."""


class Reject(Record):
    """Something that yielded nothing: what it was, a countable reason, and what was found."""

    source: Storable
    reason: str
    detail: Storable


class Counted(Record):
    """What a record took besides time, which no shard keeps: the runner adds it up in the receipt."""

    counts: dict[str, float]


def add_up(counts: dict[str, float], more: Mapping[str, float]) -> None:
    """Add further counts to those of the same names."""
    for name, number in more.items():
        counts[name] = round(counts.get(name, 0) + number, 9)
