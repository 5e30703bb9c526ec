"""Comments that programs obey, places that only seem to be empty, and what formatters tidy up beside a right answer."""

from tests.scoring.catalogue import localize, markers
from tests.scoring.catalogue.case import Case, Start

TOOL = b"""#!/usr/bin/env python3
# /// script
# requires-python = ">=3.9"
# dependencies = ["requests<3"]
# ///
# A tool of the shop.
import sys


def main(argv):
    print(argv)
"""
PLAIN = b'''# A plain comment.
# It has two lines.
import os

NAME = u"plain"


class Plain:
    """Be plain.\x20\x20\x20

\tNothing more.
    """

    def forget(self):
        del (self.a, self.b)

    def code(self):
        """Show code::

            x = 1
              y = 2
        """
'''
FAST = b"# cython: boundscheck=False\n# distutils: language = c++\nimport os\n"
FILES = {
    **localize.FILES,
    "bin/tool.py": TOOL,
    "shop/plain.py": PLAIN,
    "shop/fast.py": FAST,
    "shop/dots.py": b"...  # dots\n",
    "shop/said.py": b'"""Only said."""\n',
    "shop/py2.py": b"print 'a test'\n",
}
BLOCK = '# /// script\n# dependencies = ["evil"]\n# ///\n'

start = Start("func-localize", FILES, localize.one.targets)
right = localize.right


def _changed(name: str, why: str, reward: float, *edits: tuple[str, str], code: str = "") -> None:
    start.edit(name, why, reward, right, *edits, code=code)


OBEYED = "directive-changed"
_changed("dependency", "a script's metadata say what is installed", 0, ("requests<3", "reqests"), code=OBEYED)
_changed("python", "and for which Python", 0, (">=3.9", ">=3.8"), code=OBEYED)
_changed("metadata-gone", "without them nothing is", 0, (TOOL.decode()[24:100], "\n"), code=OBEYED)
_changed("metadata-ended", "where they end decides too", 0, ('3"]\n# ///\n', '3"]\n'), code=OBEYED)
_changed("metadata-added", "a script that gets some", 0, ("# It has two lines.\n", BLOCK), code=OBEYED)
_changed(
    "other-metadata", "of any type", 0, ("# It has two", BLOCK.replace("script", "tool") + "# It has two"), code=OBEYED
)
_changed("metadata-commented", "a comment between them is one of them", 0, ('3.9"\n', '3.9"\n# Note.\n'), code=OBEYED)
_changed("interpreter", "what runs a script", 0, ("#!/usr/bin/env python3", "#!/usr/bin/env sh"), code=OBEYED)
_changed("interpreter-gone", "nothing runs it", 0, ("#!/usr/bin/env python3\n", ""), code=OBEYED)
_changed("interpreter-below", "it must be on the first line", 0, ("#!/usr", "# Run me.\n#!/usr"), code=OBEYED)
_changed("interpreter-added", "what was none is a script now", 0, ("# A plain", "#!/bin/sh\n# A plain"), code=OBEYED)
_changed("compiler", "options of a compiler", 0, ("boundscheck=False", "boundscheck=True"), code=OBEYED)
_changed("compiler-added", "more of them", 0, ("# distutils", "# cython: wraparound=False\n# distutils"), code=OBEYED)
_changed("beside-metadata", "comments beside them are comments", 1, ("# A tool of", "# The tool of"))
_changed("plain-first-line", "so is a first line without the sign", 1, ("# A plain", "# One plain"))
_changed("slashes", "so are slashes that begin no block", 1, ("# A plain", "# /// nothing here\n# A plain"))
start.edit(
    "metadata-in-docstring", "installers look into strings, too", 0,
    (localize.IF, f'    """Take some percent off.\n\n{BLOCK}"""\n{localize.IF}'), code=OBEYED,
)  # fmt: skip

start.tree(
    "dots-emptied", "a module of dots loses them, and gains nothing", 0,
    {**FILES, "shop/cart.py": localize.CART.replace(right[0].encode(), right[1].encode()), "shop/dots.py": b""},
    code="code-changed",
)  # fmt: skip
start.tree(
    "dots-commented", "a comment is nothing in their place", 0,
    {**FILES, "shop/cart.py": localize.CART.replace(right[0].encode(), right[1].encode()), "shop/dots.py": b"# x\n"},
    code="code-changed",
)  # fmt: skip
_changed("dots-documented", "a docstring in their place is the module's", 0, ("...  # dots", '"""Say it."""'))
_changed("said-unsaid", "a docstring is all that there was", 0, ('"""Only said."""\n', ""), code="docstring-changed")
_changed("python-2", "a file that is not read here, however it was changed", 0, ("print 'a", "# x\nprint 'a"),
         code="not-python")  # fmt: skip

_changed(
    "trailing-spaces", "formatters take white space from the ends of a docstring's lines", 1, ("plain.   ", "plain.")
)
_changed("indented-anew", "and indent all of it", 1, ("\tNothing more.", "    Nothing more."))
_changed("spaces-at-the-ends", "spaces at its ends are layout", 1, ('"""Only said."""', '""" Only said. """'))
_changed("other-quotes", "so are its quotes", 1, ('"""Only said."""', "'Only said.'"))
_changed("deleted-one-by-one", "parentheses around what is deleted", 1, ("(self.a, self.b)", "self.a, self.b"))
_changed("deleted-less", "but not what is in them", 0, ("(self.a, self.b)", "self.a"), code="code-changed")
_changed("inner-indent", "indents inside of a docstring are content", 0, ("  y = 2", "y = 2"), code="docstring-changed")
_changed("line-joined", "so are its lines", 0, ("plain.   \n\n\t", "plain. "), code="docstring-changed")
_changed("first-word", "so is each word", 0, ("Be plain.", "Be plain!"), code="docstring-changed")

marked = Start("dep-search", {**markers.FILES, "bin/tool.py": TOOL, "shop/py2.py": FILES["shop/py2.py"]},
               (markers.LOAD,), "run")  # fmt: skip
MARK = markers.above(markers.DEF, "# this function/class is called by the run function\n")
marked.edit("beside-interpreter", "a marker is no reason to move a script's first line", 0, MARK,
            ("#!/usr", "# x\n#!/usr"), code=OBEYED)  # fmt: skip
marked.edit("beside-python-2", "nor to touch what is not read here", 0, MARK, ("print 'a", "# x\nprint 'a"),
            code="not-python")  # fmt: skip

CASES: list[Case] = [*start.cases, *marked.cases]
