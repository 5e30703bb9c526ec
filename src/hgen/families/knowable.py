"""Error names and string literals of removed code that hidden tests check and nothing else in the repository says.

No agent can guess them, so that a task with one would be unfair. Nothing is said of other facts that tests may ask for.
"""

import ast
from collections.abc import Collection, Iterator
from itertools import pairwise

from hgen.describe.words import flat
from hgen.errors import Skip
from hgen.families.base import Material
from hgen.scoring.python.sources import SourceError, statements


def require_knowable(material: Material, file: str, lines: tuple[int, int], hidden: Collection[int]) -> None:
    """Raise ``Skip("unknowable-text")`` for what ``unknowable`` finds."""
    if passage := unknowable(material, file, lines, hidden):
        raise Skip("unknowable-text", f"only hidden tests say {passage!r}")


def unknowable(material: Material, file: str, lines: tuple[int, int], hidden: Collection[int]) -> str:
    """The name of an error, or a word or two of a literal, that only removed lines and hidden tests hold; else "".

    ``lines`` are the first and last of the removed lines of ``file``, ``hidden`` the test functions' positions in
    ``Codebase.symbols``.
    """
    symbols = material.codebase.symbols
    asked = [_text(material, symbols[test].file, symbols[test].start_line, symbols[test].end_line) for test in hidden]
    gone = [_text(material, file, *lines), *asked]
    for passage in _passages(material.corpus.files[file], lines):
        if any(passage in text for text in asked):
            told = material.corpus.flat_text.count(passage)
            if told <= sum(text.count(passage) for text in gone):
                return passage.strip()
    return ""


def _text(material: Material, file: str, first: int, last: int) -> str:
    return flat("\n".join(material.corpus.lines(file)[first - 1 : last]))


def _passages(content: bytes, lines: tuple[int, int]) -> Iterator[str]:
    """The names of errors raised, and the words of the string literals, in pairs where one has several; all flat."""
    first, last = lines
    try:
        tree = ast.Module(statements(content), [])
    except SourceError as problem:
        raise Skip("unparsable", str(problem)) from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and first <= node.lineno <= last:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(error, ast.Name):
                yield flat(error.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and first <= node.lineno <= last:
            words = flat(node.value).split()
            if len(words) == 1 and words[0].isalpha():
                yield f" {words[0]} "
            yield from (f" {one} {two} " for one, two in pairwise(words) if one.isalpha())
