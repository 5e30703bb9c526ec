"""What never changes a verdict, and what always does."""

import ast
import io
import tokenize
from collections.abc import Mapping
from unittest import mock

from hypothesis import assume, given
from hypothesis import strategies as st

from hgen.scoring import Score, diffs, score
from hgen.scoring.python import excerpts, sources
from hgen.scoring.python.definitions import DEFINITIONS, children, first_line, last_line
from tests.effort import examples
from tests.scoring.worlds import World, worlds


def verdict(world: World, after: Mapping[str, bytes]) -> Score:
    return score(world.task, world.patch(after), world.files)


@examples(120)
@given(worlds())
def test_the_right_answer_earns_1(world: World):
    right = verdict(world, world.after)
    assert (right.reward, right.resolved, right.precision, right.recall, right.reasons) == (1, True, 1, 1, ())


@examples(120)
@given(worlds())
def test_the_start_state_earns_0(world: World):
    assert score(world.task, "", world.files).reward == 0


@examples(120)
@given(worlds(families=("func-localize", "dep-search")), st.data())
def test_comments_elsewhere_change_nothing(world: World, data: st.DataObject):
    after = world.after
    for path in sorted(after):
        for _ in range(data.draw(st.integers(0, 3))):
            after[path] = with_comment(after[path], data)
    assert verdict(world, after) == verdict(world, world.after)


@examples(120)
@given(worlds(), st.data())
def test_the_order_of_hunks_and_files_changes_nothing(world: World, data: st.DataObject):
    after = world.after
    after[sorted(after)[0]] += b"# The end.\n"
    parts = [part for text in file_diffs(world.patch(after)) for part in shuffled_hunks(text, data)]
    assert score(world.task, "".join(data.draw(st.permutations(parts))), world.files).resolved


@examples(120)
@given(worlds())
def test_a_diff_in_pieces_is_the_same_diff(world: World):
    after = world.after
    after[sorted(after)[0]] += b"# The end.\n"
    pieces = []
    for text in file_diffs(world.patch(after)):
        header, *hunks = text.split("\n@@ ")
        pieces += [f"{header}\n@@ {hunk.rstrip(chr(10))}\n" for hunk in hunks]
    assert score(world.task, "".join(pieces), world.files) == score(world.task, world.patch(after), world.files)


@examples(120)
@given(worlds(), st.data())
def test_a_task_is_the_same_where_unrelated_definitions_stand_elsewhere(world: World, data: st.DataObject):
    after = world.after
    files = dict(world.files)
    for path in sorted(files):
        targets = {row["qualname"].split(".")[0] for row in world.task["targets"] if row["file"] == path}
        names = movable(files[path], after[path], targets)
        if names:
            name = data.draw(st.sampled_from(names))
            files[path], after[path] = moved_to_end(files[path], name), moved_to_end(after[path], name)
    moved = World(world.task, files, {})
    assert verdict(moved, after) == verdict(world, world.after)


@examples(120)
@given(worlds(), st.data())
def test_a_changed_code_token_is_never_resolved(world: World, data: st.DataObject):
    after = world.after
    path = data.draw(st.sampled_from(sorted(after)))
    broken = with_changed_token(after[path], data)
    assume(not same_tree(after[path], broken))
    result = verdict(world, {**after, path: broken})
    assert (result.resolved, result.reward) == (False, 0)


@examples(300)
@given(worlds(), st.data())
def test_an_excerpt_gets_the_verdict_of_the_whole_file(world: World, data: st.DataObject):
    after = world.after if data.draw(st.booleans()) else dict(world.files)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(sorted(after)))
        change = data.draw(st.sampled_from([with_comment, with_changed_token, with_lines_mixed, with_noise]))
        after[path] = change(after[path], data)
    quick = verdict(world, after)
    with mock.patch.object(excerpts, "_excerpts", return_value=None):
        whole = verdict(world, after)
    assert numbers(quick) == numbers(whole)


@examples(120)
@given(worlds(), st.data())
def test_whatever_the_patch_a_verdict_comes_back(world: World, data: st.DataObject):
    patch = world.patch(world.after)
    at = data.draw(st.integers(0, len(patch)))
    until = data.draw(st.integers(at, min(at + 40, len(patch))))
    result = score(world.task, patch[:at] + data.draw(st.text(max_size=9)) + patch[until:], world.files)
    assert 0 <= result.reward <= 1


def numbers(result: Score) -> tuple[object, ...]:
    codes = {reason.code for reason in result.reasons}
    return result.reward, result.resolved, result.precision, result.recall, codes


def with_comment(content: bytes, data: st.DataObject) -> bytes:
    """A comment above a statement, or behind the end of one."""
    try:
        source = sources.parse(content)
    except sources.SourceError:
        return content
    statements = list(all_statements(source.body))
    statement = data.draw(st.sampled_from(statements))
    lines = list(source.lines)
    if data.draw(st.booleans()):
        line = first_line(source, statement)
        lines.insert(
            line - 1, data.draw(st.sampled_from([b"# A note.", b"    # noqa", b"", b"\t# type: ignore", b"\x0c"]))
        )
    else:
        line = last_line(statement)
        if not lines[line - 1].endswith(b"\\"):
            lines[line - 1] += b"  # A note."
    return b"\n".join(lines)


def with_changed_token(content: bytes, data: st.DataObject) -> bytes:
    """One token of the code replaced, dropped or doubled; comments and right answers are spared."""
    try:
        tokens = [
            token
            for token in tokenize.generate_tokens(io.StringIO(content.decode()).readline)
            if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP, tokenize.STRING)
            and "Say what this is for" not in token.string
        ]
    except (tokenize.TokenError, SyntaxError):
        return content
    token = data.draw(st.sampled_from(tokens))
    text = data.draw(
        st.sampled_from(["", f"{token.string} {token.string}", "x" + token.string, token.string + "0", "None", "~"])
    )
    lines = content.decode().split("\n")
    (first, start), (last, end) = token.start, token.end
    lines[first - 1 : last] = [lines[first - 1][:start] + text + lines[last - 1][end:]]
    return "\n".join(lines).encode()


def with_lines_mixed(content: bytes, data: st.DataObject) -> bytes:
    """A line dropped, doubled, moved or indented."""
    lines = content.split(b"\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    to = data.draw(st.integers(max(0, at - 9), min(len(lines) - 1, at + 9)))
    line = lines.pop(at)
    kept = data.draw(st.sampled_from([[], [line, line], [b"    " + line], [line[4:]], [line + b" \\"], [line]]))
    lines[to:to] = kept
    return b"\n".join(lines)


def with_noise(content: bytes, data: st.DataObject) -> bytes:
    """A line that does not belong there."""
    lines = content.split(b"\n")
    noise = [
        b'"""',
        b"'''x'''",
        b"else:",
        b"    pass",
        b"@deco",
        b"(",
        b")",
        b"\\",
        b"x = 1; \\",
        b"if x:",
        b"class A:",
    ]
    noise += [b"# this function is called by the subject function", b'"""Say what this is for."""', b"\x0c", b"\r"]
    lines.insert(data.draw(st.integers(0, len(lines))), data.draw(st.sampled_from(noise)))
    return b"\n".join(lines)


def same_tree(old: bytes, new: bytes) -> bool:
    try:
        return ast.dump(ast.parse(old)) == ast.dump(ast.parse(new))
    except (SyntaxError, ValueError):
        return False


def all_statements(body: list[ast.stmt]) -> list[ast.stmt]:
    found = []
    pending = list(body)
    while pending:
        statement = pending.pop()
        found.append(statement)
        pending += children(statement)
    return sorted(found, key=lambda statement: (statement.lineno, statement.col_offset))


def file_diffs(patch: str) -> list[str]:
    return ["diff --git " + part for part in patch.split("diff --git ")[1:]]


def shuffled_hunks(text: str, data: st.DataObject) -> list[str]:
    header, *hunks = text.split("\n@@ ")
    order = data.draw(st.permutations(hunks))
    return [header + "\n" + "".join(f"@@ {hunk.rstrip(chr(10))}\n" for hunk in order)]


def movable(start: bytes, after: bytes, spared: set[str]) -> list[str]:
    """Top-level definitions that are unrelated to the answer and stand once in both versions."""
    names = []
    for content in (start, after):
        body = sources.parse(content).body
        defined = [statement.name for statement in body if isinstance(statement, DEFINITIONS)]
        names.append({name for name in defined if defined.count(name) == 1})
    same = {name for name in names[0] & names[1] if text_of(start, name) == text_of(after, name)}
    return sorted(same - spared)


def text_of(content: bytes, name: str) -> bytes:
    source = sources.parse(content)
    (found,) = [item for item in source.body if isinstance(item, DEFINITIONS) and item.name == name]
    return b"\n".join(source.span(first_line(source, found), last_line(found)))


def moved_to_end(content: bytes, name: str) -> bytes:
    text = text_of(content, name)
    return content.replace(text + b"\n", b"", 1).rstrip(b"\n") + b"\n\n\n" + text + b"\n"


def test_hunks_are_written_for_git():
    assert diffs.render({"a": b"x\n"}, {"a": b"y\n"}).endswith("@@ -1 +1 @@\n-x\n+y\n")
