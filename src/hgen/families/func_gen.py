"""``func-gen``: implement a function whose body was taken away; the tests that noticed are hidden."""

from collections.abc import Iterator

from pydantic import Field

from hgen.families.base import Edits, Family, Material, Proposal
from hgen.families.executable import (
    Case,
    TestedOptions,
    command,
    docstring,
    ids,
    merged,
    others_of_file,
    proposals,
)
from hgen.families.hiding import hide
from hgen.families.knowable import require_knowable
from hgen.probes.code import lazy, probes
from hgen.records import Reject
from hgen.resources import path
from hgen.scoring import score
from hgen.scoring.diffs import Edit

NAME = "func-gen"


class Options(TestedOptions):
    """The family's settings, ``synth.options.func-gen`` in the configuration."""

    neighbours: int = Field(5, ge=0)
    """So many tests of the target's file that do not execute it must go on passing as well."""
    hide_tests: bool = True
    """Whether the tests that fail without the function are taken out of the start state."""
    min_words: int = Field(6, ge=1)
    """What the docstring says at least: it is all that the agent is told."""


def propose(material: Material, options: Options) -> Iterator[Proposal | Reject]:
    """One task for each function that its tests miss, and a reject for each one passed over."""
    return proposals(material, options, NAME, lambda case: _proposal(material, options, case))


def start_of(material: Material, case: Case, *, hidden: bool) -> Edits:
    """The body replaced, and the functions of the tests that notice it removed."""
    body = {case.symbol.file: (case.emptied,)}
    if not hidden:
        return body
    return merged(body, hide(material.corpus, case.functions_of(case.trial.emptied.killed_by)))


def _proposal(material: Material, options: Options, case: Case) -> Proposal:
    docstring(material, case.symbol, least=options.min_words)
    failing = case.trial.emptied.killed_by
    passing = tuple(test for test in case.functions if test not in failing)
    others = others_of_file(material, case, options.neighbours)
    edit = case.emptied
    hidden = case.functions_of(failing) if options.hide_tests else set()
    taken = case.trial.emptied
    require_knowable(material, case.symbol.file, (taken.first_line, taken.last_line), hidden)
    return Proposal(
        variant="default" if options.hide_tests else "tests-shown",
        subject=None,
        targets=(case.trial.symbol,),
        setup=start_of(material, case, hidden=options.hide_tests),
        gold={case.symbol.file: (Edit(edit.first_line, edit.first_line, case.original),)},
        context={
            "kind": case.symbol.kind,
            "name": case.symbol.qualname,
            "file": case.symbol.file,
            "hidden": options.hide_tests,
            "command": command(material),
        },
        secrets=tuple(sorted(material.codebase.symbols[function].qualname.split(".")[-1] for function in hidden)),
        difficulty={
            "lines": len(case.original),
            "fail_to_pass": len(failing),
            "pass_to_pass": len(passing) + len(others),
            "test_functions": len(case.functions_of(failing)),
        },
        fail_to_pass=ids(material, failing),
        pass_to_pass=ids(material, passing + others),
    )


FAMILY = Family(
    name=NAME,
    template=path("templates/func-gen.md.j2"),
    options=Options,
    propose=propose,
    score=score,
    probes=probes,
    baselines={},
    executable=True,
    lazy=lazy,
)
