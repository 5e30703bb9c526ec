"""Answers made to waste time, memory or the parser's stack end in a verdict all the same, and soon."""

import pytest

from hgen.scoring import diffs, score
from hgen.scoring.predicted_diff import MAX_PATCH
from tests.limits import processor_limit
from tests.scoring.worlds import MARKER, module

PATH = "cmd.py"
START = module("cmd")
TARGET = {"file": PATH, "qualname": "Cmd", "kind": "class", "def_line": 52}
SIZE = MAX_PATCH - len(START) - 200_000


def rewritten(content: bytes) -> str:
    return diffs.render({PATH: START}, {PATH: content})


def many_hunks() -> str:
    """Hunks that all say line 1 and match ever farther away."""
    lines = START.split(b"\n")
    hunks = [f"@@ -{2} +{2} @@\n-{line.decode()}\n+x\n" for line in lines if line][:400]
    return f"--- a/{PATH}\n+++ b/{PATH}\n" + "".join(hunks)


HOSTILE = {
    "markers in a row": rewritten(START + (MARKER.encode() + b"\n") * (SIZE // 60)),
    "hash signs": rewritten(START + b"#" * SIZE + b"\n"),
    "hash signs and words": rewritten(START + b"# called " * (SIZE // 9) + b"\n"),
    "spaces in a comment": rewritten(START + b"# this function" + b" " * SIZE + b"is called by x\n"),
    "a name of brackets": rewritten(START + b"# this function is called by " + b"()" * (SIZE // 2) + b"\n"),
    "markers in a list": rewritten(START + b"x = [\n" + (MARKER.encode() + b"\n1,\n") * (SIZE // 70) + b"]\n"),
    "additions": rewritten(START + b"x = " + b"1+" * (SIZE // 2) + b"1\n"),
    "attributes": rewritten(START + b"x = a" + b".a" * (SIZE // 2) + b"\n"),
    "minus signs": rewritten(START + b"x = " + b"-" * SIZE + b"1\n"),
    "brackets": rewritten(START + b"x = " + b"(" * SIZE + b"\n"),
    "calls": rewritten(START + b"x = a" + b"()" * (SIZE // 2) + b"\n"),
    "elif": rewritten(START + b"if 1: pass\n" + b"elif 1: pass\n" * (SIZE // 14)),
    "blocks": rewritten(START + b"".join(b" " * depth + b"if 1:\n" for depth in range(1000)) + b" " * 1000 + b"x\n"),
    "statements": rewritten(START + b"x\n" * (SIZE // 3)),
    "semicolons": rewritten(START + b"x;" * (SIZE // 2) + b"x\n"),
    "a docstring": rewritten(
        START.replace(b"class Cmd:\n", b'class Cmd:\n    """' + b"word " * (SIZE // 5) + b'"""\n')
    ),
    "a header of spaces": "diff --git a/x" + " b" * (SIZE // 2) + "\n",
    "a long name": f"--- a/{'x' * (SIZE // 2)}\n+++ b/{'x' * (SIZE // 2)}\n@@ -1 +1 @@\n-a\n+b\n",
    "headers of spaces": ("diff --git a/x" + " b" * 8_000 + "\n") * (SIZE // 16_015),
    "a comment behind statements": rewritten(START + b"x;" * (SIZE // 2) + b"# called by x\n"),
    "many files": "".join(f"--- a/{n}\n+++ b/{n}\n@@ -1 +1 @@\n-a\n+b\n" for n in range(SIZE // 60)),
    "many hunks": many_hunks(),
    "a large count": f"--- a/{PATH}\n+++ b/{PATH}\n@@ -1,999999999 +1,999999999 @@\n-a\n",
    "a huge number": f"--- a/{PATH}\n+++ b/{PATH}\n@@ -{'9' * 5000} +1 @@\n-a\n+b\n",
}


PLACES = [(n, 9_900 - 10 * n) for n in range(50)]


@pytest.mark.parametrize("family", ["func-localize", "dep-search", "issue-localize"])
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_answer_is_never_resolved(name: str, family: str):
    patch = HOSTILE[name]
    assert len(patch) < MAX_PATCH
    subject = {**TARGET, "qualname": "subject"}
    with processor_limit(60, "a verdict"):
        verdict = score({"family": family, "targets": [TARGET], "subject": subject}, patch, {PATH: START})
    assert not verdict.resolved


def test_a_thousand_hunks_far_from_where_they_say_are_found_soon():
    """Twenty files of ten thousand lines; each hunk stands nine thousand lines below the line that it names."""
    files = {f"{number}.py": b"".join(b"x%d\n" % line for line in range(10_000)) for number in range(20)}
    hunks = "".join(f"@@ -{9 + n},3 +{9 + n},3 @@\n x{at}\n-x{at + 1}\n+y\n x{at + 2}\n" for n, at in PLACES)
    patch = "".join(f"--- a/{path}\n+++ b/{path}\n{hunks}" for path in files)
    with processor_limit(10, "applying"):
        after = diffs.apply(patch, files)
    assert all(content is not None and content.count(b"y\n") == len(PLACES) for content in after.values())


def test_searching_for_hunks_in_equal_lines_ends():
    lines = b"x\n" * 100_000
    hunk = "@@ -{n},3 +{n},3 @@\n x\n-x\n+y\n z\n"
    patch = "--- a/m\n+++ b/m\n" + "".join(hunk.format(n=number) for number in range(9, 20_009))
    with processor_limit(10, "applying"), pytest.raises(diffs.DiffError):
        diffs.apply(patch, {"m": lines})
