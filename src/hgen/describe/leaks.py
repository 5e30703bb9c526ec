"""Does a text give a secret away, in whatever spelling?"""

import re
from collections.abc import Iterable

from hgen.describe.words import parts

_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def leaks(text: str, secrets: Iterable[str]) -> list[str]:
    """The secrets that can be read in the text, sorted.

    A name is found in any case, with or without underscores, spaced, hyphenated, run together or in the plural; a path
    also as a dotted module, and by its last part. ``render_line`` is found in "RenderLines" and "render-line".
    """
    return sorted({secret for secret in secrets if any(pattern.search(text) for pattern in _patterns(secret))})


def echoes(text: str, secrets: Iterable[str]) -> list[str]:
    """The names that another identifier in the text gives half away, sorted: ``format_rows`` tells ``format_rows_as``.

    Prose may use a name's words; an identifier that is two or more of them in a row is a hint to search for.
    """
    spoken = [parts(identifier) for identifier in _IDENTIFIER.findall(text)]
    return sorted({secret for secret in secrets if any(_is_run(words, parts(secret)) for words in spoken)})


def path_secrets(file: str) -> tuple[str, ...]:
    """What must not be said about where a file is: its path, its dotted module, its name."""
    stem = file.removesuffix(".py").removesuffix("/__init__")
    pieces = stem.split("/")
    dotted = {".".join(pieces[start:]) for start in range(len(pieces) - 1)}
    return tuple(sorted({file, file.rsplit("/", 1)[-1]} | dotted))


def _is_run(words: list[str], name: list[str]) -> bool:
    size = len(words)
    return 2 <= size < len(name) and any(name[at : at + size] == words for at in range(len(name) - size + 1))


def _patterns(secret: str) -> list[re.Pattern[str]]:
    if "/" in secret or "." in secret:
        return [re.compile(rf"(?<![\w./]){re.escape(secret)}(?!\w)", re.IGNORECASE)]
    words = parts(secret)
    if not words:
        return [re.compile(rf"(?<!\w){re.escape(secret)}(?!\w)")]
    # Between letters of one word there is nothing; a capital begins a word, so that camel case counts as a boundary.
    spelled = r"[\s_\-.`'\"]*".join(re.escape(word) for word in words)
    return [re.compile(rf"(?<![^\W_]){spelled}(?:e?s)?(?![^\W_])", re.IGNORECASE), _camel(words)]


def _camel(words: list[str]) -> re.Pattern[str]:
    """The name inside a longer camel-case or dunder identifier, as ``Table`` in ``MyTableView``."""
    joined = "".join(word.capitalize() for word in words)
    return re.compile(rf"(?<=[a-z0-9_]){re.escape(joined)}s?(?![a-z])|\b{re.escape(joined)}s?(?=[A-Z])")
