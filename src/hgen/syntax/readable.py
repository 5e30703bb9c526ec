"""Whether the Python at hand reads a file, too: tree-sitter takes the syntax of every Python, whatever runs hgen."""

import re
import sys
from collections.abc import Iterator

from hgen.scoring.python.combining import has_overlong_name
from hgen.scoring.python.sources import SourceError, statements
from hgen.syntax.decode import Broken
from hgen.syntax.tokens import STRING

Version = tuple[int, int]

_NAME_THEN_BRACKET = re.compile(rb"\b(?:def|class)[ \t\\]+\w+[ \t]*\[")
_TYPE_PARAMETERS = re.compile(rb"^[ \t\f]*+(?:async[ \t\\]++)?(?:def|class)[ \t\\]++\w++[ \t]*+\[", re.MULTILINE)
_TYPE_THEN_NAME = re.compile(rb"type[ \t\\][ \t\\\r\n]*+[A-Za-z_\x80-\xff][\w\x80-\xff]*+[ \t\\\r\n]*+[\[=]")
_TYPE_STATEMENT = re.compile(
    rb"(?:^|[;:])[ \t]*+type[ \t\\\r\n]++[A-Za-z_\x80-\xff][\w\x80-\xff]*+[ \t\\\r\n]*+[\[=]", re.MULTILINE
)
_TEMPLATE = re.compile(rb"(?<![\w\"'\\])(?:[tT][rR]?|[rR][tT])[\"']")
_STRING_OR_COMMENT = re.compile(rb"(" + STRING + rb")|#[^\n]*", re.DOTALL)
_TEMPLATE_ENDS = tuple(f"{prefix}{quote}".encode() for prefix in ("t", "T", "tr", "tR", "Tr", "TR") for quote in "\"'")
_FIELD = rb"""\{(?:[^{}\\#"\n]*+\{[^{}\\#"\n]*+\})*+[^{}\\#"\n]*+\}"""
_LONG_FIELD = rb"""\{(?:[^{}\\#]*+\{[^{}\\#]*+\})*+[^{}\\#]*+\}"""
_ESCAPE = rb"""\\(?:N\{[^{}"'\n]*+\}|.)"""
_DOUBLE = rb'"(?!"")(?:[^"{\\\n]++|\{\{|' + _ESCAPE + rb"|" + _FIELD + rb")*+\{"
_LONG_DOUBLE = rb'"""(?:[^"{\\]++|"(?!"")|\{\{|' + _ESCAPE + rb"|" + _LONG_FIELD + rb")*+\{"
_QUOTES = (_DOUBLE, _DOUBLE.replace(b'"', b"'"), _LONG_DOUBLE, _LONG_DOUBLE.replace(b'"', b"'"))
_NESTED = re.compile(rb"(?:[fF][rR]?|[rR][fF])(?:" + rb"|".join(_QUOTES) + rb")", re.DOTALL)
"""A formatted string with an expression in which something stands that only newer Pythons allow there (PEP 701): its
own quote, a backslash, a comment, a newline, or braces in braces in braces. Some of what looks so is none."""
_NESTED_SINCE: Version = (3, 12)


def require_short_names(utf8: bytes) -> None:
    """Raise ``Broken("overlong-name")`` if a name has so many accents that Python's parser would not come to an end."""
    if not utf8.isascii() and has_overlong_name(utf8.decode()):
        raise Broken("overlong-name")


def require_readable(utf8: bytes) -> None:
    """Raise ``Broken`` for a file that tree-sitter reads and the Python at hand does not, as it is older than the file.

    The reason is ``needs-newer-python``, and the detail says which. Python itself is only asked about what looks like
    new syntax.
    """
    newer = [version for version in _looks_like(utf8) if version > sys.version_info[:2]]
    if newer:
        try:
            statements(utf8)
        except SourceError:
            raise Broken("needs-newer-python", "Python {}.{}".format(*max(newer))) from None


def _looks_like(utf8: bytes) -> Iterator[Version]:
    """What brought the syntax that seems to be there; most files are told to have none without a closer look."""
    type_parameters = _NAME_THEN_BRACKET.search(utf8) and _TYPE_PARAMETERS.search(utf8)
    if type_parameters or (_TYPE_THEN_NAME.search(utf8) and _TYPE_STATEMENT.search(utf8)):
        yield 3, 12
    if any(end in utf8 for end in _TEMPLATE_ENDS) and _TEMPLATE.search(utf8) and _has_template(utf8):
        yield 3, 14
    if sys.version_info < _NESTED_SINCE and _NESTED.search(utf8):
        yield _NESTED_SINCE


def _has_template(utf8: bytes) -> bool:
    strings = (found[1] for found in _STRING_OR_COMMENT.finditer(utf8) if found[1])
    return any(_TEMPLATE.match(string) for string in strings)
