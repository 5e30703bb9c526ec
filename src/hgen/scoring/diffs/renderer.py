"""Diffs written as git writes them, from two contents or from known line edits."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from hgen.scoring.diffs.paths import quote
from hgen.scoring.diffs.values import DiffError, Edit, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    _Change = tuple[int, int, Sequence[bytes]]  # replace lines[first:last] (0-based, half open)
    _Part = tuple[int, int, int, int]  # old[first:last] and new[first:last]

CONTEXT = 3


def render(before: Mapping[str, bytes], after: Mapping[str, bytes], *, context: int = CONTEXT) -> str:
    """A diff that turns the files of ``before`` into those of ``after``, in the order of their paths.

    A path in only one of the two is created or deleted. Bytes that are not UTF-8 become lone surrogates
    (``surrogateescape``), which ``parse`` takes back. The empty string if nothing differs. ``context`` is how many
    lines are shown around what differs.
    """
    return "".join(
        _file(path, before.get(path), after.get(path), context)
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    )


def edit(path: str, before: bytes, edits: Sequence[Edit]) -> str:
    """A diff from known line edits, which must not overlap; the empty string if there are none."""
    lines = split_lines(before)
    changes = _changes(path, lines, edits)
    return _header(path) + _hunks(lines, changes) if changes else ""


def edited(path: str, before: bytes, edits: Sequence[Edit]) -> bytes:
    """The contents that ``edit`` with the same arguments leads to."""
    lines = split_lines(before)
    result: list[bytes] = []
    at = 0
    for first, last, replacement in _changes(path, lines, edits):
        result += [*lines[at:first], *replacement]
        at = last
    return b"".join([*result, *lines[at:]])


def hunks(before: bytes, after: bytes, context: int = CONTEXT) -> str:
    """The part of a diff that says how one content becomes another."""
    old, new = split_lines(before), split_lines(after)
    return _hunks(old, [(first, last, lines) for first, last, _, lines in differences(old, new)], context)


def side_names(path: str, *, old: bool = True, new: bool = True) -> tuple[str, str]:
    """What a diff calls a file before and after, where there is one."""
    # A tab ends a name with spaces, as git writes it: some tools cut names at spaces.
    end = "\t" if " " in path else ""
    return quote(path, "a/") + end if old else "/dev/null", quote(path, "b/") + end if new else "/dev/null"


def _file(path: str, before: bytes | None, after: bytes | None, context: int) -> str:
    if before is None:
        header = _header(path, "new file mode 100644", old=False, names=bool(after))
    elif after is None:
        header = _header(path, "deleted file mode 100644", new=False, names=bool(before))
    else:
        header = _header(path)
    return header + hunks(before or b"", after or b"", context)


def _header(path: str, *extended: str, old: bool = True, new: bool = True, names: bool = True) -> str:
    lines = [f"diff --git {quote(path, 'a/')} {quote(path, 'b/')}", *extended]
    if names:
        before, after = side_names(path, old=old, new=new)
        lines += [f"--- {before}", f"+++ {after}"]
    return "".join(f"{line}\n" for line in lines)


def _changes(path: str, lines: list[bytes], edits: Sequence[Edit]) -> list[_Change]:
    changes: list[_Change] = []
    end = 0
    for item in sorted(edits, key=lambda item: (item.first_line, item.last_line)):
        first, last = item.first_line - 1, item.last_line
        if first < end or last < first or last > len(lines):
            raise DiffError(f"{path}: edit of lines {item.first_line} to {item.last_line} overlaps or is out of range")
        if first < last or item.lines:
            changes.append((first, last, [line + b"\n" for line in item.lines]))
        end = last
    if lines and not lines[-1].endswith(b"\n"):
        _fit_last_newline(lines, changes)
    return changes


def _fit_last_newline(lines: list[bytes], changes: list[_Change]) -> None:
    """In a file without final newline, what is written at its end has none either."""
    if not changes or changes[-1][1] < len(lines):
        return
    first, last, replacement = changes[-1]
    if replacement:
        changes[-1] = (first, last, [*replacement[:-1], replacement[-1][:-1]])
    if first == last and not (len(changes) > 1 and changes[-2][1] == last):
        changes.insert(-1, (last - 1, last, [lines[-1] + b"\n"]))


def _hunks(lines: list[bytes], changes: Sequence[_Change], context: int = CONTEXT) -> str:
    shift = 0
    texts = []
    for group in _groups(changes, context):
        start = max(group[0][0] - context, 0)
        end = min(group[-1][1] + context, len(lines))
        body = list(_body(lines, group, start, end))
        old_count = end - start
        new_count = old_count + sum(len(new) - (last - first) for first, last, new in group)
        old_start = start + 1 if old_count else start
        new_start = start + shift + 1 if new_count else start + shift
        shift += new_count - old_count
        texts.append(f"@@ -{_range(old_start, old_count)} +{_range(new_start, new_count)} @@\n")
        texts.append(b"".join(body).decode("utf-8", "surrogateescape"))
    return "".join(texts)


def _groups(changes: Sequence[_Change], context: int) -> Iterator[list[_Change]]:
    """Changes whose contexts would touch share a hunk."""
    group: list[_Change] = []
    for change in changes:
        if group and change[0] - group[-1][1] > 2 * context:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _body(lines: list[bytes], group: Sequence[_Change], start: int, end: int) -> Iterator[bytes]:
    at = start
    for first, last, new in group:
        yield from _signed(b" ", lines[at:first])
        yield from _signed(b"-", lines[first:last])
        yield from _signed(b"+", new)
        at = last
    yield from _signed(b" ", lines[at:end])


def _signed(sign: bytes, lines: Sequence[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield sign + line if line.endswith(b"\n") else sign + line + b"\n\\ No newline at end of file\n"


def _range(start: int, count: int) -> str:
    return str(start) if count == 1 else f"{start},{count}"


def differences(old: list[bytes], new: list[bytes]) -> Iterator[tuple[int, int, int, list[bytes]]]:
    """What to replace in one list of lines to get another: ``old[first:last]`` by lines that stand at ``at`` in new.

    Patience differences: equal ends are trimmed, then lines that are unique on both sides are anchors.
    """
    pending = [(0, len(old), 0, len(new))]
    while pending:
        i, j, k, m = part = _trimmed(old, new, pending.pop())
        if i == j and k == m:
            continue
        anchors = _anchors(old, new, part)
        if not anchors:
            yield i, j, k, new[k:m]
            continue
        edges = [(i - 1, k - 1), *anchors, (j, m)]
        pending.extend(
            (before[0] + 1, after[0], before[1] + 1, after[1])
            for before, after in ((edges[at - 1], edges[at]) for at in range(len(edges) - 1, 0, -1))
        )


def _trimmed(old: list[bytes], new: list[bytes], part: _Part) -> _Part:
    i, j, k, m = part
    while i < j and k < m and old[i] == new[k]:
        i, k = i + 1, k + 1
    while i < j and k < m and old[j - 1] == new[m - 1]:
        j, m = j - 1, m - 1
    return i, j, k, m


def _anchors(old: list[bytes], new: list[bytes], part: _Part) -> list[tuple[int, int]]:
    """Pairs of positions of lines unique on both sides, the longest series that ascends on both."""
    where_old, where_new = _unique(old, *part[:2]), _unique(new, *part[2:])
    pairs = [(at, where_new[line]) for line, at in where_old.items() if line in where_new]
    tails: list[int] = []
    indices: list[int] = []
    previous: list[int] = []
    for index, (_, at) in enumerate(pairs):
        length = bisect_left(tails, at)
        previous.append(indices[length - 1] if length else -1)
        tails[length : length + 1] = [at]
        indices[length : length + 1] = [index]
    series = []
    index = indices[-1] if indices else -1
    while index >= 0:
        series.append(pairs[index])
        index = previous[index]
    return series[::-1]


def _unique(lines: list[bytes], first: int, last: int) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    repeated: set[bytes] = set()
    for at in range(first, last):
        if lines[at] in found:
            repeated.add(lines[at])
        found[lines[at]] = at
    return {line: at for line, at in found.items() if line not in repeated}
