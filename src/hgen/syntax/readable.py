"""Whether the Python at hand reads a file, too: tree-sitter takes the syntax of every Python, whatever runs hgen."""

import re
import sys
from collections.abc import Iterator

from hgen.scoring.python.combining import has_overlong_name
from hgen.scoring.python.sources import SourceError, statements
from hgen.syntax.decode import Broken
from hgen.syntax.tokens import STRING

Version = tuple[int, int]

_TYPE_PARAMETERS = re.compile(rb"\b(?:def|class)[ \t\\]+\w+[ \t]*\[")
_TYPE_STATEMENT = re.compile(rb"(?:^|[;:])[ \t]*type[ \t\\]+\w", re.MULTILINE)
_TEMPLATE = re.compile(rb"(?<!\w)(?:[tT][rR]?|[rR][tT])[\"']")
_NEWER: tuple[tuple[Version, re.Pattern[bytes]], ...] = (
    ((3, 12), _TYPE_PARAMETERS),
    ((3, 12), _TYPE_STATEMENT),
    ((3, 14), _TEMPLATE),
)
"""What new syntax looks like, and the Python that brought it (PEP 695 and 750); so does some old syntax."""
_FORMATTED = re.compile(rb"(?<!\w)(?:[fF][rR]?|[rR][fF])[\"']")
_STRING_OR_COMMENT = re.compile(rb"(" + STRING + rb")|#[^\n]*", re.DOTALL)
_NESTED = re.compile(rb"\{[^{}\\#]*+(?:[\\#]|\{[^{}]*+\{)")
_NESTED_SINCE: Version = (3, 12)
"""The Python since which an expression in a string may hold its quotes, backslashes and comments (PEP 701)."""


def require_readable(utf8: bytes) -> None:
    """Raise ``Broken`` for a file that tree-sitter reads and the Python at hand does not, as it is older than the file.

    The reason is ``needs-newer-python``, and the detail says which; or ``overlong-name``, if a name in the file has
    so many accents that Python's parser would not come to an end. Python itself is only asked about what looks like
    new syntax.
    """
    if not utf8.isascii() and has_overlong_name(utf8.decode()):
        raise Broken("overlong-name")
    newer = [version for version in _looks_like(utf8) if version > sys.version_info[:2]]
    if newer:
        try:
            statements(utf8)
        except SourceError:
            raise Broken("needs-newer-python", "Python {}.{}".format(*max(newer))) from None


def _looks_like(utf8: bytes) -> Iterator[Version]:
    for version, look in _NEWER:
        if look.search(utf8):
            yield version
    if _FORMATTED.search(utf8) and any(map(_is_nested, _STRING_OR_COMMENT.finditer(utf8))):
        yield _NESTED_SINCE


def _is_nested(found: re.Match[bytes]) -> bool:
    """Whether a string has an expression in which something stands that only newer Pythons allow there."""
    string = found[1]
    if string is None or b"{" not in string or b"f" not in string[:3].lower():
        return False
    return string.count(b"{") != string.count(b"}") or _NESTED.search(string) is not None
