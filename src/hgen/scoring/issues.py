"""``issue-localize``: comments at the places that an issue makes necessary to change."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from hgen.scoring.answers import compared_comments
from hgen.scoring.comments import Comments, code_below, stands_alone
from hgen.scoring.definitions import enclosing, first_line
from hgen.scoring.diffs.rendering import differences
from hgen.scoring.tasks import Target, located, targets_of
from hgen.scoring.verdicts import Reason, Refusal, Score, scored

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hgen.scoring.definitions import Place
    from hgen.scoring.sources import Source

MIN_PRECISION = 0.5
"""For full success, at least so many of the commented places must be gold ones."""

MAX_COMMENTS = 2000
"""In one file; looking at each takes time, and no right answer has as many."""
_WORD = re.compile(r"[^\W\d_]{2,}")


def score_comments(task: Mapping[str, object], changed: Mapping[str, bytes], files: Mapping[str, bytes]) -> Score:
    """The verdict on an answer given as the new contents of the files it changes.

    A place is a definition, or a file outside its definitions. A comment counts for the gold definition that holds
    it or stands directly below it, otherwise for the innermost definition around it. Full success may be less than
    precise, so that a reward below 1 can be a success.
    """
    targets = targets_of(task)
    hits: set[Target] = set()
    others: set[str] = set()
    files_hit = set()
    for path, after in changed.items():
        start, answer = compared_comments(path, files[path], after)
        wanted = located(targets, path, files[path])
        for line in _new_comments(start, answer):
            files_hit.add(path)
            around = _around(answer, line)
            gold = [wanted[place.path] for place in around if place.path in wanted]
            if gold:
                hits.add(gold[-1])
            else:
                others.add(f"{path}:{around[-1].qualname if around else ''}")
    reasons = [Reason("target-missed", str(target)) for target in targets if target not in hits]
    given = len(hits) + len(others)
    if len(hits) < MIN_PRECISION * given:
        reasons.append(Reason("imprecise", f"{len(others)} of {given} commented places need no change"))
    gold_files = {target.file for target in targets}
    return replace(
        scored(hits=len(hits), given=given, wanted=len(targets), reasons=reasons),
        file_recall=len(files_hit & gold_files) / len(gold_files),
    )


def _new_comments(start: Source, answer: Source) -> Iterator[int]:
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
        elif _WORD.search(text):
            yield line


def _texts(comments: Comments, first: int, last: int) -> Iterator[tuple[int, str]]:
    """The comments on some lines, without their signs and spaces."""
    for line in range(first, last + 1):
        comment = comments.at(line) if b"#" in comments.source.lines[line - 1] else None
        if comment:
            yield line, " ".join(comment.strip("# \t").split())


def _around(source: Source, line: int) -> list[Place]:
    """The definitions that hold a comment, and last the one that it stands directly above."""
    around = enclosing(source, line)
    if not stands_alone(source, line):
        return around
    below = code_below(source, line)
    return [*around, *(place for place in enclosing(source, below) if first_line(source, place.node) == below)]
