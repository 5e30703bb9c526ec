"""``func-gen``: implement a function whose body was taken away; the tests that noticed are hidden."""

from collections.abc import Iterator

from pydantic import Field

from hgen.families.base import Answer, Edits, Family, Material, Proposal
from hgen.families.hidden_tests import hide
from hgen.families.knowable import require_knowable
from hgen.families.tested import (
    TestedOptions,
    TriedFunction,
    command,
    docstring,
    ids,
    merged,
    others_of_file,
    proposals,
)
from hgen.probes.func_gen import lazy_answers, probes
from hgen.records import Reject
from hgen.resources import path
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
    return proposals(material, options, NAME, lambda tried: _proposal(material, options, tried))


def start_of(material: Material, tried: TriedFunction, *, hidden: bool) -> Edits:
    """The body replaced, and the functions of the tests that notice it removed."""
    body = {tried.symbol.file: (tried.emptied,)}
    if not hidden:
        return body
    return merged(body, hide(material.corpus, tried.functions_of(tried.trial.emptied.killed_by)))


def _proposal(material: Material, options: Options, tried: TriedFunction) -> Proposal:
    docstring(material, tried.symbol, least=options.min_words)
    failing = tried.trial.emptied.killed_by
    passing = tuple(test for test in tried.functions if test not in failing)
    others = others_of_file(material, tried, options.neighbours)
    edit = tried.emptied
    hidden = tried.functions_of(failing) if options.hide_tests else set()
    taken = tried.trial.emptied
    require_knowable(material, tried.symbol.file, (taken.first_line, taken.last_line), hidden)
    return Proposal(
        variant="default" if options.hide_tests else "tests-shown",
        subject=None,
        targets=(tried.trial.symbol,),
        setup=start_of(material, tried, hidden=options.hide_tests),
        gold={tried.symbol.file: (Edit(edit.first_line, edit.first_line, tried.original),)},
        context={
            "kind": tried.symbol.kind,
            "name": tried.symbol.qualname,
            "file": tried.symbol.file,
            "hidden": options.hide_tests,
            "command": command(material),
        },
        secrets=tuple(sorted(material.codebase.symbols[function].name for function in hidden)),
        difficulty={
            "lines": len(tried.original),
            "fail_to_pass": len(failing),
            "pass_to_pass": len(passing) + len(others),
            "test_functions": len(tried.functions_of(failing)),
        },
        fail_to_pass=ids(material, failing),
        pass_to_pass=ids(material, passing + others),
    )


FAMILY = Family(
    name=NAME,
    template=path("templates/func-gen.md.j2"),
    options=Options,
    propose=propose,
    grading=Answer(probes=probes, lazy_answers=lazy_answers),
)
