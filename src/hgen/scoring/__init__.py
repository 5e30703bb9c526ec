"""Scoring of predictions: standard library only, so that one file of it can grade anywhere."""

from hgen.scoring.scorers import SCORERS, Scorer, score, score_changes, score_patch
from hgen.scoring.tasks import BY_RUNNING, GRADED_BY, StaticTask, SymbolRef
from hgen.scoring.verdicts import PARTIAL, REASONS, UNGRADABLE, Reason, Refusal, Score, refused, with_all_parts

__all__ = [
    "BY_RUNNING",
    "GRADED_BY",
    "PARTIAL",
    "REASONS",
    "SCORERS",
    "UNGRADABLE",
    "Reason",
    "Refusal",
    "Score",
    "Scorer",
    "StaticTask",
    "SymbolRef",
    "refused",
    "score",
    "score_changes",
    "score_patch",
    "with_all_parts",
]
