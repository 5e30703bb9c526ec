"""``dep-search``: what is a marker, and what it marks."""

from tests.scoring.catalogue.case import Case, Start

CORE = b'''"""The core."""

import os


def load(path):
    # Reads everything.
    return open(path).read()


@os.deco
@os.deco(
    1,
)
class Parser:
    """Parses."""

    mode = "plain"

    def parse(self, text):
        return [self.line(row) for row in text]

    @property
    def size(self):
        return 0

    def line(self, row): return row


if os.name == "nt":

    def walk(tree):
        return tree

else:

    def walk(tree):
        return [tree]


def last():
    pass
'''
APP = b'''from shop.core import Parser, load


def run(path):
    return Parser().parse(load(path))


class Error(Exception):
    """Raised by nobody."""


    async def wait(self):
        text = """
        # quoted
        """
        return text
'''
FILES = {"shop/core.py": CORE, "shop/app.py": APP, "notes.txt": b"none\n"}
LOAD = ("shop/core.py", "load", "function", 6)
PARSER = ("shop/core.py", "Parser", "class", 15)
PARSE = ("shop/core.py", "Parser.parse", "method", 20)
ERROR = ("shop/app.py", "Error", "class", 8)
MARK = "# this function/class is called by the run function\n"


def above(line: str, text: str = MARK) -> tuple[str, str]:
    """The text above a line, indented as it is."""
    indent = line[: len(line) - len(line.lstrip())]
    return line, indent + text + line


one = Start("dep-search", FILES, (LOAD,), "run")
DEF = "def load(path):\n"


def says(name: str, why: str, reward: float, text: str, code: str = "") -> None:
    """A case of a comment's wording, above the right definition."""
    one.edit(name, why, reward, above(DEF, text + "\n"), code=code)


says("as-asked", "the comment as the problem statement has it", 1, MARK[:-1])
says("function", "what it stands above is a function", 1, "# this function is called by the run function")
says("class", "the kind of thing is free", 1, "# this class is called by the run function")
says("method", "so is method", 1, "# This method is called by the run method")
says("capitals", "case is free", 1, "# This Function/Class Is Called By The run Function")
says("spaces", "white space is free", 1, "#   this function / class   is called  by the run   function  ")
says("no-space", "even none behind the sign", 1, "#this function is called by the run function")
says("two-signs", "one sign or two", 1, "## this function is called by the run function")
says("full-stop", "a full stop may end it", 1, "# This function is called by the run function.")
says("backticks", "quotes around the name are free", 1, "# this function is called by the `run` function")
says("quotes", "of any sort", 1, "# this function is called by the 'run' function")
says("call-brackets", "brackets behind the name are free", 1, "# this function is called by the run() function")
says("quoted-brackets", "in quotes too", 1, "# this function is called by the `run()` function")
says("no-article", "the articles are free", 1, "# this function is called by run")
says("directly", "it may say directly", 1, "# this function is directly called by the run function")
says("module", "the name may carry its module", 1, "# this function is called by the shop.app.run function")
says("noqa", "another tool's comment may follow", 1, "# this function is called by the run function  # noqa: E501")
says("tab", "a tab is white space", 1, "#\tthis function is called by the run function")

says("negated", "a negation is no marker", 0, "# this function is not called by the run function", "target-missed")
says("negated-short", "in any form", 0, "# this function isn't called by the run function", "target-missed")
says("never", "never is a negation", 0, "# this function is never called by the run function", "target-missed")
says(
    "false",
    "so is what denies the sentence",
    0,
    "# False: this function is called by the run function",
    "target-missed",
)
says("question", "a question is no statement", 0, "# this function is called by the run function?", "target-missed")
says("doubt", "neither is a doubt", 0, "# maybe this function is called by the run function", "target-missed")
says("unless", "nor a condition", 0, "# this function is called by the run function unless it rains", "target-missed")
says(
    "other-name",
    "another function's name is wrong",
    0,
    "# this function is called by the walk function",
    "target-missed",
)
says(
    "longer-name",
    "a longer name is another one",
    0,
    "# this function is called by the run_all function",
    "target-missed",
)
says("shorter-name", "so is a shorter one", 0, "# this function is called by the ru function", "target-missed")
says("name-in-capitals", "names have their case", 0, "# this function is called by the RUN function", "target-missed")
says("other-module", "and their module", 0, "# this function is called by the shop.core.run function", "target-missed")
says(
    "other-class",
    "a method of that name is another function",
    0,
    "# this function is called by the Error.run method",
    "target-missed",
)
says("no-name", "without a name it says nothing", 0, "# this function is called by the function", "target-missed")
says("calls", "the other direction is wrong", 0, "# this function calls the run function", "target-missed")
says(
    "reversed",
    "names in the wrong order are wrong",
    0,
    "# the run function is called by this function",
    "target-missed",
)
says("empty", "an empty comment says nothing", 0, "#", "target-missed")
says("todo", "another comment says nothing about it", 0, "# TODO: called by run", "target-missed")
says(
    "lookalike-letters",
    "letters that look alike are others",
    0,
    "# this function is called by the r\u03c5n function",
    "target-missed",
)

one.edit("blank-line-between", "a blank line between is fine", 1, (DEF, MARK + "\n\n" + DEF))
one.edit("comment-between", "so is another comment", 1, (DEF, MARK + "# Not much else to say.\n" + DEF))
one.edit("comment-before", "or one before", 1, (DEF, "# Not much to say.\n" + MARK + DEF))
one.edit("indented", "its own indent does not matter", 1, (DEF, "    " + MARK + DEF))
one.edit("form-feed-between", "a form feed is white space", 1, (DEF, MARK + "\x0c\n" + DEF))
one.edit("harmless-comment", "a comment elsewhere is harmless", 1, above(DEF), ("import os\n", "import os  # system\n"))
one.edit("noqa-elsewhere", "tools' comments too", 1, above(DEF), ("import os\n", "import os  # noqa: F401\n"))
one.edit(
    "type-comment",
    "type comments are comments",
    1,
    above(DEF),
    ('    mode = "plain"\n', '    mode = "plain"  # type: str\n'),
)
one.edit(
    "comment-rewritten", "a comment elsewhere may be rewritten", 1, above(DEF), ("# Reads everything.", "# Reads all.")
)
one.edit("layout-elsewhere", "layout elsewhere is harmless", 1, above(DEF), ("import os\n", "import os\n\n\n"))
one.edit("other-quotes", "the same string in other quotes is the same tree", 1, above(DEF), ('"plain"', "'plain'"))

one.tree("nothing", "nothing was done", 0, {**FILES, "shop/core.py": CORE + b"\n"}, code="target-missed")
one.edit("below-header", "inside the body it is not above", 0, (DEF, DEF + "    " + MARK), code="marker-elsewhere")
one.edit("end-of-line", "behind the header it is not above", 0, (DEF, DEF[:-1] + "  " + MARK), code="marker-elsewhere")
one.edit(
    "below",
    "below the function it marks the next one",
    0,
    ("    return open(path).read()\n", "    return open(path).read()\n\n\n" + MARK),
    code="marker-elsewhere",
)
one.edit(
    "code-between",
    "code between makes it stand elsewhere",
    0,
    ("import os\n", MARK + "import os\n"),
    code="marker-elsewhere",
)
one.edit(
    "end-of-file",
    "at the end it marks nothing",
    0,
    ("def last():\n    pass\n", "def last():\n    pass\n" + MARK),
    code="marker-elsewhere",
)
one.edit(
    "top-of-file",
    "above the module's docstring too",
    0,
    ('"""The core."""\n', MARK + '"""The core."""\n'),
    code="marker-elsewhere",
)
one.edit(
    "in-string",
    "in a string it is no comment",
    0,
    ("        # quoted\n", "        # quoted\n        " + MARK),
    code="code-changed",
)
one.edit(
    "docstring",
    "as a docstring it is no comment",
    0,
    (DEF, DEF + '    """' + MARK[:-1] + '"""\n'),
    code="docstring-changed",
)
one.edit("string-above", "as a string above it is code", 0, (DEF, f'"{MARK[:-1]}"\n' + DEF), code="code-changed")
one.edit(
    "backslash",
    "behind a backslash it belongs to a new statement",
    0,
    (DEF, "0 \\\n" + MARK + DEF),
    code="code-changed",
)
one.edit("twice", "one marker is enough", 0.666667, (DEF, MARK + MARK + DEF), code="marker-repeated")
one.edit("thrice", "three are worse than two", 0.5, (DEF, MARK + MARK + MARK + DEF), code="marker-repeated")
one.edit(
    "twice-worded",
    "another wording is a second marker",
    0.666667,
    (DEF, MARK + "# this function is called by run\n" + DEF),
    code="marker-repeated",
)
one.edit(
    "above-and-inside",
    "a second one inside is elsewhere",
    0.666667,
    (DEF, MARK + DEF + "    " + MARK),
    code="marker-elsewhere",
)
one.edit("neighbour", "the wrong function", 0, above("def last():\n"), code="marker-elsewhere")
one.edit(
    "neighbour-too",
    "a wrong one beside the right one",
    0.666667,
    above(DEF),
    above("def last():\n"),
    code="marker-elsewhere",
)
one.edit(
    "caller",
    "the caller itself is no dependency",
    0.666667,
    above(DEF),
    above("def run(path):\n"),
    code="marker-elsewhere",
)
one.edit(
    "spray",
    "spraying finds everything and is worth little",
    0.25,
    above(DEF),
    above("    def parse(self, text):\n"),
    above("def last():\n"),
    above("def run(path):\n"),
    above("class Error(Exception):\n"),
    above("    async def wait(self):\n"),
    above("    def line(self, row): return row\n"),
    code="marker-elsewhere",
)
one.edit(
    "wrong-and-harmless",
    "a wrong wording elsewhere is a comment like others",
    1,
    above(DEF),
    above("def last():\n", "# this function is not called by the run function\n"),
)
one.edit(
    "code-changed",
    "code changed beside the right answer",
    0,
    above(DEF),
    ("    pass\n", "    return\n"),
    code="code-changed",
)
one.edit(
    "docstring-changed",
    "a docstring changed beside it",
    0,
    above(DEF),
    ('"""Parses."""', '"""It parses."""'),
    code="docstring-changed",
)
one.edit(
    "docstring-added",
    "a docstring was added beside it",
    0,
    above(DEF),
    ("    pass\n", '    """Do not do anything."""\n    pass\n'),
    code="docstring-changed",
)
one.edit(
    "other-file-code",
    "code changed in another file",
    0,
    above(DEF),
    ("Parser().parse(load(path))", "Parser().parse(load(path + ''))"),
    code="code-changed",
)
one.edit("text-file", "a file that is no Python changed", 0, above(DEF), ("none\n", "some\n"), code="not-python")
one.edit(
    "cookie",
    "a declared encoding is no harmless comment",
    0,
    above(DEF),
    ('"""The core."""', '# coding: latin-1\n"""The core."""'),
    code="encoding-changed",
)
one.edit(
    "unterminated", "a broken file is no answer", 0, above(DEF), ("import os\n", "import os '\n"), code="does-not-parse"
)
one.tree(
    "new-file",
    "a file was added",
    0,
    {**FILES, "shop/core.py": CORE.replace(DEF.encode(), (MARK + DEF).encode()), "a.py": b""},
    code="file-added",
)
one.tree(
    "crlf",
    "line ends are layout",
    1,
    {**FILES, "shop/core.py": CORE.replace(DEF.encode(), (MARK + DEF).encode()).replace(b"\n", b"\r\n")},
)
one.tree(
    "lone-returns",
    "so are lone carriage returns",
    1,
    {**FILES, "shop/core.py": CORE.replace(DEF.encode(), (MARK + DEF).encode()).replace(b"\n", b"\r")},
)
one.tree(
    "return-in-comment",
    "a carriage return ends a comment and begins another",
    1,
    {**FILES, "shop/core.py": CORE.replace(DEF.encode(), b"# so:\r" + (MARK + DEF).encode())},
)
one.edit(
    "form-feed-line", "a form feed begins no new comment", 0, (DEF, "# so:\x0c" + MARK + DEF), code="target-missed"
)

decorated = Start("dep-search", FILES, (PARSER,), "run")
decorated.edit("above-decorators", "above the decorators is directly above", 1, above("@os.deco\n"))
decorated.edit("between-decorators", "between decorators is not", 0, above("@os.deco(\n"), code="marker-elsewhere")
decorated.edit("below-decorators", "below them neither", 0, above("class Parser:\n"), code="marker-elsewhere")
decorated.edit("inside-decorator", "in a decorator's brackets neither", 0, above("    1,\n"), code="marker-elsewhere")
decorated.edit(
    "its-init",
    "a method of the class is not the class",
    0,
    above("    def parse(self, text):\n"),
    code="marker-elsewhere",
)

method = Start("dep-search", FILES, (PARSE, ("shop/core.py", "Parser.size", "method", 24)), "run")
SIZE = above("    @property\n")
method.edit("both", "both methods are marked", 1, above("    def parse(self, text):\n"), SIZE)
method.edit("one-of-two", "one of two", 0.666667, above("    def parse(self, text):\n"), code="target-missed")
method.edit(
    "two-and-one-wrong",
    "a third one is wrong",
    0.8,
    above("    def parse(self, text):\n"),
    SIZE,
    above("    def line(self, row): return row\n"),
    code="marker-elsewhere",
)
method.edit("one-right-one-wrong", "half and half", 0.5, SIZE, above(DEF), code="marker-elsewhere")
method.edit(
    "at-column-zero",
    "its indent does not matter",
    1,
    ("    def parse(self, text):\n", MARK + "    def parse(self, text):\n"),
    SIZE,
)
method.edit("not-its-class", "the class is not its method", 0.5, above("@os.deco\n"), SIZE, code="marker-elsewhere")

alone = Start("dep-search", FILES, (PARSE,), "run")
PLAIN = '    mode = "plain"\n\n'
alone.edit("blank-line-gone", "in the place of a blank line", 1, (PLAIN, PLAIN[:-1] + "    " + MARK))
alone.edit(
    "lone-backslash",
    "what follows a lone backslash is indented as that is: no Python",
    0,
    (PLAIN, PLAIN[:-1] + "    " + MARK + " \\\n"),
    code="does-not-parse",
)

branches = Start("dep-search", FILES, (("shop/core.py", "walk", "function", 37),), "run")
branches.edit("right-branch", "the line decides between two definitions", 1, ("else:\n\n", "else:\n\n    " + MARK))
branches.edit(
    "behind-else",
    "a comment behind a header stands elsewhere",
    0,
    ("else:\n", "else:  " + MARK),
    code="marker-elsewhere",
)
branches.edit(
    "wrong-branch",
    "the other branch is another definition",
    0,
    ('if os.name == "nt":\n\n', 'if os.name == "nt":\n\n    ' + MARK),
    code="marker-elsewhere",
)
branches.edit("above-else", "above the else it stands elsewhere", 0, above("else:\n"), code="marker-elsewhere")

two_files = Start("dep-search", FILES, (LOAD, PARSER, PARSE, ERROR), "run")
ALL = (above(DEF), above("@os.deco\n"), above("    def parse(self, text):\n"), above("class Error(Exception):\n"))
two_files.edit("all", "all definitions in two files are marked", 1, *ALL)
two_files.edit("one-file", "one file of two", 0.857143, *ALL[:3], code="target-missed")
two_files.edit("one-of-four", "one of four", 0.4, ALL[0], code="target-missed")
two_files.edit(
    "one-file-broken",
    "three right ones beside a broken file are worth nothing",
    0,
    *ALL[:3],
    ("class Error(Exception):\n", "class Error(Exception:\n"),
    code="does-not-parse",
)

MARKED = {**FILES, "shop/core.py": CORE.replace(b"def last", MARK.encode() + b"def last")}
present = Start("dep-search", MARKED, (LOAD,), "run")
present.edit("already-there", "a marker of the start state does not count", 1, above(DEF))
present.edit("already-there-removed", "nor does its removal", 1, above(DEF), (MARK + "def last", "def last"))
present.edit(
    "doubled-there",
    "a second one at that place does",
    0.666667,
    above(DEF),
    ("def last", MARK + "def last"),
    code="marker-elsewhere",
)

nested = Start("dep-search", FILES, (LOAD,), "Error.wait.<locals>.go")
NESTED = "# this function is called by the %s function\n"
nested.edit("qualified", "the name as the problem statement has it", 1, above(DEF, NESTED % "Error.wait.<locals>.go"))
nested.edit("last-part", "its last part names it too", 1, above(DEF, NESTED % "go"))
nested.edit("first-part", "its first part names another", 0, above(DEF, NESTED % "Error.wait"), code="target-missed")

CASES: list[Case] = [
    case for start in (one, decorated, method, alone, branches, two_files, present, nested) for case in start.cases
]
