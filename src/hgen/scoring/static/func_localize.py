"""``func-localize``: each target gains a docstring that is one, and nothing else changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hgen.scoring.static.allowed_edits import compared
from hgen.scoring.static.words import is_description
from hgen.scoring.tasks import StaticTask, def_lines
from hgen.scoring.verdicts import Reason, Refusal, Score, scored

if TYPE_CHECKING:
    from collections.abc import Mapping


def score_docstrings(task: StaticTask, changed: Mapping[str, bytes], files: Mapping[str, bytes]) -> Score:
    """The verdict on an answer given as the new contents of the files it changes."""
    targets = task.targets
    written: dict[tuple[str, int], str] = {}
    places: set[tuple[str, str]] = set()
    for path, after in changed.items():
        for change in compared(path, files[path], after)[2].docstrings:
            if change.before is not None or change.after is None:
                raise Refusal("docstring-changed", f"{path}:{change.qualname or '(module)'}")
            written[path, change.line] = change.after
            places.add((path, change.qualname))
    wanted = {
        (path, line): target for path in changed for line, target in def_lines(targets, path, files[path]).items()
    }
    reasons = [
        Reason("docstring-elsewhere", f"{path}, definition at line {line} of the start state")
        for path, line in written
        if (path, line) not in wanted
    ]
    described = [key for key in wanted if key in written and is_description(written[key], wanted[key].qualname)]
    done = {wanted[key] for key in described}
    for target in targets:
        if target not in done:
            tried = any(wanted.get(key) == target for key in written)
            reasons.append(Reason("docstring-empty" if tried else "target-missed", str(target)))
    return scored(
        hits=len(described), given=len(written), wanted=len(targets), reasons=reasons, places=places,
        targets=[target.place for target in targets],
    )  # fmt: skip
