"""The states of a task's tree: as committed, as the agent meets it, and as the reference answer leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hgen.scoring.diffs import DiffError, Patched
from hgen.scoring.verdicts import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping


def committed_state(snapshot: Mapping[str, bytes], setup_patch: str) -> Patched:
    """The one commit of the agent's repository; ``snapshot`` needs to hold no more than what the patch touches.

    Raises ``Refusal("start-state")`` if the patch does not apply, as all functions here.
    """
    return patched(snapshot, setup_patch, "the setup patch")


def start_state(snapshot: Mapping[str, bytes], setup_patch: str, candidate_patch: str) -> Patched:
    """What the agent meets: the commit, and a change that is not committed where the task has one."""
    return patched(committed_state(snapshot, setup_patch), candidate_patch, "the candidate patch")


def gold_state(snapshot: Mapping[str, bytes], setup_patch: str, candidate_patch: str, patch: str) -> Patched:
    """What the reference answer makes of the start state."""
    return patched(start_state(snapshot, setup_patch, candidate_patch), patch, "the gold patch")


def patched(files: Mapping[str, bytes], patch: str, what: str) -> Patched:
    """Files with one of the task's own patches applied; ``what`` names it for the message."""
    try:
        return Patched(files, patch)
    except DiffError as error:
        raise Refusal("start-state", f"{what} does not apply: {error}") from None
