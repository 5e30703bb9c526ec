"""``verify-repair``: a change is in the tree, uncommitted: find out by running it if it is right, and repair it."""

from collections.abc import Iterator

from pydantic import Field

from hgen.errors import Skip
from hgen.families.base import Family, Material, Proposal, identity, rank
from hgen.families.executable import (
    Case,
    TestedOptions,
    command,
    docstring,
    edit_of,
    ids,
    others_of_file,
    proposals,
)
from hgen.families.func_gen import start_of
from hgen.families.knowable import unknowable
from hgen.probes.code import leave_it, probes
from hgen.records import Mutant, Reject
from hgen.resources import path
from hgen.scoring import score
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
    return proposals(material, options, NAME, lambda case: _proposal(material, options, case))


def _proposal(material: Material, options: Options, case: Case) -> Proposal:
    symbol = case.symbol
    said = docstring(material, symbol, least=options.min_words)
    flaw = _flaw(material, options, case)
    emptied = case.emptied
    # A right candidate is the true code as it was: one rewritten for the purpose could be told by its look.
    right = Edit(emptied.first_line, emptied.last_line, case.original)
    edit, killers = (edit_of(flaw), flaw.killed_by) if flaw else (right, ())
    # The placeholder's line becomes the body with the flaw in it.
    at = edit.first_line - emptied.first_line
    after = edit.last_line - emptied.first_line + 1
    body = (*case.original[:at], *edit.lines, *case.original[after:])
    back = Edit(edit.first_line, edit.first_line + len(edit.lines) - 1, case.original[at:after])
    passing = tuple(test for test in case.functions if test not in killers)
    others = others_of_file(material, case, options.neighbours)
    hidden = case.functions_of(case.trial.emptied.killed_by)
    return Proposal(
        variant="default",
        subject=None,
        targets=(case.trial.symbol,),
        setup=start_of(material, case, hidden=True),
        candidate={symbol.file: (Edit(emptied.first_line, emptied.first_line, body),)},
        gold={symbol.file: (back,)} if flaw else {},
        context={
            "kind": symbol.kind,
            "name": symbol.qualname,
            "file": symbol.file,
            "docstring": said,
            "command": command(material),
        },
        secrets=tuple(sorted(material.codebase.symbols[function].qualname.split(".")[-1] for function in hidden)),
        difficulty={
            "lines": len(case.original),
            "flawed": int(flaw is not None),
            "fail_to_pass": len(killers),
            "pass_to_pass": len(passing) + len(others),
            "test_functions": len(case.functions_of(killers)),
        },
        fail_to_pass=ids(material, killers),
        pass_to_pass=ids(material, passing + others),
    )


def _flaw(material: Material, options: Options, case: Case) -> Mutant | None:
    """The mutant that the candidate is; None if the candidate is right.

    That is drawn among functions with a fit flaw, so that what makes a flaw fit tells nothing.
    """
    hidden = case.functions_of(case.trial.emptied.killed_by)
    fit = [
        mutant
        for mutant in case.trial.mutants
        if mutant.operator not in _CRUDE
        and "pass" not in map(str.strip, mutant.lines)
        and len(case.functions_of(mutant.killed_by)) <= options.max_killers
        # What every test notices is an accident, not a flaw that needs looking for.
        and len(mutant.killed_by) < len(case.functions)
        and not unknowable(material, case.symbol.file, (mutant.first_line, mutant.last_line), hidden)
    ]
    if not fit:
        raise Skip("no-fit-flaw", f"of {len(case.trial.mutants)} mutants")
    if rank(material.seed, NAME, "right", identity(case.symbol)) % options.right == 0:
        return None
    return min(
        fit, key=lambda mutant: rank(material.seed, NAME, identity(case.symbol), mutant.lines, mutant.first_line)
    )


FAMILY = Family(
    name=NAME,
    template=path("templates/verify-repair.md.j2"),
    options=Options,
    propose=propose,
    score=score,
    probes=probes,
    baselines={},
    executable=True,
    lazy=leave_it,
)
