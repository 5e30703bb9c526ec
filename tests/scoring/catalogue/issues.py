"""``issue-localize``: comments at the places to change."""

from tests.scoring.catalogue.case import Case, Start
from tests.scoring.catalogue.markers import FILES, LOAD, PARSE, above

DEF = "def load(path):\n"
HERE = "# The path has to be checked here.\n"

two = Start("issue-localize", FILES, (LOAD, PARSE))
PARSE_LINE = "        return [self.line(row) for row in text]\n"
BODY = "    return open(path).read()\n"
two.edit("inside", "comments in both bodies", 1, above(BODY, HERE), above(PARSE_LINE, HERE))
two.edit("above", "comments above both definitions", 1, above(DEF, HERE), above("    def parse(self, text):\n", HERE))
two.edit(
    "end-of-line",
    "comments at the ends of lines",
    1,
    (BODY, BODY[:-1] + "  " + HERE),
    (PARSE_LINE, PARSE_LINE[:-1] + "  " + HERE),
)
two.edit(
    "several",
    "two comments in one function are one place",
    1,
    above(BODY, HERE),
    above(DEF, HERE),
    above(PARSE_LINE, HERE),
)
two.edit("one-of-two", "one gold function was not found", 0.666667, above(BODY, HERE), code="target-missed")
two.edit(
    "one-extra",
    "one place too many is allowed, and costs reward",
    0.8,
    above(BODY, HERE),
    above(PARSE_LINE, HERE),
    above("def last():\n", HERE),
    resolved=True,
)
two.edit(
    "two-extra",
    "two too many are just allowed",
    0.666667,
    above(BODY, HERE),
    above(PARSE_LINE, HERE),
    above("def last():\n", HERE),
    above("def run(path):\n", HERE),
    resolved=True,
)
two.edit(
    "spray",
    "three too many are spraying",
    0.571429,
    above(BODY, HERE),
    above(PARSE_LINE, HERE),
    above("def last():\n", HERE),
    above("def run(path):\n", HERE),
    above("    async def wait(self):\n", HERE),
    code="imprecise",
)
two.edit(
    "module-level",
    "a comment outside of definitions is one place in its file",
    0.8,
    above(BODY, HERE),
    above(PARSE_LINE, HERE),
    above("import os\n", HERE),
    ('if os.name == "nt":\n', HERE + 'if os.name == "nt":\n'),
    resolved=True,
)
two.edit("elsewhere", "the wrong places", 0, above("def last():\n", HERE), code="target-missed")
two.edit(
    "class-not-method",
    "the class around it is not the method",
    0,
    above('    mode = "plain"\n', HERE),
    code="imprecise",
)
two.edit(
    "empty-comment",
    "an empty comment says nothing",
    0,
    above(BODY, "#\n"),
    above(PARSE_LINE, "# !\n"),
    code="target-missed",
)
two.edit(
    "reworded-comment",
    "a comment in place of another is a new one",
    0.666667,
    ("# Reads everything.", "# Has to check the path."),
    code="target-missed",
)
two.edit(
    "reformatted-comment",
    "the same comment with other spaces is none",
    0,
    ("# Reads everything.", "#  Reads   everything."),
    code="target-missed",
)
two.edit(
    "in-string",
    "a comment in a string is code",
    0,
    above(BODY, HERE),
    above(PARSE_LINE, HERE),
    ("        # quoted\n", "        # quoted\n        " + HERE),
    code="code-changed",
)
two.edit(
    "code-changed",
    "the fix itself was not asked for",
    0,
    (BODY, "    return open(path, 'rb').read()\n"),
    code="code-changed",
)
two.edit(
    "docstring",
    "a docstring is no comment",
    0,
    (DEF, DEF + '    """Check the path here."""\n'),
    code="docstring-changed",
)
two.edit("text-file", "other files are no places", 0, above(BODY, HERE), ("none\n", "# none\n"), code="not-python")
two.tree(
    "new-file", "a report in a file is no comment", 0, {**FILES, "report.md": b"shop/core.py\n"}, code="file-added"
)
two.edit(
    "nested-literal",
    "inside brackets is inside the function",
    1,
    above(BODY, HERE),
    (PARSE_LINE, "        return [\n            # Here rows get lost.\n            self.line(row) for row in text]\n"),
)

PLATFORMS = b"""import sys

if sys.platform == "a":

    def go():
        return 1

elif sys.platform == "b":

    def go():
        return 2

else:

    def go():
        return 3


class Box:
    @property
    def size(self):
        return self._size

    @size.setter
    def size(self, value):
        self._size = value

    @size.deleter
    def size(self):
        del self._size
"""
namesakes = Start("issue-localize", {**FILES, "shop/platforms.py": PLATFORMS}, (LOAD,))
GO = [above(f"        return {number}\n", HERE) for number in (1, 2, 3)]
SIZE = [above(f"        {line}\n", HERE) for line in ("return self._size", "self._size = value", "del self._size")]
namesakes.edit("namesake", "one more place is allowed", 0.666667, above(BODY, HERE), GO[0], resolved=True)
namesakes.edit("namesakes", "each definition of a name is a place", 0.5, above(BODY, HERE), *GO[:2], code="imprecise")
namesakes.edit(
    "accessors", "so are a property's getter, setter and deleter", 0.4, above(BODY, HERE), *SIZE, code="imprecise"
)
for number, gold in enumerate(("getter", "setter", "deleter")):
    line = PLATFORMS.decode().split("\n").index(f"    @{'property' if not number else 'size.' + gold}") + 2
    one = Start("issue-localize", namesakes.files, (("shop/platforms.py", "Box.size", "method", line),))
    one.edit(f"the-{gold}", "the place is found among its namesakes", 1, SIZE[number])
    one.edit(f"not-the-{gold}", "another one is another place", 0, SIZE[number - 1], code="target-missed")
    namesakes.cases.extend(one.cases)

CASES: list[Case] = [*two.cases, *namesakes.cases]
