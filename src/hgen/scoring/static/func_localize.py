"""``func-localize``: each target gains a docstring that is one, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hgen.scoring.python.sources import parse_start
from hgen.scoring.static.allowed_edits import compared
from hgen.scoring.static.words import is_description
from hgen.scoring.tasks import StaticTask, SymbolRef, def_lines, place_of
from hgen.scoring.truth import share_said
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
    codes = {_code(target, files): written[key] for key, target in wanted.items() if key in written}
    said = share_said(codes, written.values(), task.known, len(targets))
    described = [key for key in wanted if key in written and is_description(written[key], wanted[key].qualname)]
    done = {wanted[key] for key in described}
    for target in targets:
        if target not in done:
            tried = any(wanted.get(key) == target for key in written)
            reasons.append(Reason("docstring-empty" if tried else "target-missed", str(target)))
    score = scored(
        hits=len(described), given=len(written), wanted=len(targets), reasons=reasons, places=places,
        targets=[target.place for target in targets],
    )  # fmt: skip
    return replace(score, more={**score.more, "docstrings": said})


def _code(target: SymbolRef, files: Mapping[str, bytes]) -> str:
    """The lines of a target in the start state, from its ``def`` or ``class`` on."""
    content = files[target.file]
    node = place_of(target, content).node
    lines = parse_start(content).span(node.lineno, node.end_lineno or node.lineno)
    return b"\n".join(lines).decode("utf-8", "replace")
