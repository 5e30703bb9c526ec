"""Predictions that are odd as patches, whatever the family."""

from hgen.scoring import diffs
from tests.scoring.catalogue.case import Case, Start

A = b"""def first(x):
    return x[0]


def second(x):
    return x[1]


def third(x):
    return x[2]
"""
FILES = {"a.py": A, "dir/with space.py": A, "b.py": b"x = 1\n"}
start = Start("func-localize", FILES, (("a.py", "second", "function", 5),))
RIGHT = """--- a/a.py
+++ b/a.py
@@ -3,4 +3,5 @@
\x20
\x20
 def second(x):
+    \"\"\"Give the second item.\"\"\"
     return x[1]
"""
GIT = "diff --git a/a.py b/a.py\nindex 1111111..2222222 100644\n"
HEADER = "@@ -3,4 +3,5 @@"

start.patch("null", "there is no patch", 0, None, code="no-patch")
start.patch("number", "a number is no patch", 0, 7, code="not-a-string")
start.patch("list", "a list is no patch", 0, [RIGHT], code="not-a-string")
start.patch("empty", "an empty patch does nothing", 0, "", code="empty-patch")
start.patch("blank", "so does a blank one", 0, " \n\t\n", code="empty-patch")
start.patch("prose", "prose is no patch", 0, "I have documented second().\n", code="damaged-patch")
start.patch("noise", "binary noise is no patch", 0, "".join(map(chr, range(256))) * 9, code="damaged-patch")
start.patch(
    "surrogates",
    "characters that no file can hold",
    0,
    RIGHT.replace("second item", "\ud800 item"),
    code="damaged-patch",
)
start.patch("huge", "no right answer has 50 MB", 0, RIGHT + "+x\n" * 17_000_000, code="too-large")
start.patch("plain", "a traditional diff", 1, RIGHT)
start.patch("git", "a git diff", 1, GIT + RIGHT)
start.patch(
    "preamble", "a commit message in front", 1, "From 0123\nSubject: Document it\n\n---\n a.py | 1 +\n" + GIT + RIGHT
)
start.patch("signature", "a mail's signature behind", 1, GIT + RIGHT + "-- \n2.43.0\n")
start.patch("no-last-newline", "a harness stripped the last newline", 1, (GIT + RIGHT).rstrip("\n"))
start.patch("timestamps", "times behind the names", 1, RIGHT.replace("a.py\n", "a.py\t2026-11-23 12:00:00 +0000\n"))
start.patch("no-prefix", "names without a/ and b/ in a folder's root", 1, RIGHT.replace(" a/", " ").replace(" b/", " "))
start.patch("offset", "lines that moved by a few are found", 1, RIGHT.replace(HEADER, "@@ -5,4 +5,5 @@"))
start.patch(
    "function-name", "git's function name behind the header", 1, RIGHT.replace(HEADER, HEADER + " def first(x):")
)
start.patch("bare-blank-lines", "context lines that lost their space", 1, RIGHT.replace("\n \n", "\n\n"))
start.patch(
    "crlf-diff",
    "a diff with carriage returns is not about these lines",
    0,
    (GIT + RIGHT).replace("\n", "\r\n"),
    code="does-not-apply",
)
start.patch(
    "wrong-context", "lines that are not there", 0, RIGHT.replace("def second", "def seconds"), code="does-not-apply"
)
start.patch("wrong-file", "a file that is not there", 0, RIGHT.replace("a.py", "c.py"), code="does-not-apply")
start.patch(
    "already-applied",
    "the answer itself as context",
    0,
    RIGHT.replace("\n+    ", "\n     ")
    .replace("3,5", "3,6")
    .replace("3,4", "3,5")
    .replace("     return x[1]", "     return x[1]\n+    # so"),
    code="does-not-apply",
)
start.patch("truncated", "a hunk that is cut off", 0, RIGHT[: RIGHT.index("     return")], code="damaged-patch")
start.patch(
    "too-many-promised",
    "a header that promises more lines",
    0,
    RIGHT.replace(HEADER, "@@ -3,9 +3,10 @@"),
    code="damaged-patch",
)
start.patch(
    "too-few-promised",
    "a header that promises fewer lines",
    0,
    RIGHT.replace(HEADER, "@@ -3,3 +3,4 @@"),
    code="damaged-patch",
)
start.patch("hunk-alone", "a hunk without a file", 0, RIGHT[RIGHT.index("@@") :], code="damaged-patch")
start.patch(
    "no-change",
    "a hunk without a change",
    0,
    "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n def first(x):\n     return x[0]\n",
    code="damaged-patch",
)
start.patch("outside", "a path out of the tree", 0, RIGHT.replace("/a.py", "/../a.py"), code="damaged-patch")
start.patch(
    "git-folder", "a path into git's folder", 0, RIGHT.replace("/a.py", "/.git/hooks/a.py"), code="damaged-patch"
)
start.patch(
    "absolute",
    "an absolute path",
    0,
    RIGHT.replace("a/a.py", "a//etc/passwd").replace("b/a.py", "b//etc/passwd"),
    code="damaged-patch",
)
start.patch("applied-twice", "the same diff twice does not apply twice", 0, RIGHT + RIGHT, code="does-not-apply")
start.patch(
    "rename",
    "a renamed file",
    0,
    "diff --git a/a.py b/z.py\nsimilarity index 100%\nrename from a.py\nrename to z.py\n",
    code="file-deleted",
)
start.patch(
    "rename-and-edit",
    "a renamed file with the answer",
    0,
    "diff --git a/a.py b/z.py\nsimilarity index 90%\nrename from a.py\nrename to z.py\n"
    + RIGHT.replace("b/a.py", "b/z.py"),
    code="file-deleted",
)
start.patch(
    "copy",
    "a copied file",
    0,
    RIGHT + "diff --git a/b.py b/z.py\nsimilarity index 100%\ncopy from b.py\ncopy to z.py\n",
    code="file-added",
)
start.patch(
    "mode",
    "an executable bit beside the answer",
    0,
    GIT + RIGHT + "diff --git a/b.py b/b.py\nold mode 100644\nnew mode 100755\n",
    code="mode-changed",
)
start.patch(
    "link",
    "a file that becomes a link",
    0,
    "diff --git a/b.py b/b.py\ndeleted file mode 100644\n--- a/b.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 1\n"
    "diff --git a/b.py b/b.py\nnew file mode 120000\n--- /dev/null\n+++ b/b.py\n@@ -0,0 +1 @@\n"
    "+a.py\n\\ No newline at end of file\n",
    code="not-regular",
)
start.patch(
    "binary",
    "a binary change",
    0,
    GIT + RIGHT + "diff --git a/b.py b/b.py\nindex 1..2 100644\nBinary files a/b.py and b/b.py differ\n",
    code="binary-patch",
)
start.patch(
    "git-binary",
    "git's own binary form",
    0,
    "diff --git a/b.py b/b.py\nindex 1..2 100644\n"
    "GIT binary patch\nliteral 1\nIcmZPo000310RR91\n\nliteral 0\nHcmV?d00001\n\n",
    code="binary-patch",
)
start.patch("deleted", "a deleted file", 0, diffs.render({"b.py": b"x = 1\n"}, {}), code="file-deleted")
start.patch(
    "deleted-empty-header",
    "a deletion without contents",
    0,
    "diff --git a/b.py b/b.py\ndeleted file mode 100644\n",
    code="file-deleted",
)
start.patch(
    "emptied",
    "a file that becomes empty is changed code",
    0,
    "--- a/b.py\n+++ b/b.py\n@@ -1 +0,0 @@\n-x = 1\n",
    code="code-changed",
)
start.patch(
    "new-by-null",
    "a file out of nothing",
    0,
    RIGHT + "--- /dev/null\n+++ b/z.py\n@@ -0,0 +1 @@\n+x = 1\n",
    code="file-added",
)
start.patch(
    "submodule",
    "a submodule",
    0,
    RIGHT
    + "diff --git a/m b/m\nnew file mode 160000\n--- /dev/null\n+++ b/m\n@@ -0,0 +1 @@\n+Subproject commit 0123\n",
    code="file-added",
)
start.patch(
    "two-parts",
    "one file in two diffs",
    0,
    RIGHT + RIGHT.replace(HEADER, "@@ -7,4 +8,5 @@").replace("def second", "def third").replace("x[1]", "x[2]"),
    code="docstring-elsewhere",
)
start.patch(
    "hunks-reordered",
    "hunks in another order",
    1,
    "--- a/a.py\n+++ b/a.py\n@@ -9,2 +11,3 @@\n def third(x):\n+    # the third\n     return x[2]\n"
    + RIGHT[RIGHT.index("@@") :].replace("+3,5", "+3,5"),
)
start.patch(
    "quoted-name",
    "a name in quotes",
    0,
    RIGHT.replace("a/a.py", '"a/dir/with space.py"').replace("b/a.py", '"b/dir/with space.py"'),
    code="docstring-elsewhere",
)
start.patch(
    "octal-name", "a name in octal", 1, RIGHT.replace("a/a.py", '"a/\\141.py"').replace("b/a.py", '"b/\\141.py"')
)
start.patch(
    "space-in-name",
    "a name with a space",
    0,
    "diff --git a/dir/with space.py b/dir/with space.py\n"
    + RIGHT.replace("a/a.py", "a/dir/with space.py\t").replace("b/a.py", "b/dir/with space.py\t"),
    code="docstring-elsewhere",
)
start.patch(
    "unknown-escape",
    "a name with an unknown escape is none",
    0,
    RIGHT.replace("a/a.py", '"a/\\q.py"').replace("b/a.py", '"b/\\q.py"'),
    code="does-not-apply",
)

CASES: list[Case] = start.cases
