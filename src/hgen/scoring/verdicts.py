"""What scoring returns: a reward with its parts, and the reasons for what it lacks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

REASONS = {
    "no-patch": "the prediction holds no patch (null)",
    "not-a-string": "the patch is something else than text",
    "empty-patch": "the patch is empty",
    "too-large": "the patch is larger than any right answer",
    "damaged-patch": "the patch is not a readable diff",
    "does-not-apply": "the patch does not apply to the start state",
    "file-added": "a file is created or copied",
    "file-deleted": "a file is deleted",
    "mode-changed": "a file's mode changes",
    "binary-patch": "a file is changed in binary form",
    "not-python": "a file is changed that is no Python source, or none that this Python reads",
    "not-regular": "a file was replaced by a link, or a link is changed",
    "encoding-changed": "the declared encoding of a file changes",
    "directive-changed": "a comment that programs obey changes: a first line with #!, a script's metadata",
    "does-not-parse": "a changed file is no longer valid Python",
    "code-changed": "a changed file differs in more than the allowed edit",
    "docstring-changed": "an existing docstring changes or goes",
    "docstring-elsewhere": "a symbol that is no target gains a docstring",
    "docstring-empty": "a target's docstring is not a description of at least three words",
    "target-missed": "a target is not part of the answer",
    "marker-elsewhere": "a marker stands where no right definition follows",
    "marker-repeated": "a definition is marked more than once",
    "comment-elsewhere": "a comment is added outside the places to find",
    "imprecise": "too many places are commented that need no change",
    "suspicious-code": "the code reaches for what no right answer needs: the test runner, frames, equality with all",
    "forged-report": "the report on the tests is not the driver's, or says that a test passed which must fail",
    "runner-replaced": "parts of the test runner were replaced while the tests ran",
    "tests-read": "the library's code read the tests, or looked into the runner, while they ran",
    "timed-out": "the tests did not end in the time that they get",
    "ended-early": "the tests' process ended before they had all run",
    "tests-fail": "tests fail that must pass, or were skipped",
    "not-a-test": "something else than a test is changed, where tests were to be written",
    "no-tests": "no test was written",
    "wrong-on-true-code": "written tests fail on the true code, or not always do the same",
    "judges-the-text": "written tests fail on a variant of the code that does the same",
    "mutants-live": "written tests do not notice every mutant",
    "start-state": "the start state itself cannot be used for scoring",
    "bad-task": "the task row cannot be used for scoring",
}
"""The closed vocabulary of reason codes, with their meanings."""

MAX_DETAIL = 500
"""Characters of a detail that a row keeps: a hostile patch can have names of any length."""

PARTIAL = frozenset(
    {
        "docstring-empty",
        "target-missed",
        "marker-elsewhere",
        "marker-repeated",
        "comment-elsewhere",
        "imprecise",
        "mutants-live",
    }
)
"""Reasons that lower the reward; every other one makes it 0."""

UNGRADABLE = frozenset({"start-state", "bad-task"})
"""Reasons that say nothing about the prediction: the task, its files or this Python's age are at fault."""


_PLACES = ("file_precision", "file_recall", "file_f1", "module_precision", "module_recall", "module_f1")
PARTS: Mapping[str, tuple[str, ...]] = {
    "docstrings": (*_PLACES, "docstrings"),
    "markers": _PLACES,
    "comments": _PLACES,
    "mutants": ("mutants",),
}
"""What a reward is made of besides precision, recall and F1, by a task's ``graded_by``.

Where places are to be found, ``precision``, ``recall`` and ``f1`` count definitions; these count the files in which
they are, and the modules: a module is a file's top-level class or function with all that is defined in it, as in the
field's benchmarks of localization. Where tests are written, ``mutants`` is the share of the mutants that they notice;
where docstrings are, ``docstrings`` is the share of the targets whose docstrings say what is true of their code and is
not just what the problem statement said (see ``hgen.scoring.truth``).
"""


@dataclass(frozen=True)
class Reason:
    """Why a score is not full: a code of ``REASONS`` that can be counted, and what was found."""

    code: str
    detail: str


@dataclass(frozen=True)
class Score:
    """The verdict on one prediction.

    ``reward`` is in [0, 1]: the F1 of what was found, and 0 if anything forbidden was done. ``resolved`` is full
    success and nothing less, as the family defines it. ``precision`` and ``recall`` count targets found.
    """

    reward: float
    resolved: bool
    precision: float
    recall: float
    f1: float
    reasons: tuple[Reason, ...]
    more: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Further parts, by their names in ``PARTS``, for tasks that have them."""

    @property
    def parts(self) -> dict[str, float]:
        """What the reward is made of, by name."""
        return {"precision": self.precision, "recall": self.recall, "f1": self.f1, **self.more}

    def numbers(self) -> dict[str, float]:
        """The reward, full success as 0 or 1, and the parts."""
        return {"reward": self.reward, "resolved": float(self.resolved), **self.parts}

    def row(self) -> dict[str, object]:
        """The score as a JSON object."""
        return {
            "reward": self.reward,
            "resolved": self.resolved,
            **self.parts,
            "reasons": [{"code": reason.code, "detail": reason.detail[:MAX_DETAIL]} for reason in self.reasons],
        }


class Refusal(Exception):  # noqa: N818 - a verdict, not a failure
    """The answer does something forbidden, or is none; the verdict is a reward of 0 for this reason."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.reason = Reason(code, detail)


class NoVerdict(Exception):  # noqa: N818 - the message says what to do
    """The machine, a file or the version is at fault, and nothing can be said of the answer."""


def refused(*reasons: Reason) -> Score:
    """The score of an answer that is worth nothing."""
    return Score(0.0, False, 0.0, 0.0, 0.0, reasons)


def with_all_parts(score: Score, graded_by: str) -> Score:
    """The score with every part that such tasks have; what was refused has nothing of any."""
    return replace(score, more={**dict.fromkeys(PARTS.get(graded_by, ()), 0.0), **score.more})


def scored(
    *,
    hits: int,
    given: int,
    wanted: int,
    reasons: list[Reason],
    places: Collection[tuple[str, str]],
    targets: Collection[tuple[str, str]],
) -> Score:
    """The score of ``hits`` right places among ``given`` ones, where ``wanted`` were to be found.

    ``places`` are the definitions that the answer points at, right or wrong, by file and qualified name, which is empty
    outside of definitions; ``targets`` are those that it should point at.
    """
    precision, recall, f1 = rates(hits, given, wanted)
    more: dict[str, float] = {}
    for level, wider in (("file", _file), ("module", _module)):
        found, right = set(map(wider, places)), set(map(wider, targets))
        of_level = rates(len(found & right), len(found), len(right))
        more.update(zip((f"{level}_precision", f"{level}_recall", f"{level}_f1"), of_level))
    forbidden = any(reason.code not in PARTIAL for reason in reasons)
    resolved = not reasons and hits == wanted > 0
    return Score(0.0 if forbidden else round(f1, 6), resolved, precision, recall, f1, tuple(reasons), more)


def rates(hits: int, given: int, wanted: int) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    return (
        hits / given if given else 0.0,
        hits / wanted if wanted else 0.0,
        2 * hits / (given + wanted) if hits else 0.0,
    )


def _file(place: tuple[str, str]) -> str:
    return place[0]


def _module(place: tuple[str, str]) -> tuple[str, str]:
    return place[0], place[1].partition(".")[0]
