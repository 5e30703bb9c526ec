"""``func-localize``: find functions and classes from their descriptions, and write the docstrings they lost."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property, partial
from typing import Literal

from pydantic import Field

from hgen.config import Section
from hgen.describe.behaviour import is_behaviour, scarce
from hgen.describe.by_model import Question, by_model
from hgen.describe.description import Description, describe, readable_elsewhere
from hgen.describe.facts import Facts, needed, sharing
from hgen.describe.leaks import path_secrets
from hgen.describe.rivals import by_code, by_description, by_name, near, related
from hgen.endpoint.talks import Talk, held
from hgen.errors import Skip
from hgen.families.base import Family, Material, Proposal, Static, identity, rank
from hgen.families.decoys import decoys, namesakes, require_no_twin
from hgen.families.lazy import largest, undocumented
from hgen.families.lazy_search import by_name_alone, by_shape, rarest_word, search, search_names
from hgen.families.lost_docstrings import LostDocstrings, lost_docstrings, removal, restoration
from hgen.probes.func_localize import probes
from hgen.records import Reject
from hgen.resources import path

NAME = "func-localize"
TEMPLATE = path("templates/func-localize.md.j2")
Level = Literal["named", "masked", "masked-hard"]

_WORDINGS = 384
"""What the template tells apart by its number of a wording."""
_NAMED_SHARE = 0.15
"""The name gives much away: so many tasks of the family ask with it at most."""
_HARD = 3
"""One of so many masked tasks tells behaviour only: few docstrings do."""
_PROPOSED = 3
"""So many tasks are proposed for each that is wanted, so that hard ones can be drawn."""
_FEW_FILES = 3
"""A parameter's name that no more files hold is as good as an address."""
_CROWD = 60
"""So many definitions without a docstring are asked how many have the described one's facts."""


class Options(Section):
    """The family's settings, ``synth.options.func-localize`` in the configuration."""

    variants: tuple[Level, ...] = Field(("masked-hard", "masked", "named"), min_length=1)
    """Description levels."""
    cap: int = Field(100, ge=0)
    """Tasks per repository, over all variants."""
    max_targets: int = Field(3, ge=1, le=3)
    undocumented: int = Field(20, ge=2)
    """The target is one of at least so many symbols without a docstring."""
    min_lines: int = Field(4, ge=1)
    """Lines of the body without its docstring."""
    min_words: int = Field(5, ge=1)
    max_words: int = Field(90, ge=10)
    """Bounds of a description's prose."""
    margin: float = Field(1.25, ge=1.0)
    """The target must score so many times as high as the next symbol when its description is searched for."""
    passage: int = Field(6, ge=2)
    """So many words in a row that stand elsewhere as well give a masked description away."""


def quotas(options: Options) -> dict[str, int]:
    """Tasks of each level, at most."""
    named = int(_NAMED_SHARE * options.cap) if len(options.variants) > 1 else options.cap
    masked = [level for level in options.variants if level != "named"]
    left = options.cap - (named if "named" in options.variants else 0)
    hard = left // _HARD if len(masked) > 1 else left
    shares = {"named": named, "masked-hard": hard, "masked": left - (hard if "masked-hard" in masked else 0)}
    return {level: shares[level] for level in options.variants}


def propose(material: Material, options: Options) -> Iterator[Proposal | Reject]:
    """Tasks of one to ``max_targets`` targets, level by level, and a reject for each symbol passed over.

    No symbol is a target at two levels.
    """
    lost = lost_docstrings(material)
    asked: set[int] = set()
    for level in options.variants:
        yield from _Level(material, options, lost, level).propose(asked)


class _Level:
    """One description level in one repository."""

    def __init__(self, material: Material, options: Options, lost: LostDocstrings, level: Level) -> None:
        self._material = material
        self._corpus = material.corpus
        self._symbols = material.codebase.symbols
        self._options = options
        self._lost = lost
        self._level = level
        self._room = _PROPOSED * quotas(options)[level]
        self._prompts: dict[int, str] = {}
        """Digests of the prompts by which a language model described symbols."""

    def propose(self, asked: set[int]) -> Iterator[Proposal | Reject]:
        """Proposals of symbols that have not been asked about; those that are now are added."""
        waiting: dict[bool, list[tuple[int, Description]]] = defaultdict(list)
        candidates = self._candidates(asked)
        talks = map(self._describe, candidates)
        # Each candidate yields one proposal at most, so that as many as there is room for are wanted.
        for position, description in zip(
            candidates, held(talks, self._material.endpoint, lambda: self._room), strict=False
        ):
            symbol = self._symbols[position]
            if isinstance(description, Skip):
                yield self._rejected(identity(symbol), description)
                continue
            group = waiting[symbol.kind == "class"]
            group.append((position, description))
            if len(group) >= self._group_size(group[0][0]):
                found = self._tried(tuple(group), asked)
                self._room -= isinstance(found, Proposal)
                yield found
                group.clear()
        yield from (self._tried(tuple(group), asked) for group in waiting.values() if group and self._room > 0)

    def _tried(self, group: tuple[tuple[int, Description], ...], asked: set[int]) -> Proposal | Reject:
        try:
            found = self._proposal(group)
        except Skip as skip:
            return self._rejected(", ".join(identity(self._symbols[member]) for member, _ in group), skip)
        asked.update(member for member, _ in group)
        return found

    def _rejected(self, source: str, skip: Skip) -> Reject:
        return Reject(source=f"{NAME}/{self._level} {source}", reason=skip.reason, detail=skip.detail)

    def _candidates(self, asked: set[int]) -> list[int]:
        """Documented symbols with something to recognise, in an order drawn by hash.

        Where both masked levels are asked for, the harder one takes half of them first, and the other what is left.
        """
        found = [
            position for position in self._lost.removable if position not in asked and self._worth_finding(position)
        ]
        order = sorted(found, key=lambda position: self._rank(identity(self._symbols[position])))
        if self._level == "masked-hard" and "masked" in self._options.variants:
            return [position for position in order if self._rank("half", identity(self._symbols[position])) % 2]
        return order

    def _worth_finding(self, position: int) -> bool:
        symbol = self._symbols[position]
        edit = self._lost.removable[position]
        lines = symbol.end_line - symbol.def_line - (edit.last_line - edit.first_line + 1)
        if lines < self._options.min_lines or symbol.statements <= 1 or symbol.qualname.endswith("__"):
            return False
        return self._level != "named" or len(namesakes(self._corpus, self._lost, position)) >= 2

    def _rank(self, *what: object) -> int:
        return rank(self._material.seed, NAME, self._level, *what)

    def _group_size(self, first: int) -> int:
        """Seven tasks of ten have one target, the others two or three; a name that several bear is asked alone."""
        if self._level == "named":
            return 1
        drawn = rank(self._material.seed, NAME, "targets", identity(self._symbols[first])) % 10
        return min(self._options.max_targets, 1 if drawn < 7 else 2 if drawn < 9 else 3)

    def _describe(self, position: int) -> Talk[Description]:
        corpus = self._corpus
        symbol = self._symbols[position]
        masked = self._level != "named"
        if position not in self._lost.unique:
            raise Skip("look-alike", "another symbol has the same docstring or body")
        if masked and self._material.in_image:
            raise Skip("in-image", "the agent's image holds a copy of this package")
        if masked and (rival := by_name(corpus, position, self._lost.undocumented)):
            # Overrides and implementations of one interface do the same thing; those with a docstring keep theirs.
            raise Skip("look-alike", f"{identity(rival)} has the same name")
        shown = corpus.facts(position)
        fit = partial(is_behaviour, corpus=corpus, position=position) if self._level == "masked-hard" else _any_words
        secrets = (*self._secrets(position), *(scarce(shown.names, corpus, _FEW_FILES) if shown and masked else ()))
        words = (self._options.min_words, self._options.max_words)
        if (endpoint := self._material.endpoint) is not None:
            self._require_no_double(position)
            question = Question(
                position, words, secrets, named=not masked, hard=self._level == "masked-hard", fit=fit,
                passage=self._options.passage, require=partial(self._require_found, position),
            )  # fmt: skip
            description, self._prompts[position] = yield from by_model(corpus, question, endpoint)
            return description
        description = describe(
            symbol,
            shown,
            docstring=self._lost.docstrings[position],
            secrets=secrets,
            named=not masked,
            owners=tuple(symbol.owner.split(".")) if symbol.owner else (),
            words=words,
            fit=fit,
        )
        if masked and (passage := readable_elsewhere(corpus, description, self._options.passage)):
            raise Skip("readable-elsewhere", passage)
        self._require_found(position, description)
        self._require_no_double(position)
        return description

    def _secrets(self, position: int) -> tuple[str, ...]:
        *owners, name = self._symbols[position].qualname.split(".")
        return (*owners, *([] if self._level == "named" else [name]), *path_secrets(self._symbols[position].file))

    def _others(self, position: int) -> tuple[int, ...] | None:
        """What else bears the name that an agent sees; None if it sees none."""
        return None if self._level != "named" else namesakes(self._corpus, self._lost, position)

    def _require_found(self, position: int, description: Description) -> None:
        """A description must fit one definition, for an agent that sees neither its class nor (masked) its name."""
        said = description.terms()
        if found := by_description(self._corpus, said, position, self._options.margin, self._others(position)):
            raise Skip("look-alike", f"a search for the description finds {identity(found)} as well")

    def _require_no_double(self, position: int) -> None:
        """Nothing else may do what the definition does, whatever is said of it."""
        others = self._others(position)
        if rival := next((place for place in others or () if related(self._corpus, position, place)), None):
            raise Skip("look-alike", f"{identity(self._symbols[rival])} does the same for another class")
        among = self._lost.library if others is None else frozenset(others)
        if found := by_code(self._corpus, position, among):
            raise Skip("look-alike", f"the code of {identity(found)} is nearly the same")

    def _proposal(self, group: tuple[tuple[int, Description], ...]) -> Proposal:
        corpus = self._corpus
        targets = tuple(position for position, _ in group)
        chosen = decoys(
            self._material,
            self._lost,
            {position: description.terms() for position, description in group},
            wanted=self._options.undocumented,
            first=namesakes(corpus, self._lost, targets[0]) if self._level == "named" else (),
        )
        require_no_twin(corpus, targets)
        setup = removal(corpus, self._lost, (*targets, *chosen))
        pool = self._pool((*targets, *chosen))
        crowd = [each for place in pool[:_CROWD] if (each := corpus.facts(place))]
        told = [self._told(position, description, pool, crowd) for position, description in group]
        return Proposal(
            variant=self._level,
            subject=None,
            targets=targets,
            setup=setup,
            gold=restoration(corpus, self._lost, targets, setup),
            context={
                "targets": told,
                "wording": self._rank("wording", *(identity(self._symbols[place]) for place in targets)) % _WORDINGS,
            },
            secrets=tuple(sorted({secret for place in targets for secret in self._secrets(place)})),
            difficulty={
                "targets": len(targets),
                "files": len({self._symbols[position].file for position in targets}),
                "undocumented": len(targets) + len(chosen),
                "words": sum(len(description.terms()) for _, description in group),
                "lines": max(self._symbols[place].end_line - self._symbols[place].def_line + 1 for place in targets),
                **self._difficulty(targets, told, pool, crowd),
            },
            prompts=tuple(self._prompts[place] for place in targets if place in self._prompts),
        )

    def _pool(self, lost: tuple[int, ...]) -> list[int]:
        """All definitions of the targets' sort without a docstring in the start state, those that lost it first."""
        is_class = self._symbols[lost[0]].kind == "class"
        return [*lost, *(place for place in self._already if (self._symbols[place].kind == "class") == is_class)]

    @cached_property
    def _already(self) -> list[int]:
        """What has no docstring in the snapshot, in an order drawn by hash."""
        return sorted(self._lost.undocumented, key=lambda place: self._rank("crowd", identity(self._symbols[place])))

    def _told(self, position: int, description: Description, pool: list[int], crowd: list[Facts]) -> Description:
        """The description with the facts that it needs; behaviour needs none."""
        if self._level == "masked-hard":
            return description
        named = self._level == "named"
        close = (
            namesakes(self._corpus, self._lost, position) if named else near(self._corpus, position, frozenset(pool))
        )
        rivals = [each for place in close if (each := self._corpus.facts(place))]
        return replace(description, given=needed(description.facts, rivals, crowd))

    def _difficulty(
        self, targets: tuple[int, ...], told: list[Description], pool: list[int], crowd: list[Facts]
    ) -> dict[str, int]:
        """How far a search of the code leads, and how many definitions have the facts that are told."""
        ranks, margins = [], []
        for position, description in zip(targets, told, strict=True):
            scores = self._corpus.code.scores(description.terms())
            best = max((float(scores[place]) for place in pool if place != position), default=0.0)
            ranks.append(1 + sum(scores[place] > scores[position] for place in pool))
            margins.append(round(100 * float(scores[position]) / best) if best else 100)
        return {
            "search_rank": max(ranks),
            "search_margin": min(margins),
            "sharing_facts": min(sharing(each.facts, each.given, crowd) for each in told),
        }


def _any_words(sentence: str) -> bool:
    """Whatever words a sentence has, they are fit."""
    del sentence
    return True


FAMILY = Family(
    name=NAME,
    template=TEMPLATE,
    options=Options,
    propose=propose,
    grading=Static(
        scorer="docstrings",
        probes=probes,
        lazy_choices={
            "first-undocumented": undocumented,
            "largest": largest,
            "rarest-word": partial(rarest_word, template=TEMPLATE),
            "search": partial(search, template=TEMPLATE),
            "search-names": partial(search_names, template=TEMPLATE),
            "shape": partial(by_shape, template=TEMPLATE),
            "name": partial(by_name_alone, template=TEMPLATE),
        },
    ),
    quotas=quotas,
    never_lazy=frozenset({"masked-hard"}),
)
