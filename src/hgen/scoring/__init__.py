"""Scoring of predictions: standard library only, so that one file of it can grade anywhere."""

from hgen.scoring.scorers import SCORERS, score, score_changes
from hgen.scoring.verdicts import PARTIAL, REASONS, UNGRADABLE, Reason, Refusal, Score, refused

__all__ = [
    "PARTIAL",
    "REASONS",
    "SCORERS",
    "UNGRADABLE",
    "Reason",
    "Refusal",
    "Score",
    "refused",
    "score",
    "score_changes",
]
