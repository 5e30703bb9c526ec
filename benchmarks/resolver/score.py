"""Compare an engine's answers with the ground truth: edges, exact sets, and every single difference."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.resolver.ask import Answers
from benchmarks.resolver.sites import Identity
from benchmarks.resolver.truth import KnownFunction, own


@dataclass(frozen=True)
class Verdict:
    """What an engine got right and wrong about one function."""

    function: KnownFunction
    found: frozenset[Identity]
    """Required definitions that it named, or for which it named one that they override."""
    missing: frozenset[Identity]
    wrong: frozenset[Identity]

    @property
    def exact(self) -> bool:
        """Whether the set is the right one."""
        return not self.missing and not self.wrong


@dataclass
class Tally:
    """Counts over many functions."""

    functions: int = 0
    found: int = 0
    missing: int = 0
    wrong: int = 0
    exact: int = 0
    verdicts: list[Verdict] = field(default_factory=list, repr=False)

    def add(self, verdict: Verdict) -> None:
        """Count one more function."""
        self.functions += 1
        self.found += len(verdict.found)
        self.missing += len(verdict.missing)
        self.wrong += len(verdict.wrong)
        self.exact += verdict.exact
        self.verdicts.append(verdict)

    @property
    def precision(self) -> float:
        """Share of right edges among those named."""
        return self.found / max(1, self.found + self.wrong)

    @property
    def recall(self) -> float:
        """Share of found edges among the required ones."""
        return self.found / max(1, self.found + self.missing)

    @property
    def exact_share(self) -> float:
        """Share of functions whose set is exact."""
        return self.exact / max(1, self.functions)


def judge(function: KnownFunction, answers: Answers) -> Verdict:
    """Compare the sets of one function; answers at sites that never ran cannot be judged and do not count."""
    named: set[Identity] = set()
    found: set[Identity] = set()
    required: set[Identity] = set()
    allowed: set[Identity] = set()
    for site in function.sites:
        said = {each for each in answers.get(site.key, []) if not own(each, function.identity)}
        named |= said
        required |= site.required
        allowed |= site.allowed
        if said & site.allowed and not site.polymorphic:
            found |= site.required
    found |= named & required
    return Verdict(function, frozenset(found), frozenset(required - found), frozenset(named - allowed))


def tally(functions: Iterable[KnownFunction], answers: Answers) -> Tally:
    """Judge them all."""
    total = Tally()
    for function in functions:
        total.add(judge(function, answers))
    return total


def strictly_exact(function: KnownFunction, answers: Answers) -> bool:
    """Whether every site is answered with what ran there and nothing else: no credit for overridden definitions."""
    observed: set[Identity] = set()
    named: set[Identity] = set()
    for site in function.sites:
        said = {each for each in answers.get(site.key, []) if not own(each, function.identity)}
        # A called instance's ``__call__`` is allowed and not required.
        named |= said if site.observed else said - site.allowed
        observed |= site.observed
    return named == observed
