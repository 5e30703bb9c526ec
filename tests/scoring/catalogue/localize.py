"""``func-localize``: what is a docstring at the right place, and nothing else."""

from tests.scoring.catalogue.case import Case, Start

CART = b'''"""The shopping cart."""

import math

TAX = 0.2


class Cart:
    """Items that are going to be bought."""

    rate = TAX

    def __init__(self, items):
        self.items = list(items)

    @property
    def total(self):
        # Prices are in cents.
        price = sum(item.price for item in self.items)
        return math.ceil(price * (1 + self.rate))

    def clear(self):
        """Forget all items."""
        self.items = []

    class Line:
        def total(self):
            return self.price * self.count


def discount(price, *, percent=10):
    if percent > 100:
        raise ValueError(percent)
    return price - price * percent // 100


class Unused(Exception):
    ...


async def fetch(url):
    def retry():
        return None

    return await url.get(retry)


def quick(x): return x  # short


if TAX:

    def taxed(price):
        return price * TAX

else:

    def taxed(price):
        return price
'''
OTHER = b"""def helper(value):
    return value


# The end.
"""
README = b"A shop.\n"
FILES = {"shop/cart.py": CART, "shop/other.py": OTHER, "README.md": README}


def _start(*targets: tuple[str, str, str, int]) -> Start:
    return Start("func-localize", FILES, targets)


one = _start(("shop/cart.py", "discount", "function", 31))
IF = "    if percent > 100:\n"
GOOD = '    """Take some percent off a price."""\n'
right = (IF, GOOD + IF)

one.edit("one-line", "a one-line docstring is one", 1, right)
one.edit(
    "several-lines", "so is one of several lines", 1, (IF, '    """Take off.\n\n    Some percent.\n    """\n' + IF)
)
one.edit("single-quotes", "any quotes will do", 1, (IF, "    'Take some percent off a price.'\n" + IF))
one.edit("apostrophes", "triple apostrophes too", 1, (IF, "    '''Take some percent off.'''\n" + IF))
one.edit("raw", "a raw string is a docstring", 1, (IF, '    r"""Take \\d percent off a price."""\n' + IF))
one.edit("unicode-prefix", "a string with u is a docstring", 1, (IF, '    u"""Take some percent off."""\n' + IF))
one.edit(
    "parenthesised", "Python takes a string in parentheses", 1, (IF, '    ("Take some "\n     "percent off.")\n' + IF)
)
one.edit("joined", "adjacent strings are one string", 1, (IF, '    "Take some " "percent off."\n' + IF))
one.edit("not-english", "no language is preferred", 1, (IF, '    """Zieht einige Prozent vom Preis ab."""\n' + IF))
one.edit("chinese", "scripts without spaces have words too", 1, (IF, '    """按百分比降低商品的价格。"""\n' + IF))
one.edit("three-words", "three words are enough", 1, (IF, '    """Lower a price."""\n' + IF))
one.edit(
    "hyphens", "hyphens and apostrophes are parts of words", 1, (IF, '    """Doesn\'t over-charge anyone."""\n' + IF)
)
one.edit("blank-line-behind", "a blank line behind it is layout", 1, (IF, GOOD + "\n" + IF))
one.edit("blank-line-before", "a blank line before it is layout", 1, (IF, "\n" + GOOD + IF))
one.edit("comment-before", "a comment is no statement", 1, (IF, "    # Percent are integers.\n" + GOOD + IF))
one.edit(
    "comment-elsewhere", "comments elsewhere are harmless", 1, right, ("TAX = 0.2\n", "TAX = 0.2  # twenty percent\n")
)
one.edit("comment-removed", "so is a removed one", 1, right, ("        # Prices are in cents.\n", ""))
one.edit("comment-other-file", "in other files too", 1, right, ("# The end.\n", "# The very end.\n"))
one.edit("blank-lines-elsewhere", "layout elsewhere is harmless", 1, right, ("import math\n", "import math\n\n\n"))
one.edit("trailing-space", "white space at the end of a line is layout", 1, right, ("import math\n", "import math  \n"))
one.edit("parentheses-elsewhere", "the same tree in other words", 1, right, ("TAX = 0.2\n", "TAX = (0.2)\n"))
one.edit("semicolon", "the docstring may share its line", 1, (IF, '    """Take some percent off.""" ;\n' + IF))
one.edit("no-final-newline", "the end of the file is layout", 1, right, ("# The end.\n", "# The end."))
one.edit(
    "signature-wrapped",
    "a header may be laid out anew",
    1,
    right,
    ("(price, *, percent=10)", "(\n    price, *, percent=10\n)"),
)
one.edit("form-feed", "a form feed on its own line is layout", 1, right, ("\n\nclass Unused", "\n\x0c\nclass Unused"))

one.tree("nothing", "nothing was done", 0, {**FILES, "shop/other.py": OTHER + b"\n"}, code="target-missed")
one.edit("empty-docstring", "an empty string says nothing", 0, (IF, '    """"""\n' + IF), code="docstring-empty")
one.edit("one-word", "one word is no description", 0, (IF, '    """Discount."""\n' + IF), code="docstring-empty")
one.edit("two-words", "neither are two", 0, (IF, '    """Lower prices."""\n' + IF), code="docstring-empty")
one.edit("dots", "dots are no words", 0, (IF, '    """... ... ... ..."""\n' + IF), code="docstring-empty")
one.edit(
    "same-word", "one word three times is one", 0, (IF, '    """Price price price."""\n' + IF), code="docstring-empty"
)
one.edit("letters", "single letters are no words", 0, (IF, '    """a b c"""\n' + IF), code="docstring-empty")
one.edit("numbers", "numbers are no words", 0, (IF, '    """1 2 3 4"""\n' + IF), code="docstring-empty")
one.edit(
    "todo",
    "a promise to write one is none",
    0,
    (IF, '    """TODO: write this docstring."""\n' + IF),
    code="docstring-empty",
)
one.edit("bytes", "bytes are no docstring", 0, (IF, '    b"""Take some percent off."""\n' + IF), code="code-changed")
one.edit(
    "f-string", "an f-string is no docstring", 0, (IF, '    f"""Take some percent off."""\n' + IF), code="code-changed"
)
one.edit(
    "comment", "a comment is no docstring", 0, (IF, "    # Take some percent off a price.\n" + IF), code="target-missed"
)
one.edit(
    "expression",
    "a method call on a string is no docstring",
    0,
    (IF, '    """Take some off.""".strip()\n' + IF),
    code="code-changed",
)
one.edit(
    "assigned",
    "an assigned string is no docstring",
    0,
    (IF, '    doc = """Take some percent off."""\n' + IF),
    code="code-changed",
)
one.edit(
    "above",
    "above the function it is a statement of the module",
    0,
    ("def discount", '"""Take some off it."""\n\n\ndef discount'),
    code="code-changed",
)
one.edit(
    "second",
    "the second statement is no docstring",
    0,
    ("    return price - price", GOOD + "    return price - price"),
    code="code-changed",
)
one.edit("behind-return", "at the end neither", 0, ("percent // 100\n", "percent // 100\n" + GOOD), code="code-changed")
one.edit("in-if", "inside an if neither", 0, (IF, IF + '        """Take some percent off."""\n'), code="code-changed")
one.edit("twice", "a second string is a statement", 0, (IF, GOOD + GOOD + IF), code="code-changed")
one.edit(
    "doc-attribute",
    "an assignment to __doc__ is code",
    0,
    ("class Unused", 'discount.__doc__ = "Take some percent off."\n\n\nclass Unused'),
    code="code-changed",
)
one.edit(
    "docstring-as-marker-of-comment",
    "a string with # in it is a docstring all the same",
    1,
    (IF, '    """# Take some percent off."""\n' + IF),
)
one.edit(
    "plus-plus",
    "a line that begins with ++ is content",
    1,
    (IF, '    """Take some off.\n++ b/x\n-- a/x\n    """\n' + IF),
)
one.edit(
    "diff-inside",
    "a docstring may hold a diff",
    1,
    (IF, '    """Take some off.\n\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n    """\n' + IF),
)
one.edit("escapes", "a bad escape is only warned about", 1, (IF, '    """Take \\percent off a price."""\n' + IF))

one.edit(
    "neighbour",
    "the wrong function was documented",
    0,
    ("def helper(value):\n", 'def helper(value):\n    """Give the value back."""\n'),
    code="docstring-elsewhere",
)
one.edit(
    "neighbour-too",
    "a decoy was documented beside the target",
    0,
    right,
    (
        "    def total(self):\n        # Prices",
        '    def total(self):\n        """Sum up all prices."""\n        # Prices',
    ),
    code="docstring-elsewhere",
)
one.edit(
    "nested-namesake",
    "a method of another class was documented",
    0,
    ("            return self.price", '            """Sum up one line."""\n            return self.price'),
    code="docstring-elsewhere",
)
one.edit(
    "changed-docstring",
    "an existing docstring changed",
    0,
    right,
    ("Forget all items.", "Forget every item."),
    code="docstring-changed",
)
one.edit(
    "typo-in-docstring",
    "even by one letter",
    0,
    right,
    ("The shopping cart.", "The shopping Cart."),
    code="docstring-changed",
)
one.edit(
    "removed-docstring",
    "an existing docstring is gone",
    0,
    right,
    ('        """Forget all items."""\n', ""),
    code="docstring-changed",
)
one.edit(
    "moved-docstring",
    "it moved to the class next to it",
    0,
    right,
    ('        """Forget all items."""\n', ""),
    ("    class Line:\n", '    class Line:\n        """Forget all items."""\n'),
    code="docstring-changed",
)
one.edit(
    "module-docstring",
    "a module is no target",
    0,
    right,
    ("def helper", '"""Help with all things."""\n\n\ndef helper'),
    code="docstring-elsewhere",
)

one.edit(
    "gutted",
    "the body is gone",
    0,
    (CART.decode()[CART.decode().index(IF) : CART.decode().index("class Unused")], GOOD + "    pass\n\n\n"),
    code="code-changed",
)
one.edit(
    "quoted-out",
    "the body is in the docstring",
    0,
    (
        IF + "        raise ValueError(percent)\n",
        GOOD[:-4] + "\n" + IF + '        raise ValueError(percent)\n    """\n',
    ),
    code="code-changed",
)
one.edit(
    "changed-number",
    "a number changed beside the right answer",
    0,
    right,
    ("TAX = 0.2\n", "TAX = 0.3\n"),
    code="code-changed",
)
one.edit(
    "int-for-float",
    "2 and 2.0 are equal but not the same",
    0,
    right,
    ("percent=10)", "percent=10.0)"),
    code="code-changed",
)
one.edit(
    "true-for-one",
    "1 and True are equal but not the same",
    0,
    right,
    ("(1 + self.rate)", "(True + self.rate)"),
    code="code-changed",
)
one.edit("changed-operator", "an operator changed", 0, right, ("percent // 100", "percent / 100"), code="code-changed")
one.edit(
    "renamed-parameter",
    "a parameter changed",
    0,
    right,
    ("async def fetch(url):", "async def fetch(uri):"),
    code="code-changed",
)
one.edit(
    "annotation",
    "an annotation is code",
    0,
    right,
    ("def helper(value):", "def helper(value: int):"),
    code="code-changed",
)
one.edit("decorator-gone", "a decorator is code", 0, right, ("    @property\n", ""), code="code-changed")
one.edit("async-gone", "async is code", 0, right, ("async def fetch", "def fetch"), code="code-changed")
one.edit(
    "import-added", "an import is code", 0, right, ("import math\n", "import math\nimport os\n"), code="code-changed"
)
one.edit(
    "pass-added",
    "even pass is code",
    0,
    right,
    ("        self.items = list(items)\n", "        self.items = list(items)\n        pass\n"),
    code="code-changed",
)
one.edit(
    "string-statement",
    "so is a string in the middle",
    0,
    right,
    ("TAX = 0.2\n", 'TAX = 0.2\n"""Twenty percent of it."""\n'),
    code="code-changed",
)
one.edit("string-changed", "a string elsewhere changed", 0, right, ("A shop.", "A shop!"), code="not-python")
one.edit(
    "line-swapped",
    "two statements changed places",
    0,
    right,
    ("import math\n\nTAX = 0.2\n", "TAX = 0.2\n\nimport math\n"),
    code="code-changed",
)
one.edit(
    "dedented",
    "a statement left its block",
    0,
    right,
    (
        "        raise ValueError(percent)\n    return price - price * percent // 100",
        "        raise ValueError(percent)\n        return price - price * percent // 100",
    ),
    code="code-changed",
)
one.edit(
    "moved-definition",
    "a definition changed places",
    0,
    ("def helper(value):\n    return value\n\n\n", ""),
    ("if TAX:\n", "def helper(value):\n    return value\n\n\nif TAX:\n"),
    code="code-changed",
)
one.edit(
    "joined-by-backslash",
    "a backslash makes two lines one statement",
    0,
    right,
    ("TAX = 0.2\n\n", "TAX = 0.2 \\\n  , 1\n"),
    code="code-changed",
)
one.edit(
    "backslash-layout", "a backslash inside a statement is layout", 1, right, ("TAX = 0.2\n", "TAX = \\\n    0.2\n")
)
one.edit(
    "backslash-at-the-end",
    "a backslash in a file's last line continues into nothing: no Python",
    0,
    right,
    ("# The end.\n", "# The end.\n\\\n"),
    code="does-not-parse",
)
one.edit(
    "carriage-return-code",
    "a lone carriage return ends a comment",
    0,
    right,
    ("# The end.", "# The end.\rimport os"),
    code="code-changed",
)
one.edit(
    "form-feed-comment",
    "a form feed does not end a comment",
    1,
    right,
    ("# The end.", "# The end.\x0cimport os\x0bimport os"),
)
one.edit("line-separator", "neither does U+2028", 1, right, ("# The end.", "# The end.\u2028import os"))
one.edit(
    "cookie",
    "a declared encoding changes what all strings mean",
    0,
    right,
    ('"""The shopping cart."""\n', '# -*- coding: latin-1 -*-\n"""The shopping cart."""\n'),
    code="encoding-changed",
)
one.edit(
    "cookie-line-two",
    "in the second line too",
    0,
    right,
    ('"""The shopping cart."""\n', '#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n"""The shopping cart."""\n'),
    code="encoding-changed",
)
one.edit(
    "cookie-other-file",
    "and in a file that is otherwise untouched",
    0,
    right,
    ("def helper", "# coding=utf-7\ndef helper"),
    code="encoding-changed",
)
one.edit(
    "cookie-line-three",
    "in the third line it is a comment",
    1,
    right,
    ("def helper", "#\n#\n# coding=utf-7\ndef helper"),
)
one.edit("unknown-cookie", "an unknown encoding is no Python", 0, right, ("def helper", "# coding=rot13\ndef helper"))
one.edit(
    "unterminated",
    "an unterminated string is no Python",
    0,
    (IF, '    """Take some percent off.\n' + IF),
    code="does-not-parse",
)
one.edit(
    "unbalanced", "neither is a stray bracket", 0, right, ("import math\n", "import math)\n"), code="does-not-parse"
)
one.edit(
    "bad-indent",
    "neither is a wrong indent",
    0,
    (IF, '      """Take some percent off a price."""\n' + IF),
    code="does-not-parse",
)
one.edit(
    "null-byte",
    "neither is a null byte",
    0,
    (IF, '    """Take some \x00 percent off."""\n' + IF),
    code="does-not-parse",
)
one.edit(
    "not-utf8",
    "neither are bytes that are no UTF-8",
    0,
    (IF, '    """Take \udcff some percent off."""\n' + IF),
    code="does-not-parse",
)
one.edit(
    "deep-brackets",
    "brackets too deep for the parser",
    0,
    right,
    ("TAX = 0.2\n", f"TAX = {'(' * 500}0.2{')' * 500}\n"),
    code="does-not-parse",
)
one.edit("deep-operators", "operators too deep for the tree", 0, right, ("TAX = 0.2\n", f"TAX = {'-' * 50_000}0.2\n"))
one.edit(
    "long-chain", "a chain of additions too deep for the tree", 0, right, ("TAX = 0.2\n", f"TAX = {'1+' * 50_000}0.2\n")
)
one.tree("new-file", "a file was added", 0, {**FILES, "notes.md": b"Found it.\n"}, code="file-added")
one.tree("new-python-file", "even an empty module", 0, {**FILES, "shop/__init__.py": b""}, code="file-added")
one.tree(
    "deleted-file",
    "a file is gone",
    0,
    {path: FILES[path] for path in ("shop/cart.py", "shop/other.py")},
    code="file-deleted",
)
one.edit("readme", "a file that is no Python changed", 0, right, ("A shop.\n", "A nice shop.\n"), code="not-python")
one.tree(
    "byte-order-mark",
    "a byte order mark means nothing",
    1,
    {**FILES, "shop/cart.py": b"\xef\xbb\xbf" + CART.replace(right[0].encode(), right[1].encode())},
)
one.tree(
    "crlf",
    "line ends are layout",
    1,
    {**FILES, "shop/cart.py": CART.replace(right[0].encode(), right[1].encode()).replace(b"\n", b"\r\n")},
)
one.tree(
    "tabs",
    "indents may be tabs",
    1,
    {**FILES, "shop/cart.py": CART.replace(right[0].encode(), right[1].encode()).replace(b"    ", b"\t")},
)

placeholder = _start(("shop/cart.py", "Unused", "class", 37))
placeholder.edit(
    "kept", "the placeholder may stay", 1, ("    ...\n", '    """Nobody raises this error."""\n\n    ...\n')
)
placeholder.edit("replaced", "or go", 1, ("    ...\n", '    """Nobody raises this error."""\n'))
placeholder.edit(
    "replaced-by-pass",
    "but not become other code",
    0,
    ("    ...\n", '    """Nobody raises this error."""\n    pass\n'),
    code="code-changed",
)
placeholder.edit("only-pass", "pass is no docstring", 0, ("    ...\n", "    pass\n"), code="code-changed")
placeholder.edit(
    "doubled",
    "one placeholder is enough",
    0,
    ("    ...\n", '    """Nobody raises this error."""\n    ...\n    ...\n'),
    code="code-changed",
)
placeholder.edit(
    "same-line",
    "a class on one line is the same tree",
    1,
    ("(Exception):\n    ...\n", '(Exception): "Nobody raises this error."\n'),
)

namesakes = _start(
    ("shop/cart.py", "Cart.total", "method", 16), ("shop/cart.py", "fetch.<locals>.retry", "function", 42)
)
TOTAL = (
    "        # Prices are in cents.\n",
    '        """Add up all prices with tax."""\n        # Prices are in cents.\n',
)
RETRY = ("        return None\n", '        """Do nothing, once again."""\n        return None\n')
namesakes.edit("both", "both targets are documented", 1, TOTAL, RETRY)
namesakes.edit("first-only", "one of two", 0.666667, TOTAL, code="target-missed")
namesakes.edit("second-only", "the other of two", 0.666667, RETRY, code="target-missed")
namesakes.edit(
    "one-empty",
    "one of two says nothing",
    0.5,
    TOTAL,
    ("        return None\n", '        """No."""\n        return None\n'),
    code="docstring-empty",
)
namesakes.edit(
    "property-comment-kept",
    "below the comment is still first",
    1,
    ("        price = sum(", '        """Add up all prices with tax."""\n        price = sum('),
    RETRY,
)
namesakes.edit(
    "wrong-total",
    "the namesake in the inner class is another method",
    0,
    ("            return self.price", '            """Add up one line."""\n            return self.price'),
    RETRY,
    code="docstring-elsewhere",
)
namesakes.edit(
    "outer-function",
    "the outer function is not the inner one",
    0,
    TOTAL,
    ("    def retry():\n", '    """Get it from there."""\n\n    def retry():\n'),
    code="docstring-elsewhere",
)

conditional = _start(("shop/cart.py", "taxed", "function", 59))
conditional.edit(
    "second-of-two",
    "of two definitions of a name the line decides",
    1,
    ("        return price\n", '        """Leave the price alone."""\n        return price\n'),
)
conditional.edit(
    "first-of-two",
    "the other one is no target",
    0,
    ("        return price * TAX\n", '        """Put tax on prices."""\n        return price * TAX\n'),
    code="docstring-elsewhere",
)
conditional.edit(
    "both-of-two",
    "both are one too many",
    0,
    ("        return price * TAX\n", '        """Put tax on prices."""\n        return price * TAX\n'),
    ("        return price\n", '        """Leave the price alone."""\n        return price\n'),
    code="docstring-elsewhere",
)

inline = _start(("shop/cart.py", "quick", "function", 48))
inline.edit(
    "unfolded",
    "a function on one line may get lines",
    1,
    ("def quick(x): return x  # short\n", 'def quick(x):\n    """Be quick about it."""\n    return x\n'),
)
inline.edit(
    "still-inline", "or keep its one", 1, ("def quick(x): return x", 'def quick(x): "Be quick about it."; return x')
)
inline.edit(
    "inline-comment", "a comment at its end is none", 0, ("# short", "# Be quick about it."), code="target-missed"
)

moved = _start(("shop/cart.py", "discount", "function", 3))
moved.edit("line-is-off", "the name finds a target wherever its line moved", 1, right)

CASES: list[Case] = [
    case for start in (one, placeholder, namesakes, conditional, inline, moved) for case in start.cases
]
