"""Diffs agree with the real git: what one writes the other applies, to the same bytes."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hgen.scoring import diffs
from tests.effort import examples
from tests.scoring import git

pytestmark = pytest.mark.long

lines = st.sampled_from(
    [
        *(b"a", b"b", b"c", b"", b"++x", b"--y", b"-- ", b" ", b"\tz", b"d\r", b"\x0c", b"e\x0bf", b"\\ n"),
        *("é".encode(), b"\xff", b"@@ -1 +1 @@", b"diff --git a/x b/x", b"+++ b/x"),
    ]
)
contents = st.builds(
    lambda body, end: b"\n".join(body) + (b"\n" if end and body else b""), st.lists(lines, max_size=14), st.booleans()
)
names = st.sampled_from(
    ["x", "d/y.py", "with space", 'quo"te', "back\\slash", "ünï", "tab\there", "new\nline", "b/b", "\udcff"]
)
trees = st.dictionaries(names, contents, max_size=3)


@examples(150)
@given(trees, trees)
def test_git_applies_what_render_writes(before: Mapping[str, bytes], after: Mapping[str, bytes]):
    patch = diffs.render(before, after)
    if patch:
        assert git.apply(patch.encode("utf-8", "surrogateescape"), before) == dict(after)
        assert resulting(before, diffs.apply(patch, before)) == dict(after)
    else:
        assert before == after


@examples(150)
@given(trees, trees, st.sampled_from(["-U3", "-U1", "-U0", "-M", "-U10"]))
def test_apply_reads_what_git_diff_writes(before: Mapping[str, bytes], after: Mapping[str, bytes], option: str):
    patch = git.diff(before, after, option, "--text")
    if not patch:
        return
    theirs = git.apply(patch, before)
    assert theirs == applied(patch, before)
    if option != "-U0":
        assert theirs == dict(after)


@examples(150)
@given(contents, contents, contents)
@example(b"\x0c\na\na", b"\x0c\na\na\na", b"\x0c")
def test_a_diff_for_another_version_applies_where_git_says_so(before: bytes, after: bytes, other: bytes):
    patch = git.diff({"x": before}, {"x": after}, "-U1", "--text")
    drifted = {"x": other + before + other}
    if patch:
        assert git.apply(patch, drifted) == applied(patch, drifted)


@examples(150)
@given(contents, contents, st.data())
def test_a_damaged_diff_gets_gits_verdict(before: bytes, after: bytes, data: st.DataObject):
    patch = git.diff({"x": before}, {"x": after}, "-U2", "--text")
    if not patch:
        return
    rows = patch.split(b"\n")
    at = data.draw(st.integers(0, len(rows) - 1))
    how = data.draw(st.sampled_from(["drop", "double", "cut", "swap sign"]))
    if how == "drop":
        del rows[at]
    elif how == "double":
        rows.insert(at, rows[at])
    elif how == "cut":
        rows = [*rows[:at], b""]
    elif rows[at][:1] in (b"+", b"-", b" "):
        rows[at] = data.draw(st.sampled_from([b"+", b"-", b" "])) + rows[at][1:]
    damaged = b"\n".join(rows)
    theirs, ours = git.apply(damaged, {"x": before}), applied(damaged, {"x": before})
    if ours is not None:
        assert ours == theirs
    elif theirs is not None:
        # The one place where we are stricter: git drops lines that a hunk's header does not count.
        assert "more lines than its header" in refusal(damaged, {"x": before})


@examples(150)
@given(trees, trees, st.sampled_from(["-U3", "-U1"]), st.data())
def test_headers_of_all_sorts_get_gits_verdict(
    before: Mapping[str, bytes], after: Mapping[str, bytes], option: str, data: st.DataObject
):
    patch = git.diff(before, after, option, "--text", *data.draw(st.sampled_from([(), ("-M",), ("-C", "-C")])))
    spelt = b"".join(respelt(b"diff --git " + part, data) for part in re.split(rb"^diff --git ", patch, flags=re.M)[1:])
    assert git.apply(spelt, before) == applied(spelt, before)


def respelt(patch: bytes, data: st.DataObject) -> bytes:
    """One file's diff with other headers: modes, prefixes, times, lines that are lacking, hunks that moved."""
    head, hunks = (*re.split(rb"^(?=@@ )", patch, maxsplit=1, flags=re.M), b"")[:2]
    lines = head.split(b"\n")[:-1]
    for how in data.draw(st.lists(st.sampled_from(sorted(RESPELLINGS)), max_size=2, unique=True)):
        lines = RESPELLINGS[how](lines, data)
    if data.draw(st.booleans()):
        shift = data.draw(st.integers(-2, 5))
        hunks = re.sub(rb"^@@ -(\d+)", lambda match: b"@@ -%d" % max(int(match[1]) + shift, 0), hunks, flags=re.M)
    return b"".join(line + b"\n" for line in lines) + hunks


def with_mode_lines(lines: list[bytes], data: st.DataObject) -> list[bytes]:
    new = data.draw(st.lists(st.sampled_from(MODE_LINES), min_size=1, max_size=2, unique=True))
    return [*lines[:1], *new, *lines[1:]]


def with_index_mode(lines: list[bytes], data: st.DataObject) -> list[bytes]:
    mode = data.draw(st.sampled_from([b"100644", b"100755", b"120000", b"160000", b"x", b""]))
    return [b" ".join([*line.split(b" ")[:2], mode]) if line.startswith(b"index ") else line for line in lines]


def without_git(lines: list[bytes], data: st.DataObject) -> list[bytes]:
    return [line for line in lines if line.startswith((b"--- ", b"+++ "))]


def dated(lines: list[bytes], data: st.DataObject) -> list[bytes]:
    times = st.sampled_from([b"2020-02-02 10:11:12.000000000 +0100", b"1970-01-01 01:00:00 +0100", b"x"])
    kept = without_git(lines, data)
    return [line if line.endswith((b"null", b"\t")) else line + b"\t" + data.draw(times) for line in kept]


def other_prefix(lines: list[bytes], data: st.DataObject) -> list[bytes]:
    prefix = data.draw(st.sampled_from([b"i/", b"old/"]))
    return [re.sub(rb'^(--- |\+\+\+ |diff --git )("?)[ab]/', rb"\1\2" + prefix, line) for line in lines]


def one_lacking(lines: list[bytes], data: st.DataObject) -> list[bytes]:
    at = data.draw(st.integers(0, len(lines)))
    return lines[:at] + lines[at + 1 :]


MODE_LINES = [b"old mode 100644", b"new mode 100755", b"new mode 100644", b"old mode 120000", b"new mode 160000"]
MODE_LINES += [b"new file mode 100644", b"deleted file mode 100644", b"old mode 9", b"similarity index 90%"]
RESPELLINGS = {
    function.__name__: function
    for function in (with_mode_lines, with_index_mode, without_git, dated, other_prefix, one_lacking)
}


@examples(150)
@given(contents, st.data())
def test_known_line_edits_become_exact_diffs(before: bytes, data: st.DataObject):
    count = len(diffs.split_lines(before))
    edits, at = [], 1
    while at <= count + 1 and len(edits) < 4:
        first = data.draw(st.integers(at, count + 1))
        last = data.draw(st.integers(first - 1, min(first + 2, count)))
        replacement = tuple(data.draw(st.lists(st.sampled_from([b"new", b"++", b"", b"k\r"]), max_size=3)))
        edits.append(diffs.Edit(first, last, replacement))
        at = max(last, first) + 1
    patch = diffs.edit("d/x y", before, edits)
    after = diffs.edited("d/x y", before, edits)
    if patch:
        assert (
            git.apply(patch.encode("utf-8", "surrogateescape"), {"d/x y": before}) == {"d/x y": after}
            or before == after
        )
        assert applied(patch.encode("utf-8", "surrogateescape"), {"d/x y": before}) in ({"d/x y": after}, None)


def applied(patch: bytes, files: Mapping[str, bytes]) -> dict[str, bytes] | None:
    try:
        return resulting(files, diffs.apply(patch.decode("utf-8", "surrogateescape"), files))
    except diffs.DiffError:
        return None


def refusal(patch: bytes, files: Mapping[str, bytes]) -> str:
    try:
        diffs.apply(patch.decode("utf-8", "surrogateescape"), files)
    except diffs.DiffError as error:
        return str(error)
    return ""


def resulting(before: Mapping[str, bytes], changes: Mapping[str, bytes | None]) -> dict[str, bytes]:
    after = {**before, **changes}
    return {path: content for path, content in after.items() if content is not None}
