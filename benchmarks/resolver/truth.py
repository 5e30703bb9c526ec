"""From traces to ground truth: per function, what a right answer must hold and what it may hold."""

from dataclasses import dataclass

from benchmarks.resolver.ask import Index, Question
from benchmarks.resolver.recorder import EXTERNAL, IMPLICIT, INJECTED, Target
from benchmarks.resolver.sites import Definition, Identity, Site, is_test
from benchmarks.resolver.trace import Trace, TracedSite

SiteKey = tuple[str, int, int]


@dataclass(frozen=True)
class KnownSite:
    """A site that ran."""

    key: SiteKey
    line: int
    required: frozenset[Identity]
    """The definitions of the repository that it names: one, unless it is polymorphic."""
    observed: frozenset[Identity]
    """The definitions that really ran."""
    allowed: frozenset[Identity]
    """What is not wrong to say: also what the targets override, and a called instance's ``__call__``."""
    polymorphic: bool
    injected: bool


@dataclass(frozen=True)
class KnownFunction:
    """A traced function of which at least one site ran."""

    identity: Identity
    sites: tuple[KnownSite, ...]
    whole: bool
    """Every site that could concern the repository ran."""
    polymorphic: bool
    """Some site called more than one thing, at least one of them in the repository."""
    injected: bool
    """Some site called what a test put there, a mock or a definition of its own: nobody reads that off the sources."""

    @property
    def calls_repository(self) -> bool:
        """Whether the trace saw it call a definition of the repository."""
        return any(site.observed for site in self.sites)


def ground_truth(trace: Trace, index: Index) -> list[KnownFunction]:
    """All traced functions that ran, in source order."""
    known = []
    for identity, traced in sorted(trace.items()):
        definition = index.definitions[identity]
        static = {site.end: site for site in definition.sites}
        sites = tuple(_site(identity, each) for each in traced if each.targets)
        if not sites:
            continue
        missed = [static[each.end] for each in traced if not each.targets]
        known.append(
            KnownFunction(
                identity,
                sites,
                whole=not any(_concerns(site, index) for site in missed),
                polymorphic=any(site.polymorphic for site in sites),
                injected=any(site.injected for site in sites),
            )
        )
    return known


def questions(function: KnownFunction, definition: Definition) -> list[Question]:
    """What to ask about a function: its sites that ran and have a name to point at."""
    ran = {site.key[1:] for site in function.sites}
    file = function.identity[0]
    return [
        Question(file, site.line, site.column, site.end, site.written, site.kind)
        for site in definition.sites
        if site.named and site.end in ran
    ]


def own(identity: Identity, function: Identity) -> bool:
    """Whether a definition is the function itself or nested in it, which does not count."""
    nested = identity[0] == function[0] and identity[1].startswith(f"{function[1]}.<locals>.")
    return identity == function or nested


def _concerns(site: Site, index: Index) -> bool:
    return not site.named or site.written in index.names


def _site(function: Identity, traced: TracedSite) -> KnownSite:
    def kept(identities: list[Identity]) -> frozenset[Identity]:
        outside = (EXTERNAL, IMPLICIT, INJECTED)
        return frozenset(each for each in identities if each not in outside and not own(each, function))

    targets: tuple[Target, ...] = traced.targets
    required = kept([named for _, named, _ in targets])
    bases = kept([base for _, _, overridden in targets for base in overridden])
    observed = kept([each for each, _, _ in targets])
    return KnownSite(
        key=(function[0], *traced.end),
        line=traced.line,
        required=required,
        observed=observed,
        allowed=required | observed | bases,
        injected=any(each == INJECTED or is_test(each[0]) for each, _, _ in targets),
        polymorphic=bool(required) and len({named for _, named, _ in targets}) > 1,
    )
