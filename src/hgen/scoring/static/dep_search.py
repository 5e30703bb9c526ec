"""``dep-search``: comments that say which definitions a function calls, each directly above one."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from hgen.scoring.python.comments import Comments, code_below, stands_alone
from hgen.scoring.python.definitions import enclosing, first_line
from hgen.scoring.static.allowed_edits import compared_comments
from hgen.scoring.tasks import StaticTask, SymbolRef, located, subject_of
from hgen.scoring.verdicts import Reason, Refusal, Score, scored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hgen.scoring.python.values import ParsedSource

_KIND = (
    r"(?:(?:async(?:hronous)?|static|class|helper|generator)[\s-]+)?(?:function|func|method|staticmethod|classmethod|"
    r"class|coroutine|generator|definition|property|constructor|helper)"
)
_KINDS = rf"{_KIND}(?:\s*(?:/|\\|\||\bor\b)\s*{_KIND})*"
_SENTENCE = (
    rf"(?:(?:note|nb|info)\s*[:-]+\s*)?(?:(?:this|the)\s+(?:following\s+)?{_KINDS}\s+|this\s+)?"
    rf"(?:is\s+|gets\s+|is\s+being\s+)?(?:directly\s+)?called\s+(?:directly\s+)?(?:by|from)\s+"
    rf"(?:the\s+)?(?:{_KIND}\s+)?[`'\"“‘*\[(<]*(?-i:NAMES)(?:\([^()]*\))?[`'\"”’*\])>]*(?:\([^()]*\))?"
    rf"(?:\s+(?!class\b){_KINDS})?(?:\s+directly)?"
)
_FRAME = " \t#-=*~:!>|"
_PRAGMA = re.compile(
    r"\s#\s*(?:noqa|nosec|nopep8|type:|pylint:|pragma:|fmt:|isort:|mypy:|pyright:|ruff:|flake8:|yapf:).*", re.IGNORECASE
)
MAX_MARKERS = 2000
"""In one file; looking at each takes time, and no right answer has as many."""
_MAX_COMMENT = 1000


class _Mark(NamedTuple):
    """What a marker marks: a definition by its place in the tree, or nothing."""

    path: tuple[int, ...] | None
    where: str
    """For messages: the definition's name, or the line where the marker stands."""


def score_markers(task: StaticTask, changed: Mapping[str, bytes], files: Mapping[str, bytes]) -> Score:
    """The verdict on an answer given as the new contents of the files it changes."""
    targets = task.targets
    names = names_of(subject_of(task))
    hits: set[SymbolRef] = set()
    places: set[tuple[str, str]] = set()
    given = 0
    reasons = []
    for path, after in changed.items():
        start, answer = compared_comments(path, files[path], after)
        wanted = located(targets, path, files[path])
        for mark, count in _added(_marks(start, names), _marks(answer, names)):
            given += count
            places.add((path, mark.where if mark.path else ""))
            if mark.path is None or mark.path not in wanted:
                reasons.append(Reason("marker-elsewhere", f"{path}: {mark.where}"))
            else:
                hits.add(wanted[mark.path])
                if count > 1:
                    reasons.append(Reason("marker-repeated", f"{wanted[mark.path]}: {count} times"))
    reasons += [Reason("target-missed", str(target)) for target in targets if target not in hits]
    return scored(
        hits=len(hits), given=given, wanted=len(targets), reasons=reasons, places=places,
        targets=[target.place for target in targets],
    )  # fmt: skip


def names_of(subject: SymbolRef) -> frozenset[str]:
    """What a marker may call the function: its qualified name, with or without module or file, or its last part."""
    plain = subject.qualname.replace(".<locals>", "")
    module = subject.file.rsplit(".", 1)[0].replace("/", ".").replace(".__init__", "").split(".")
    dotted = {".".join([*module[at:], name]) for at in range(len(module)) for name in (plain, subject.qualname)}
    in_file = {f"{subject.file}:{colon}{name}" for colon in ("", ":") for name in (plain, subject.qualname)}
    return frozenset({subject.qualname, plain, plain.rsplit(".", 1)[-1], *dotted, *in_file})


def is_marker(comment: str, names: frozenset[str]) -> bool:
    """Whether a comment says, and says nothing else, that what follows is called by the function of these names.

    Free are: the kind of thing, whether it is named at all, case, white space, a frame of signs, quotes around the
    name, brackets behind it, what ends the sentence, and another tool's comment (``# noqa``) behind it.
    """
    if len(comment) > _MAX_COMMENT:
        return False
    sentence = _PRAGMA.sub("", comment).lstrip(_FRAME).rstrip(_FRAME + ".,;")
    return marker_for(names).fullmatch(" ".join(sentence.split())) is not None


@lru_cache(maxsize=64)
def marker_for(names: frozenset[str]) -> re.Pattern[str]:
    """The regular expression of all markers for a function of these names."""
    return re.compile(_SENTENCE.replace("NAMES", "|".join(map(re.escape, sorted(names)))), re.IGNORECASE)


def _marks(source: ParsedSource, names: frozenset[str]) -> Counter[_Mark]:
    comments = Comments(source)
    marks: Counter[_Mark] = Counter()
    candidates = [
        line for line, text in enumerate(source.span(source.first, source.last), source.first) if _may_be_marker(text)
    ]
    if len(candidates) > MAX_MARKERS:
        raise Refusal("too-large", f"{len(candidates)} comments that may be markers; the limit is {MAX_MARKERS}")
    for line in candidates:
        comment = comments.at(line)
        if comment is not None and is_marker(comment, names):
            marks[_mark(source, line)] += 1
    return marks


def _may_be_marker(text: bytes) -> bool:
    at = text.find(b"#")
    if at < 0:
        return False
    return b"called" in text[at:].lower()


def _mark(source: ParsedSource, line: int) -> _Mark:
    if stands_alone(source, line):
        below = code_below(source, line)
        for place in enclosing(source, below):
            if first_line(source, place.node) == below:
                return _Mark(place.path, place.qualname)
    return _Mark(None, f"line {line}")


def _added(before: Counter[_Mark], after: Counter[_Mark]) -> list[tuple[_Mark, int]]:
    """The marks that are new; one elsewhere may have moved, so that only their number tells."""
    stray = sum(count for mark, count in before.items() if mark.path is None)
    added = []
    for mark, count in sorted(after.items(), key=lambda item: (item[0].path or (), item[0].where)):
        if mark.path is None:
            new = max(count - stray, 0)
            stray -= count - new
        else:
            new = max(count - before[mark], 0)
        if new:
            added.append((mark, new))
    return added
