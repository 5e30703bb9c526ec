"""Files that are odd as Python: namesakes, overloads, decorators, encodings, line ends, and what stands close by."""

from tests.scoring.catalogue.case import Case, Start

RICH = b'''"""Shapes."""
import functools
from typing import Protocol, overload


class Shape(Protocol):
    @property
    def area(self):
        return self._area

    @area.setter
    def area(self, value):
        self._area = value

    @overload
    def scale(self, by: int): ...
    @overload
    def scale(self, by: float): ...
    def scale(self, by):
        return by

    @functools.wraps(
        print
    )
    # Cached for ever.
    @functools.lru_cache
    async def many(self): return 1

    class Inner:
        class Deep:
            def go(self):
                def inner():
                    yield 1
                return inner


def a(): return 1
def b(): return 2

def tail(x=0x10, y=u"s", z=1_000, w="a" "b"):  # type: (int) -> int
    if x:
        return lambda: {
            "k": 1,
        }
    else:
        return f"{x!r:>{y}}"
'''
FILE = "shapes.py"
MARK = "# this function/class is called by the run function\n"
TEXT = '"""Say what it does."""\n'
TAIL = "    if x:\n"


def _at(text: str, number: int = 1, content: bytes = RICH) -> int:
    """The line that begins with a text, or the second or third one."""
    lines = [line for line, row in enumerate(content.decode("latin-1").split("\n"), 1) if row.strip().startswith(text)]
    return lines[number - 1]


def _start(family: str, *targets: tuple[str, str, int], content: bytes = RICH) -> Start:
    rows = tuple((FILE, qualname, kind, line) for qualname, kind, line in targets)
    return Start(family, {FILE: content}, rows, "run")


GETTER = ("Shape.area", "method", _at("def area"))
SETTER = ("Shape.area", "method", _at("def area", 2))
BY_INT = ("Shape.scale", "method", _at("def scale"))
SCALE = ("Shape.scale", "method", _at("def scale", 3))
MANY = ("Shape.many", "method", _at("async def many"))
GO = ("Shape.Inner.Deep.go", "method", _at("def go"))
INNER = ("Shape.Inner.Deep.go.<locals>.inner", "function", _at("def inner"))
A = ("a", "function", _at("def a"))
B = ("b", "function", _at("def b"))
SHAPE = ("Shape", "class", _at("class Shape"))
LAST = ("tail", "function", _at("def tail"))


def below(line: str, text: str = TEXT) -> tuple[str, str]:
    """The text above a statement of a body, indented as it is."""
    return line, line[: len(line) - len(line.lstrip())] + text + line


setter = _start("func-localize", SETTER)
setter.edit("setter", "a setter is found among its namesakes", 1, below("        self._area = value\n"))
setter.edit("getter-for-setter", "the getter is another one", 0, below("        return self._area\n"))
getter = _start("func-localize", GETTER, SETTER)
getter.edit(
    "getter-and-setter", "both are two", 1, below("        return self._area\n"), below("        self._area = value\n")
)
KEPT = ("by: int): ...", f"by: int):\n        {TEXT}        ...")
GONE = ("by: int): ...", f"by: int):\n        {TEXT[:-1]}")
by_int = _start("func-localize", BY_INT)
by_int.edit("overload-kept", "an overload's dots may stay", 1, KEPT)
by_int.edit("overload-replaced", "or go", 1, GONE)
by_int.edit("overload-implementation", "the implementation is another one", 0, below("        return by\n"))
by_int.edit("overload-both-dots", "dots go where no docstring comes", 0, KEPT, ("float): ...", "float): pass"))
scale = _start("func-localize", SCALE)
scale.edit("implementation", "the implementation among overloads", 1, below("        return by\n"))
scale.edit("implementation-overload", "an overload is another one", 0, GONE, code="docstring-elsewhere")
many = _start("func-localize", MANY)
many.edit(
    "async-unfolded",
    "a coroutine on one line",
    1,
    ("many(self): return 1", f"many(self):\n        {TEXT}        return 1"),
)
deep = _start("func-localize", GO)
deep.edit("deep", "a method of a class in a class", 1, below("                def inner():\n"))
deep.edit("deep-raw", "its text may be raw", 1, below("                def inner():\n", 'R"""Match \\d some way."""\n'))
deep.edit("deeper", "the function in it is another one", 0, below("                    yield 1\n"))
inner = _start("func-localize", INNER)
inner.edit("innermost", "a function in a method", 1, below("                    yield 1\n"))
inner.edit("not-the-innermost", "the method around it is another one", 0, below("                def inner():\n"))
UNFOLDED = {
    name: (f"def {name}(): return {value}\n", f"def {name}():\n    {TEXT}    return {value}\n")
    for name, value in (("a", 1), ("b", 2))
}
pair = _start("func-localize", A, B)
pair.edit("adjacent", "two functions on adjacent lines", 1, UNFOLDED["a"], UNFOLDED["b"])
pair.edit("adjacent-one", "one of them", 0.666667, UNFOLDED["b"], code="target-missed")
first = _start("func-localize", A)
first.edit("adjacent-other", "the line below is another function", 0, UNFOLDED["b"], code="docstring-elsewhere")
first.edit("adjacent-both", "both are one too many", 0, UNFOLDED["a"], UNFOLDED["b"], code="docstring-elsewhere")

last = _start("func-localize", LAST)
RIGHT = below(TAIL)
last.edit("number-respelt", "a number in another notation is the same tree", 1, RIGHT, ("0x10", "16"))
last.edit("underscore-respelt", "so is one without underscores", 1, RIGHT, ("1_000", "1000"))
last.edit("strings-joined", "so are adjacent strings in one", 1, RIGHT, ('"a" "b"', '"ab"'))
last.edit("type-comment-changed", "a type comment is a comment", 1, RIGHT, ("(int) -> int", "(str) -> str"))
last.edit("prefix-dropped", "a u before a string means nothing, and formatters drop it", 1, RIGHT, ('u"s"', '"s"'))
last.edit("bytes-for-string", "bytes are no string", 0, RIGHT, ('"k"', 'b"k"'), code="code-changed")
last.edit("conversion-changed", "an f-string holds code", 0, RIGHT, ("{x!r", "{x!s"), code="code-changed")
last.edit("format-changed", "in its format too", 0, RIGHT, (":>{y}", ":<{y}"), code="code-changed")
last.edit("default-changed", "a default is code", 0, RIGHT, ("z=1_000", "z=1_001"), code="code-changed")
last.edit("else-gone", "a branch is code", 0, RIGHT, ("    else:\n        return", "    if 1:\n        return"))
last.edit("base-gone", "a base class is code", 0, RIGHT, ("Shape(Protocol)", "Shape"), code="code-changed")
last.edit(
    "decorators-swapped",
    "so is the order of decorators",
    0,
    RIGHT,
    ("    # Cached for ever.\n    @functools.lru_cache\n", ""),
    ("    @functools.wraps(\n", "    @functools.lru_cache\n    @functools.wraps(\n"),
)
last.edit("look-alike-name", "letters that Python takes for others", 1, RIGHT, ("return by\n", "return b\uff59\n"))
last.edit(
    "setter-renamed",
    "a renamed namesake",
    0,
    RIGHT,
    ("    @area.setter\n    def area", "    @area.setter\n    def aera"),
)
last.edit(
    "methods-swapped",
    "a property above another one",
    0,
    RIGHT,
    ("def a(): return 1\ndef b(): return 2\n", "def b(): return 2\ndef a(): return 1\n"),
    code="code-changed",
)
last.edit(
    "semicolon-elsewhere",
    "two statements on a line are the same tree",
    1,
    RIGHT,
    ("import functools\nfrom typing", "import functools; from typing"),
)
last.edit(
    "utf8-declared",
    "UTF-8 is what files are without saying so",
    1,
    RIGHT,
    ('"""Shapes."""', '# coding: utf8\n"""Shapes."""'),
)
last.edit(
    "utf8-for-emacs", "as Emacs says it", 1, RIGHT, ('"""Shapes."""', '# -*- coding: utf-8-unix -*-\n"""Shapes."""')
)
last.edit(
    "utf7-declared",
    "in UTF-7 comments can be code",
    0,
    RIGHT,
    ('"""Shapes."""', '# coding: utf-7\n# +AAo-import os\n"""Shapes."""'),
    code="encoding-changed",
)
last.edit("zero-width-space", "what cannot be seen is no white space", 0, RIGHT, ("return by\n", "return\u200bby\n"))
last.edit(
    "nbsp-indent", "a no-break space is no indent", 0, (TAIL, "\xa0\xa0\xa0\xa0" + TEXT + TAIL), code="does-not-parse"
)
last.edit("tab-indent", "a tab among spaces is no indent", 0, (TAIL, "\t" + TEXT + TAIL), code="does-not-parse")
last.edit(
    "conditional-docstring", "an expression is no docstring", 0, below(TAIL, '"""Say what it does.""" if 1 else 0\n')
)
last.edit("tuple-docstring", "a tuple of one is no docstring", 0, below(TAIL, '"""Say what it does.""",\n'))
last.edit("formatted-docstring", "nor is a formatted string", 0, below(TAIL, '"""Say what %s does.""" % "it"\n'))
last.edit("concatenated-docstring", "nor a sum of strings", 0, below(TAIL, '"""Say what """ + "it does"\n'))
last.edit("half-formatted", "an f-string spoils what it is joined to", 0, below(TAIL, '"""Say what """ f"it does"\n'))
last.edit("annotated-doc", "nor is an annotated name", 0, below(TAIL, '__doc__: str = """Say what it does."""\n'))
last.edit(
    "string-behind-semicolon", "a string behind another statement", 0, below(TAIL, f"0; {TEXT}"), code="code-changed"
)
last.edit(
    "decorator-for-docstring",
    "a decorator that writes docstrings is code",
    0,
    ("def tail(", "@functools.wraps(print)\ndef tail("),
    code="code-changed",
)
last.edit(
    "code-in-docstring",
    "code in the docstring, and out of the body",
    0,
    (
        TAIL + "        return lambda: {\n",
        f'    """Say what it does.\n{TAIL}    """\n    if not x:\n        return lambda: {{\n',
    ),
)


def _odd(name: str, why: str, content: bytes, after: bytes, reward: float = 1, code: str = "") -> list[Case]:
    """A case of a start state that is odd itself."""
    line = _at("def tail", content=content.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    start = _start("func-localize", ("tail", "function", line), content=content)
    start.tree(name, why, reward, {FILE: after}, code=code)
    return start.cases


def _done(content: bytes, end: bytes = b"\n", indent: bytes = b"    ") -> bytes:
    body = indent + b"if x:" + end
    assert content.count(body) == 1
    return content.replace(body, indent + TEXT.strip().encode() + end + body)


CRLF = RICH.replace(b"\n", b"\r\n")
TABS = RICH.replace(b"    ", b"\t")
LATIN = b"# -*- coding: latin-1 -*-\n" + RICH + b"M = '\xe9'\n"
BOM = b"\xef\xbb\xbf# coding: utf-8\n" + RICH
MIXED = RICH.replace(b"\n", b"\r\n", 9)
ODD: list[Case] = [
    *_odd("crlf-file", "a file with carriage returns", CRLF, _done(CRLF, b"\r\n")),
    *_odd(
        "crlf-file-lf-line", "a line without one in it", CRLF, _done(CRLF, b"\r\n").replace(b'does."""\r', b'does."""')
    ),
    *_odd("crlf-to-lf", "its lines all changed their ends", CRLF, _done(RICH)),
    *_odd("mixed-ends", "both sorts of ends in one file", MIXED, _done(MIXED)),
    *_odd("tabs-file", "a file with tabs", TABS, _done(TABS, indent=b"\t")),
    *_odd("tabs-to-spaces", "tabs that became spaces", TABS, _done(RICH)),
    *_odd("unended", "a file without final newline", RICH[:-1], _done(RICH[:-1])),
    *_odd("unended-to-ended", "that gets one", RICH[:-1], _done(RICH)),
    *_odd("latin-1", "a file in Latin 1", LATIN, _done(LATIN)),
    *_odd("latin-1-respelt", "by another of its names", LATIN, _done(LATIN).replace(b"latin-1", b"iso8859-1")),
    *_odd(
        "latin-1-to-cp1252",
        "another encoding",
        LATIN,
        _done(LATIN).replace(b"latin-1", b"cp1252"),
        0,
        "encoding-changed",
    ),
    *_odd("latin-1-undeclared", "none at all", LATIN, _done(LATIN).split(b"\n", 1)[1], 0, "encoding-changed"),
    *_odd(
        "latin-1-pushed-down",
        "a declaration in line three is none",
        LATIN,
        b"#\n#\n" + _done(LATIN),
        0,
        "encoding-changed",
    ),
    *_odd(
        "latin-1-to-utf8",
        "the same text in UTF-8",
        LATIN,
        _done(LATIN).decode("latin-1").replace("latin-1", "utf-8").encode(),
        0,
        "encoding-changed",
    ),
    *_odd("byte-order-mark-kept", "a byte order mark and a declaration", BOM, _done(BOM)),
    *_odd("byte-order-mark-gone", "a mark that means nothing", BOM, _done(BOM)[3:]),
    *_odd("declaration-gone", "a declaration that means nothing", BOM, _done(BOM).replace(b"# coding: utf-8\n", b"")),
    *_odd(
        "declaration-against-mark",
        "a declaration against the mark",
        BOM,
        _done(BOM).replace(b"utf-8", b"latin-1"),
        0,
        "does-not-parse",
    ),
    *_odd(
        "form-feeds",
        "a page for each part",
        RICH.replace(b"\n\n\n", b"\n\n\x0c\n"),
        _done(RICH.replace(b"\n\n\n", b"\n\x0c\n\n")),
    ),
    *_odd("shebang", "a shebang in front", b"#!/usr/bin/python\n" + RICH, _done(b"#!/usr/bin/python\n" + RICH)),
]


def above(line: str, text: str = MARK) -> tuple[str, str]:
    """The marker above a line, indented as it is."""
    return below(line, text)


PROPERTY, SETS = above("    @property\n"), above("    @area.setter\n")
marked = _start("dep-search", SETTER)
marked.edit("mark-setter", "above the setter's decorator", 1, SETS)
marked.edit("mark-getter", "the getter is another one", 0, PROPERTY, code="marker-elsewhere")
marked.edit("mark-between", "below the decorator is not above", 0, above("    def area(self, value):\n"))
lines = _start("dep-search", A, B)
lines.edit(
    "mark-adjacent", "two definitions on adjacent lines", 1, above("def a(): return 1\n"), above("def b(): return 2\n")
)
lines.edit("mark-adjacent-once", "one marker is for one", 0.666667, above("def a(): return 1\n"), code="target-missed")
lines.edit("mark-adjacent-twice", "two above one are not one each", 0.5, above("def a(): return 1\n", MARK + MARK))
nested = _start("dep-search", SHAPE, GETTER)
nested.edit("mark-class-and-method", "a class and its first method", 1, above("class Shape(Protocol):\n"), PROPERTY)
nested.edit("mark-both-above", "both above the class", 0.5, above("class Shape(Protocol):\n", MARK + MARK))
several = _start("dep-search", MANY)
several.edit("mark-decorated", "above decorators of several lines", 1, above("    @functools.wraps(\n"))
several.edit(
    "mark-in-decorators", "at a comment between them", 0, above("    # Cached for ever.\n"), code="marker-elsewhere"
)
several.edit("mark-in-brackets", "inside of one", 0, above("        print\n"), code="marker-elsewhere")
several.edit(
    "mark-block",
    "above other comments",
    1,
    above("    @functools.wraps(\n", MARK + "    # It wraps.\n\n    # A lot.\n"),
)
several.edit("mark-below-block", "or below them", 1, above("    @functools.wraps(\n", "# It wraps.\n    " + MARK))
overloads = _start("dep-search", SCALE)
overloads.edit("mark-implementation", "the implementation among overloads", 1, above("    def scale(self, by):\n"))
overloads.edit(
    "mark-first-overload",
    "its first overload is another one",
    0,
    ("    @overload\n    def scale(self, by: int)", "    " + MARK + "    @overload\n    def scale(self, by: int)"),
)
levels = _start("dep-search", GO, INNER)
levels.edit(
    "mark-levels",
    "a method and the function in it",
    1,
    above("            def go(self):\n"),
    above("                def inner():\n"),
)
levels.edit(
    "mark-all-levels",
    "the classes around it are others",
    0.666667,
    above("            def go(self):\n"),
    above("                def inner():\n"),
    above("    class Inner:\n"),
    above("        class Deep:\n"),
)
lines.edit(
    "mark-in-f-string",
    "in a string it is code",
    0,
    ('f"{x!r:>{y}}"', f'f"{{x!r:>{{y}}}}" """{MARK}"""'),
    code="code-changed",
)
lines.edit(
    "mark-statement",
    "a marker that hides a statement",
    0,
    above("def a(): return 1\n"),
    ("def b(): return 2\n", MARK[:-1] + " def b(): return 2\n"),
    code="code-changed",
)

HERE = "# This has to change.\n"
ends = _start("issue-localize", SETTER)
END = "        self._area = value\n"
ends.edit("end-of-body", "the last line of a body is in it", 1, (END, END + "        " + HERE))
ends.edit("end-of-body-apart", "behind a blank line too", 1, (END, END + "\n        # Well.\n        " + HERE))
ends.edit(
    "end-of-other-body",
    "the body before is another one",
    0,
    ("        return self._area\n", "        return self._area\n        " + HERE),
    code="imprecise",
)
ends.edit(
    "above-at-its-indent", "above it at its indent", 1, ("    @area.setter\n", "    " + HERE + "    @area.setter\n")
)
ends.edit(
    "end-of-class",
    "the class is more than its method",
    0,
    ("                return inner\n", "                return inner\n    " + HERE),
)
eof = _start("issue-localize", LAST)
eof.edit("end-of-file", "the end of the last body", 1, ('{y}}"\n', '{y}}"\n        ' + HERE))
eof.edit("end-of-file-outside", "below it is outside", 0, ('{y}}"\n', '{y}}"\n' + HERE), code="imprecise")
eof.edit(
    "invisible",
    "a comment of letters that cannot be seen",
    0,
    (TAIL, "    # \u3164\u3164\u3164\n" + TAIL),
    code="target-missed",
)
eof.edit("in-f-string", "a sign in an f-string is no comment", 0, ("{x!r:>{y}}", "# This has to change {x!r:>{y}}"))
one_line = _start("issue-localize", A)
one_line.edit("one-line", "behind a function on one line", 1, ("def a(): return 1\n", "def a(): return 1  " + HERE))
one_line.edit(
    "between", "above the next function is the next one's", 0, above("def b(): return 2\n", HERE), code="imprecise"
)
deepest = _start("issue-localize", GO)
deepest.edit(
    "end-of-inner", "the end of a function in it is in it", 1, ("yield 1\n", "yield 1\n                    " + HERE)
)
deepest.edit("its-class", "its class is more than it", 0, above("        class Deep:\n", HERE), code="imprecise")

CASES: list[Case] = [
    *(case for start in (setter, getter, by_int, scale, many, deep, inner, pair, first, last) for case in start.cases),
    *ODD,
    *(case for start in (marked, lines, nested, several, overloads, levels) for case in start.cases),
    *(case for start in (ends, eof, one_line, deepest) for case in start.cases),
]
