"""Diffs agree with the real git: what one writes the other applies, to the same bytes."""

from collections.abc import Mapping

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hgen.scoring import diffs
from tests.scoring import git

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
examples = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@examples
@given(trees, trees)
def test_git_applies_what_render_writes(before: Mapping[str, bytes], after: Mapping[str, bytes]):
    patch = diffs.render(before, after)
    if patch:
        assert git.apply(patch.encode("utf-8", "surrogateescape"), before) == dict(after)
        assert resulting(before, diffs.apply(patch, before)) == dict(after)
    else:
        assert before == after


@examples
@given(trees, trees, st.sampled_from(["-U3", "-U1", "-U0", "-M", "-U10"]))
def test_apply_reads_what_git_diff_writes(before: Mapping[str, bytes], after: Mapping[str, bytes], option: str):
    patch = git.diff(before, after, option, "--text")
    if not patch:
        return
    theirs = git.apply(patch, before)
    assert theirs == applied(patch, before)
    if option != "-U0":
        assert theirs == dict(after)


@examples
@given(contents, contents, contents)
def test_a_diff_for_another_version_applies_where_git_says_so(before: bytes, after: bytes, other: bytes):
    patch = git.diff({"x": before}, {"x": after}, "-U1", "--text")
    drifted = {"x": other + before + other}
    if patch:
        assert git.apply(patch, drifted) == applied(patch, drifted)


@examples
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


@examples
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
