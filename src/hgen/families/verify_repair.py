"""``verify-repair``: a change is in the tree, uncommitted: find out by running it if it is right, and repair it."""

from collections.abc import Iterator

from pydantic import Field

from hgen.errors import Skip
from hgen.families.base import Answer, Family, Material, Proposal, identity, rank
from hgen.families.func_gen import start_of
from hgen.families.knowable import unknowable
from hgen.families.tested import (
    TestedOptions,
    TriedFunction,
    command,
    docstring,
    edit_of,
    ids,
    others_of_file,
    proposals,
)
from hgen.probes.verify_repair import lazy_answers, probes
from hgen.records import Mutant, Reject
from hgen.resources import path
from hgen.scoring.diffs import Edit

NAME = "verify-repair"
_CRUDE = frozenset({"early-return", "swapped-arguments"})
"""Operators whose mutants are seen by reading, or fail wherever they are reached."""


class Options(TestedOptions):
    """The family's settings, ``synth.options.verify-repair`` in the configuration."""

    neighbours: int = Field(5, ge=0)
    """So many tests of the target's file that do not execute it must go on passing as well."""
    min_words: int = Field(6, ge=1)
    """What the docstring says at least: it is all that the agent is told of what is right."""
    max_killers: int = Field(3, ge=1)
    """So many test functions at most notice the flaw."""
    right: int = Field(10, ge=2)
    """One candidate of so many is right."""


def propose(material: Material, options: Options) -> Iterator[Proposal | Reject]:
    """One task for each function with a fit flaw, and a reject for each one passed over."""
    return proposals(material, options, NAME, lambda tried: _proposal(material, options, tried))


def _proposal(material: Material, options: Options, tried: TriedFunction) -> Proposal:
    symbol = tried.symbol
    said = docstring(material, symbol, least=options.min_words)
    flaw = _flaw(material, options, tried)
    emptied = tried.emptied
    # A right candidate is the true code as it was: one rewritten for the purpose could be told by its look.
    right = Edit(emptied.first_line, emptied.last_line, tried.original)
    edit, killers = (edit_of(flaw), flaw.killed_by) if flaw else (right, ())
    # The placeholder's line becomes the body with the flaw in it.
    at = edit.first_line - emptied.first_line
    after = edit.last_line - emptied.first_line + 1
    body = (*tried.original[:at], *edit.lines, *tried.original[after:])
    back = Edit(edit.first_line, edit.first_line + len(edit.lines) - 1, tried.original[at:after])
    passing = tuple(test for test in tried.functions if test not in killers)
    others = others_of_file(material, tried, options.neighbours)
    hidden = tried.functions_of(tried.trial.emptied.killed_by)
    return Proposal(
        variant="default",
        subject=None,
        targets=(tried.trial.symbol,),
        setup=start_of(material, tried, hidden=True),
        candidate={symbol.file: (Edit(emptied.first_line, emptied.first_line, body),)},
        gold={symbol.file: (back,)} if flaw else {},
        context={
            "kind": symbol.kind,
            "name": symbol.qualname,
            "file": symbol.file,
            "docstring": said,
            "command": command(material),
        },
        secrets=tuple(sorted(material.codebase.symbols[function].name for function in hidden)),
        difficulty={
            "lines": len(tried.original),
            "flawed": int(flaw is not None),
            "fail_to_pass": len(killers),
            "pass_to_pass": len(passing) + len(others),
            "test_functions": len(tried.functions_of(killers)),
        },
        fail_to_pass=ids(material, killers),
        pass_to_pass=ids(material, passing + others),
    )


def _flaw(material: Material, options: Options, tried: TriedFunction) -> Mutant | None:
    """The mutant that the candidate is; None if the candidate is right.

    That is drawn among functions with a fit flaw, so that what makes a flaw fit tells nothing.
    """
    hidden = tried.functions_of(tried.trial.emptied.killed_by)
    fit = [
        mutant
        for mutant in tried.trial.mutants
        if mutant.operator not in _CRUDE
        and "pass" not in map(str.strip, mutant.lines)
        and len(tried.functions_of(mutant.killed_by)) <= options.max_killers
        # What every test notices is an accident, not a flaw that needs looking for.
        and len(mutant.killed_by) < len(tried.functions)
        and not unknowable(material, tried.symbol.file, (mutant.first_line, mutant.last_line), hidden)
    ]
    if not fit:
        raise Skip("no-fit-flaw", f"of {len(tried.trial.mutants)} mutants")
    if rank(material.seed, NAME, "right", identity(tried.symbol)) % options.right == 0:
        return None
    return min(
        fit, key=lambda mutant: rank(material.seed, NAME, identity(tried.symbol), mutant.lines, mutant.first_line)
    )


FAMILY = Family(
    name=NAME,
    template=path("templates/verify-repair.md.j2"),
    options=Options,
    propose=propose,
    grading=Answer(probes=probes, lazy_answers=lazy_answers),
)
