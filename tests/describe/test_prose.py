"""What is left of a docstring when markup, sections, examples and broken sentences are gone."""

import pytest

from hgen.describe.prose import docstring_value, prose
from tests.limits import processor_limit


@pytest.mark.parametrize(
    ("docstring", "sentences"),
    [
        ("Return the sum.", ["Return the sum."]),
        ("Return the sum", ["Return the sum"]),
        ("Return the sum.  It is rounded.\n\nMore follows.", ["Return the sum.", "It is rounded.", "More follows."]),
        ("Wrapped\n    over lines.", ["Wrapped over lines."]),
        ("Do it.\n\nArgs:\n    x: a number\n", ["Do it."]),
        ("Do it.\n\nParameters\n----------\nx : int\n", ["Do it."]),
        ("Do it.\n:param x: a number", ["Do it."]),
        ("Do it.\n\n:param x: a number", ["Do it."]),
        ("Do it.\n\n>>> f(1)\n2", ["Do it."]),
        ("Do it.\n\n.. versionadded:: 1.0\n\nNot this.", ["Do it."]),
        ("Do it.\n\n**Examples**\n\nNot this.", ["Do it."]),
        ("Do it. For example::\n\n    f(1)\n", ["Do it."]),
        ("Do it.\n\n- one\n- two\n\nAnd that.", ["Do it.", "And that."]),
        ("Split at signs, e.g. A or B. Then join.", ["Split at signs, e.g. A or B.", "Then join."]),
        ("Compare two, i.e. The first wins.", ["Compare two, i.e. The first wins."]),
        ("return the sum of both.", ["Return the sum of both."]),
        ("numpy.sum of both.", []),
        ("Do it.\n\n!!! Note\n    Not this.\n\nBut this.", ["Do it.", "But this."]),
        ("Do it. See [the docs](). [x]() is an [empty](…) link. Then stop.", ["Do it.", "Then stop."]),
        ("As [text][ref] says.", ["As text says."]),
        ("Give |None| back. Then stop.", ["Then stop."]),
        ("Split at \\\\x00 bytes. Then stop.", ["Then stop."]),
        ("Map f(x) -> y for all. Then stop.", ["Then stop."]),
        ('"The server MUST close." Then stop.', []),
        ("> The server MUST close.", []),
        ("Is (not closed. Then stop.", ["Then stop."]),
        ("Do `x = {{ a }}` now. Then stop.", ["Then stop."]),
        ("TODO make it fast. Then stop.", ["Then stop."]),
        ("Is a function defined for\n\n.. math:: x\n\nwhere x is", []),
        ("Uses :class:`~pkg.mod.Thing` and :func:`text <pkg.f>`.", ["Uses pkg.mod.Thing and text."]),
        (
            "For :ref:`valid\nindices <index.html>`, `run() <.run>` and `~Base.run`.",
            ["For valid indices, run() and `Base.run`."],
        ),
        ("Call C{f(x)} of L{Thing}, I{never} twice.", ["Call `f(x)` of `Thing`, never twice."]),
        ("Do it. See `other` for details. Then stop.", ["Do it.", "Then stop."]),
        ("Read the .py file , then\nstop .", ["Read the .py file, then stop."]),
        ("Do it.\n\nstream : a file\nmode: how", ["Do it."]),
        ("stream : a file\nmode: how\n\nDo it.", []),
        ("By default an\n:class:`Map` is returned.", ["By default an Map is returned."]),
        ("Do it. See http://example.org/x for more. Then stop.", ["Do it.", "Then stop."]),
        ("Do *it* with ``x*y*z`` and 2**n.", ["Do it with `x*y*z` and 2**n."]),
        ("As in Knuth [1]_ .", ["As in Knuth."]),
        ("As `Heirloom mailx`_ and `that`__ do.", ["As Heirloom mailx and that do."]),
        ("Defined in 7.1.5_ of :rfc:`6455`.", ["Defined in 7.1.5 of RFC 6455."]),
        ("``text`` is a grammar.\n\nIt is not EBNF.", ["`text` is a grammar.", "It is not EBNF."]),
        ("* one\n* two\n\nBoth of these.", []),
        ("", []),
        ("\n\n", []),
    ],
)
def test_sentences(docstring: str, sentences: list[str]) -> None:
    assert prose(docstring) == sentences


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ('    """Say."""', "Say."),
        ("    'one' \\\n    'two'", "onetwo"),
        ('    """Say.\n    more\n    """  # noqa', "Say.\n    more\n    "),
        ('\t"""Say."""\r', "Say."),
        ('    """Say."""; x = 1', None),
        ('    b"""Say."""', None),
        ('    f"""Say."""', None),
        ("    x = 1", None),
        ('    """Say.', None),
    ],
)
def test_a_docstring_statement_is_one_string_and_nothing_else(statement: str, value: str | None) -> None:
    got = docstring_value(statement)
    assert (got and got.split()) == (value and value.split())


@pytest.mark.parametrize(
    "piece",
    ["[", ":", " ", "\n", " \n", ":a", ":r:`", "`a<", "[1]_ ", " [1", "`x <y", "*a", "a.", "Args :", ". ", ".\n\n"],
)
@pytest.mark.parametrize("begun", ["", "Do it. ", "Do it `", ":", "Args"])
def test_prose_of_a_hostile_docstring_takes_linear_time(begun: str, piece: str) -> None:
    """Backtracking took minutes for fifty thousand characters, and hours for some."""
    with processor_limit(2, f"prose of {begun!r} and {piece!r} again and again"):
        prose(begun + piece * (50_000 // len(piece)) + "x")
