"""``test-gen``: write tests for a function that lost its own; they are judged by the mutants that they notice."""

import re
from collections.abc import Iterator

from pydantic import Field

from hgen.errors import Skip
from hgen.families.base import Edits, Family, Material, Proposal, Tests, identity, inverse, rank
from hgen.families.hidden_tests import hide
from hgen.families.tested import TestedOptions, TriedFunction, command, edit_of, proposals
from hgen.probes.test_gen import probes
from hgen.records import Mutant, Reject
from hgen.resources import path
from hgen.scoring.roles import is_library

NAME = "test-gen"


class Options(TestedOptions):
    """The family's settings, ``synth.options.test-gen`` in the configuration."""

    min_mutants: int = Field(4, ge=1)
    """Mutants that the removed tests notice."""
    max_mutants: int = Field(6, ge=1)
    """Mutants that judge the written tests."""
    share: float = Field(0.6, gt=0, le=1)
    """The share of the mutants that written tests must notice to be a full success."""


def propose(material: Material, options: Options) -> Iterator[Proposal | Reject]:
    """One task for each function with enough mutants, and a reject for each one passed over."""
    return proposals(material, options, NAME, lambda tried: _proposal(material, options, tried))


def _proposal(material: Material, options: Options, tried: TriedFunction) -> Proposal:
    symbol = tried.symbol
    removed = set(tried.functions.values()) | _mentioning(material, tried)
    setup = hide(material.corpus, removed)
    chosen = _mutants(material, options, tried)
    return Proposal(
        variant="default",
        subject=None,
        targets=(tried.trial.symbol,),
        setup=setup,
        gold=inverse(material.corpus, setup),
        context={
            "kind": symbol.kind,
            "name": symbol.qualname,
            "file": symbol.file,
            "folders": _folders(setup),
            "command": command(material),
            "share": options.share,
        },
        secrets=tuple(sorted(material.codebase.symbols[place].name for place in removed)),
        difficulty={
            "lines": symbol.end_line - symbol.def_line + 1,
            "mutants": len(chosen),
            "test_functions": len(removed),
            "test_files": len(setup),
        },
        mutants=tuple({symbol.file: (edit_of(mutant),)} for mutant in chosen),
        resolved_share=options.share,
    )


def _mentioning(material: Material, tried: TriedFunction) -> set[int]:
    """Test functions that name the function without having been seen to execute it, where no other has its name."""
    symbols = material.codebase.symbols
    name = tried.symbol.name
    if sum(symbol.name == name for symbol in symbols) > 1:
        return set()
    word = re.compile(rf"\b{name}\b")
    files = {symbols[place].file for place in tried.functions.values()}
    return {
        place
        for file in sorted(files)
        for place in material.corpus.by_file[file]
        if symbols[place].kind != "class"
        and symbols[place].name.startswith("test")
        and "<locals>" not in symbols[place].qualname
        and any(
            word.search(line)
            for line in material.corpus.lines(file)[symbols[place].start_line - 1 : symbols[place].end_line]
        )
    }


def _mutants(material: Material, options: Options, tried: TriedFunction) -> list[Mutant]:
    """Mutants drawn by hash, the others before those that all tests notice: any call would notice these."""
    drawn = sorted(tried.trial.mutants, key=lambda mutant: _draw(material, tried, mutant))
    obvious = [mutant for mutant in drawn if len(mutant.killed_by) == len(tried.functions)]
    subtle = [mutant for mutant in drawn if mutant not in obvious]
    chosen = (subtle + obvious[: max(len(subtle), options.min_mutants - 1)])[: options.max_mutants]
    if len(chosen) < options.min_mutants:
        raise Skip("few-mutants", f"the tests notice {len(drawn)}, {len(subtle)} of them not each time")
    return chosen


def _draw(material: Material, tried: TriedFunction, mutant: Mutant) -> int:
    return rank(material.seed, NAME, identity(tried.symbol), mutant.operator, mutant.first_line, mutant.lines)


def _folders(setup: Edits) -> list[str]:
    """Where the removed tests stood."""
    return sorted({file.rpartition("/")[0] or "." for file in setup if not is_library(file)})


FAMILY = Family(
    name=NAME,
    template=path("templates/test-gen.md.j2"),
    options=Options,
    propose=propose,
    grading=Tests(probes=probes),
)
