"""The scorer ``comments``, of ``issue-localize``: comments at the places that an issue makes necessary to change.

The family itself is still to come; rows with ``graded_by`` ``comments`` are judged already.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hgen.scoring.diffs.renderer import differences
from hgen.scoring.python.comments import Comments, code_above, code_below, stands_alone
from hgen.scoring.python.definitions import enclosing, first_line
from hgen.scoring.python.sources import parse_start
from hgen.scoring.static.allowed_edits import compared_comments
from hgen.scoring.static.words import says_something
from hgen.scoring.tasks import StaticTask, SymbolRef, located
from hgen.scoring.verdicts import Reason, Refusal, Score, scored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hgen.scoring.python.values import ParsedSource, Place

MIN_PRECISION = 0.5
"""For full success, at least so many of the commented places must be gold ones."""

MAX_COMMENTS = 2000
"""In one file; looking at each takes time, and no right answer has as many."""


def score_comments(task: StaticTask, changed: Mapping[str, bytes], files: Mapping[str, bytes]) -> Score:
    """The verdict on an answer given as the new contents of the files it changes.

    A place is a definition, or a file outside its definitions. A comment counts for the gold definition that holds
    it, its last lines included where it is indented as the body is, or that stands directly below it; otherwise for
    the innermost definition around it. Full success may be less than precise, so that a reward below 1 can be a
    success.
    """
    targets = task.targets
    hits: set[SymbolRef] = set()
    others: dict[tuple[str, tuple[int, ...]], str] = {}
    for path, after in changed.items():
        start, answer = compared_comments(path, files[path], after)
        wanted = located(targets, path, files[path])
        for line in _new_comments(start, answer):
            around = _around(parse_start(files[path]), answer, line)
            gold = [wanted[place.path] for place in around if place.path in wanted]
            if gold:
                hits.add(gold[-1])
            else:
                # Several definitions may bear one name: a getter and its setter, or one for each platform.
                others[path, around[-1].path if around else ()] = around[-1].qualname if around else ""
    reasons = [Reason("target-missed", str(target)) for target in targets if target not in hits]
    given = len(hits) + len(others)
    if len(hits) < MIN_PRECISION * given:
        reasons.append(Reason("imprecise", f"{len(others)} of {given} commented places need no change"))
    return scored(
        hits=len(hits), given=given, wanted=len(targets), reasons=reasons,
        places={*((path, name) for (path, _), name in others.items()), *(target.place for target in hits)},
        targets=[target.place for target in targets],
    )  # fmt: skip


def _new_comments(start: ParsedSource, answer: ParsedSource) -> Iterator[int]:
    """Lines of the answer with a comment of at least one word that the start state does not have."""
    old, new = Comments(start), Comments(answer)
    replaced: Counter[str] = Counter()
    added: list[tuple[int, str]] = []
    for first, last, at, lines in differences(start.lines, answer.lines):
        replaced.update(text for _, text in _texts(old, first + 1, last))
        added += _texts(new, at + 1, at + len(lines))
    if len(added) > MAX_COMMENTS:
        raise Refusal("too-large", f"{len(added)} comments; the limit is {MAX_COMMENTS}")
    for line, text in added:
        if replaced[text]:
            replaced[text] -= 1
        elif says_something(text):
            yield line


def _texts(comments: Comments, first: int, last: int) -> Iterator[tuple[int, str]]:
    """The comments on some lines, without their signs and spaces."""
    for line in range(first, last + 1):
        comment = comments.at(line) if b"#" in comments.source.lines[line - 1] else None
        if comment:
            yield line, " ".join(comment.strip("# \t").split())


def _around(start: ParsedSource, answer: ParsedSource, line: int) -> list[Place]:
    """The definitions that hold a comment, and last the one that it ends or that it stands directly above."""
    around = enclosing(answer, line)
    if not stands_alone(answer, line):
        return around
    above, below = code_above(answer, line), code_below(answer, line)
    # What precedes an excerpt stands on the same lines in the start state.
    ended = enclosing(answer if above >= answer.first else start, above)[len(around) :]
    begun = [place for place in enclosing(answer, below) if first_line(answer, place.node) == below]
    indent = _indent(answer, line)
    if any(place.node.col_offset >= indent for place in begun):
        ended = []
    inside = [place for place in ended if place.node.col_offset < indent]
    return [*around, *(inside or begun)]


def _indent(source: ParsedSource, line: int) -> int:
    text = source.lines[line - 1]
    return len(text) - len(text.lstrip())
