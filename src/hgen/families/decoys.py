"""Decoys: symbols that lose their docstrings beside the targets, so that the targets are not the only ones without."""

from collections.abc import Iterable, Iterator, Mapping

from hgen.describe.corpus import Corpus
from hgen.describe.rivals import undocumented_twin
from hgen.errors import Skip
from hgen.families.base import Material, identity, rank
from hgen.families.lost_docstrings import LostDocstrings


def decoys(
    material: Material,
    lost: LostDocstrings,
    targets: Mapping[int, list[str]],
    *,
    wanted: int,
    first: Iterable[int] = (),
) -> list[int]:
    """Symbols of the targets' sort: those that come first, neighbours, look-alikes, and others drawn by hash.

    ``targets`` holds what is said of each target. Nothing is chosen that could be taken for a target in the start
    state, and nothing with the name of one that does not come first. Raises ``Skip`` when fewer symbols than
    ``wanted`` would be without a docstring.
    """
    corpus, symbols = material.corpus, material.codebase.symbols
    is_class = symbols[next(iter(targets))].kind == "class"
    names = {symbols[position].name for position in targets}
    same = [
        place
        for place in lost.removable
        if (symbols[place].kind == "class") == is_class and symbols[place].name not in names
    ]
    drawn = sorted(same, key=lambda place: rank(material.seed, "decoy", *sorted(targets), identity(symbols[place])))
    files = {symbols[position].file for position in targets}
    number = wanted - len(targets)
    chosen: list[int] = []
    removable = [place for place in first if place in lost.removable]
    _take(corpus, targets, removable, chosen, len(removable))
    _take(corpus, targets, (place for place in drawn if symbols[place].file in files), chosen, number // 3)
    for said in targets.values():
        scores = corpus.whole.scores(said)
        alike = sorted(same, key=lambda place: (-scores[place], place))
        _take(corpus, targets, alike, chosen, number // 3 // len(targets))
    _take(corpus, targets, drawn, chosen, number - len(chosen))
    already = sum((symbols[place].kind == "class") == is_class for place in lost.undocumented)
    if (found := len(chosen) + len(targets) + already) < wanted:
        raise Skip("too-few-decoys", f"{found} symbols could lack a docstring")
    return chosen


def _take(
    corpus: Corpus, targets: Iterable[int], places: Iterable[int] | Iterator[int], chosen: list[int], number: int
) -> None:
    """Add up to a number of places that are not chosen yet and are no target's twin."""
    for place in places:
        if number <= 0:
            return
        if place not in chosen and not any(undocumented_twin(corpus, target, place) for target in targets):
            chosen.append(place)
            number -= 1


def require_no_twin(corpus: Corpus, targets: tuple[int, ...]) -> None:
    """Raise ``Skip("look-alike")`` if two targets could be taken for each other, once neither has a docstring."""
    for at, position in enumerate(targets):
        for other in targets[at + 1 :]:
            same_name = corpus.symbols[position].name == corpus.symbols[other].name
            if same_name or undocumented_twin(corpus, position, other):
                raise Skip("look-alike", f"the code of {identity(corpus.symbols[other])} is nearly the same")


def namesakes(corpus: Corpus, lost: LostDocstrings, position: int) -> tuple[int, ...]:
    """The other definitions of the library with the same last name that have no docstring, or can lose it."""
    return tuple(
        place
        for place in corpus.by_name[corpus.symbols[position].name]
        if place != position and (place in lost.undocumented or place in lost.removable)
    )
