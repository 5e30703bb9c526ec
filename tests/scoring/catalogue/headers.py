"""Diffs as other tools, other options and other minds write their headers."""

from tests.scoring.catalogue.case import Case, Start
from tests.scoring.catalogue.patches import FILES, GIT, HEADER, RIGHT, start

CRLF = {path: content.replace(b"\n", b"\r\n") for path, content in FILES.items()}
OTHER = "--- a/a.py\n+++ b/a.py\n@@ -9,2 +9,3 @@\n def third(x):\n+    # The third one.\n     return x[2]\n"
GIT_ONLY = "diff --git a/b.py b/b.py\n"


def _case(name: str, why: str, reward: float, patch: str, code: str = "") -> None:
    start_here.patch(f"header-{name}", why, reward, patch, code=code)


start_here = Start("func-localize", FILES, start.targets)
_case("no-index", "git's header without index line", 1, "diff --git a/a.py b/a.py\n" + RIGHT)
_case("full-index", "with full hashes", 1, f"diff --git a/a.py b/a.py\nindex {'1' * 40}..{'2' * 40} 100644\n" + RIGHT)
_case("mnemonic", "with other prefixes", 1, (GIT + RIGHT).replace(" a/", " i/").replace(" b/", " w/"))
_case("fenced", "between fences, as language models write it", 1, f"Here it is:\n```diff\n{RIGHT}```\nDone.\n")
_case("indented-talk", "with talk around it", 1, f"I changed this:\n\n{RIGHT}\nAnd that is all.\n")
_case("log", "out of git log", 1, f"commit 0123\nAuthor: A\n\n    Document second()\n\n{GIT}{RIGHT}\ncommit 4567\n")
_case(
    "no-newline-sign",
    "a sign for a newline that is there, which git overlooks",
    1,
    RIGHT + "\\ No newline at end of file\n",
)
_case("same-modes", "a mode that stays", 1, "diff --git a/a.py b/a.py\nold mode 100644\nnew mode 100644\n" + RIGHT)
_case(
    "new-mode-only",
    "a new mode without an old one",
    0,
    GIT.replace("index", "new mode 100755\nindex") + RIGHT,
    "mode-changed",
)
_case(
    "mode-alone", "a header that says half of a change", 0, f"{GIT}{RIGHT}{GIT_ONLY}new mode 100755\n", "damaged-patch"
)
_case("link-mode", "a mode that is not the file's", 0, GIT.replace("100644", "120000") + RIGHT, "not-regular")
_case("submodule-mode", "nor is this", 0, GIT.replace("100644", "160000") + RIGHT, "not-regular")
_case("to-link", "a file that becomes a link", 0, f"{RIGHT}{GIT_ONLY}old mode 100644\nnew mode 120000\n", "not-regular")
_case("no-mode", "what is no mode", 0, GIT.replace("100644", "plain") + RIGHT, "damaged-patch")
_case(
    "case-only",
    "a renaming in letters' case",
    0,
    f"{RIGHT}diff --git a/b.py b/B.py\nrename from b.py\nrename to B.py\n",
    "file-added",
)
_case(
    "names-differ", "two names and no word of renaming", 0, RIGHT.replace("+++ b/a.py", "+++ b/z.py"), "does-not-apply"
)
_case("git-names-differ", "in git's form that renames", 0, (GIT + RIGHT).replace("b/a.py", "b/z.py"), "file-deleted")
_case(
    "orig",
    "the shorter of two names counts",
    1,
    RIGHT.replace("--- a/a.py", "--- a/a.py.orig").replace("+++ b/", "+++ b/"),
)
_case(
    "epoch",
    "a time that says there was no file",
    0,
    RIGHT.replace("a/a.py\n", "a/a.py\t1970-01-01 01:00:00 +0100\n"),
    "damaged-patch",
)
_case(
    "epoch-new",
    "a new file by its time",
    0,
    RIGHT + "--- a/z.py\t1970-01-01 00:00:00 +0000\n+++ b/z.py\t2026-01-01 00:00:00 +0000\n@@ -0,0 +1 @@\n+x = 1\n",
    "file-added",
)
_case(
    "dated-by-spaces", "a time behind spaces", 1, RIGHT.replace("a.py\n", "a.py 2026-11-23 12:00:00.000000000 +0000\n")
)
_case(
    "no-prefix-then-git",
    "names without prefix, then with one",
    0,
    RIGHT.replace(" a/", " ").replace(" b/", " ") + OTHER,
    "does-not-apply",
)
_case(
    "no-prefix-both",
    "none in both",
    1,
    (RIGHT + OTHER.replace("-9,2 +9,3", "-10,2 +11,3")).replace(" a/", " ").replace(" b/", " "),
)
_case(
    "no-prefix-folder",
    "without prefix a folder's name is taken for one",
    0,
    RIGHT.replace("a/a.py", "dir/a.py").replace("b/a.py", "dir/b.py"),
)
_case("dot", "a path with a dot in it", 0, RIGHT.replace("/a.py", "/./a.py"), "damaged-patch")
_case("git-short-name", "git's folder by its short name", 0, RIGHT.replace("/a.py", "/GIT~1/a.py"), "damaged-patch")
_case(
    "quoted-parent",
    "out of the tree in quotes",
    0,
    RIGHT.replace("a/a.py", '"a/\\056\\056/a.py"').replace("b/a.py", '"b/\\056\\056/a.py"'),
    "damaged-patch",
)
_case("start-lies", "a line number that lies", 1, RIGHT.replace(HEADER, "@@ -900,4 +900,5 @@"))
_case("zero-start", "line zero", 0, RIGHT.replace(HEADER, "@@ -0,4 +0,5 @@"), "does-not-apply")
_case("counts-omitted", "counts that are left out say one", 0, RIGHT.replace(HEADER, "@@ -3 +3 @@"), "damaged-patch")
_case("letters", "letters for numbers", 0, RIGHT + OTHER.replace("@@ -9,2 +9,3 @@", "@@ -a +b @@"), "damaged-patch")
_case("names-only", "hunks under names alone", 0, RIGHT + GIT_ONLY + "@@ -1 +1 @@\n-x = 1\n+x = 2\n", "damaged-patch")
_case("negative", "a negative number", 0, RIGHT.replace(HEADER, "@@ --3,4 +3,5 @@"), "damaged-patch")
_case("combined", "a merge's diff", 0, RIGHT.replace(HEADER, "@@@ -3,4 -3,4 +3,5 @@@"), "damaged-patch")
_case(
    "context-format",
    "the old format",
    0,
    "*** a/a.py\n--- b/a.py\n***************\n*** 3,6 ****\n--- 3,7 ----\n+ x\n",
    "damaged-patch",
)
_case("ed", "an editor's script", 0, "6i\n    second\n.\n", "damaged-patch")
_case("json", "a diff in a string in JSON", 0, '{"patch": "--- a/a.py\\n+++ b/a.py"}', "damaged-patch")
_case(
    "two-answers",
    "the answer in two commits",
    1,
    GIT
    + RIGHT.replace("Give the", "Gave the")
    + "\n"
    + GIT
    + (
        '--- a/a.py\n+++ b/a.py\n@@ -5,3 +5,3 @@\n def second(x):\n-    """Gave the second item."""\n'
        '+    """Give the second item."""\n     return x[1]\n'
    ),
)
_case(
    "taken-back",
    "an answer that the next commit takes back",
    0,
    RIGHT
    + (
        '--- a/a.py\n+++ b/a.py\n@@ -5,3 +5,2 @@\n def second(x):\n-    """Give the second item."""\n     return x[1]\n'
    ),
    "target-missed",
)
_case("overlap", "two hunks on the same lines", 0, RIGHT + RIGHT[RIGHT.index("@@") :], "does-not-apply")
_case(
    "wide",
    "the whole file as context",
    1,
    "--- a/a.py\n+++ b/a.py\n@@ -1,10 +1,11 @@\n"
    + "".join(f" {line}\n" for line in FILES["a.py"].decode().split("\n")[:-1]).replace(
        " def second(x):\n", ' def second(x):\n+    """Give the second item."""\n'
    ),
)
_case(
    "no-context",
    "a diff without any context is meant as git diff -U0 writes it, though git apply needs an option for that",
    1,
    '--- a/a.py\n+++ b/a.py\n@@ -5,0 +6 @@\n+    """Give the second item."""\n',
)
_case(
    "one-line-context",
    "one line of context",
    1,
    '--- a/a.py\n+++ b/a.py\n@@ -5,2 +5,3 @@\n def second(x):\n+    """Give the second item."""\n     return x[1]\n',
)

returns = Start("func-localize", CRLF, start.targets)
returns.patch(
    "header-crlf-lines",
    "a diff of lines with carriage returns",
    1,
    RIGHT.replace("\n", "\r\n").replace("a.py\r", "a.py").replace("@@\r", "@@"),
)
returns.patch("header-crlf-all", "its headers have them too", 1, RIGHT.replace("\n", "\r\n"))
returns.patch("header-crlf-lost", "a diff that lost them", 0, RIGHT, code="does-not-apply")
returns.patch(
    "header-crlf-added-lf", "an added line without one", 1, RIGHT.replace("\n", "\r\n").replace('"""\r', '"""')
)

CASES: list[Case] = [*start_here.cases, *returns.cases]
