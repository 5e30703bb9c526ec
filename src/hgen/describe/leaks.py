"""Does a text give a secret away, in whatever spelling?"""

import re
from collections.abc import Iterable
from functools import lru_cache

from hgen.describe.words import parts, stem
from hgen.errors import Skip

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_WORD = re.compile(r"[^\W_]+")
_AFFIXES = frozenset(
    {
        "abstract",
        "base",
        "ct",
        "elem",
        "element",
        "error",
        "exception",
        "i",
        "impl",
        "interface",
        "mixin",
        "object",
        "st",
        "type",
    }
)
"""Words of a class's name that say what sort of class it is: ``CT_Override`` is the ``<Override>`` element."""
_SHORTEST_COMPOUND = 6
"""Letters; two words that make a shorter one together are no spelling of it."""
_SHORTEST_HEAD = 3
"""Letters of what a longer word begins with, at least."""
_LEFT_OUT = 2
"""Letters that an abbreviation leaves out, at least."""
_SHORT_FOR = {
    "cmd": "command", "ctx": "context", "db": "database", "dt": "datetime", "fmt": "format", "fn": "function",
    "id": "identifier", "idx": "index", "msg": "message", "ns": "namespace", "num": "number", "pkg": "package",
    "pwd": "password", "src": "source", "ts": "timestamp", "txt": "text",
}  # fmt: skip
"""Abbreviations that are no beginnings of what they are short for."""
_SHORTEST_DOER = 5
"""Letters; a shorter word that ends like ``parser`` is no word for who does something."""


def leaks(text: str, secrets: Iterable[str]) -> list[str]:
    """The secrets that can be read in the text, sorted.

    A name is found in any case, with or without underscores, spaced, hyphenated, run together or in the plural; a path
    also as a dotted module, and by its last part. ``render_line`` is found in "RenderLines" and "render-line".
    """
    lowered = text.lower()
    return sorted(
        {
            secret
            for secret in secrets
            if _may_hold(lowered, secret) and any(pattern.search(text) for pattern in name_patterns(secret))
        }
    )


def _may_hold(lowered: str, secret: str) -> bool:
    """Whether the text holds what each spelling of the secret begins with, which is found without any pattern."""
    words = [secret.lower()] if _is_place(secret) else parts(secret)
    if not words:
        return True
    return (words[0] if len(words) > 1 or _is_place(secret) else words[0][: max(len(words[0]) - 3, 1)]) in lowered


def require_no_leak(called: str, text: str, secrets: Iterable[str]) -> None:
    """Raise ``Skip("leak")`` if a secret can be read in the text, which the message calls so."""
    if seen := leaks(text, secrets):
        raise Skip("leak", f"{called} gives {seen} away")


def echoes(text: str, secrets: Iterable[str]) -> list[str]:
    """The names that another identifier in the text nearly gives away, sorted.

    Prose may use a name's words. An identifier that is two or more of them in a row, or that differs from the name in
    one word only, is a hint to search for: ``format_rows`` tells ``format_rows_as``, ``get_data`` tells ``set_data``.
    """
    spoken = [parts(identifier) for identifier in _IDENTIFIER.findall(text)]
    names = {secret for secret in secrets if not _is_place(secret)}
    return sorted({name for name in names if any(_echoes(words, parts(name)) for words in spoken)})


def spelled(text: str, names: Iterable[str]) -> list[str]:
    """The names all of whose words stand in the text, in any order and form, sorted.

    "Declare all native exchanges" spells ``declare_native_exchange``, "the `<Override>` element" is ``CT_Override``,
    and "a file name" is ``filename``.
    """
    words = sorted({word for found in _WORD.findall(text) for word in parts(found)})
    roots = frozenset(map(_root, words))
    return sorted({name for name in names if _is_spelled(_telling_words(name), words, roots)})


def _telling_words(name: str) -> list[str]:
    """What tells a name when it is said: its words, of a class's name without affixes that many have."""
    if _is_place(name):
        return []
    words = [word for word in parts(name) if len(word) > 1]
    if name.lstrip("_")[:1].isupper():
        words = [word for word in words if word not in _AFFIXES] or words
    return words


def _is_spelled(wanted: list[str], words: list[str], roots: frozenset[str]) -> bool:
    return bool(wanted) and all(
        _root(word) in roots or _is_short_for(word, words) or _is_compound(word, words, roots) for word in wanted
    )


def _is_short_for(word: str, words: list[str]) -> bool:
    """Whether a word abbreviates another: ``str``, ``attr``, ``config``, ``msg``."""
    whole = _SHORT_FOR.get(word)
    if whole in words:
        return True
    return len(word) >= _SHORTEST_HEAD and any(
        long.startswith(word) and len(long) >= len(word) + _LEFT_OUT for long in words
    )


def _is_compound(word: str, words: list[str], roots: frozenset[str]) -> bool:
    """Whether a word is made of two others: ``filename``, ``logwrapped``."""
    if len(word) < _SHORTEST_COMPOUND:
        return False
    heads = [head for head in words if len(head) >= _SHORTEST_HEAD and word.startswith(head)]
    return any(len(word) > len(head) and _root(word[len(head) :]) in roots for head in heads)


def gives_away(text: str, secrets: Iterable[str]) -> list[str]:
    """The secrets that a text gives away in any of these ways, sorted."""
    known = tuple(secrets)
    return sorted({*leaks(text, known), *echoes(text, known), *spelled(text, known)})


def path_secrets(file: str) -> tuple[str, ...]:
    """What must not be said about where a file is: its path, its dotted module, its name."""
    stem = file.removesuffix(".py").removesuffix("/__init__")
    pieces = stem.split("/")
    dotted = {".".join(pieces[start:]) for start in range(len(pieces) - 1)}
    return tuple(sorted({file, file.rsplit("/", 1)[-1]} | dotted))


@lru_cache(maxsize=1 << 16)
def _root(word: str) -> str:
    """The stem of a word, and of who does it: ``parser`` and ``parsing`` are ``pars``."""
    found = stem(word)
    return (found[:-2] if len(found) > _SHORTEST_DOER and found.endswith(("er", "or")) else found).rstrip("e")


def _echoes(words: list[str], name: list[str]) -> bool:
    if len(words) < 2 or words == name:
        return False
    if len(words) < len(name) and _holds(name, words):
        return True
    shared = max(len(name) - 1, 2)
    if any(_holds(words, name[at : at + shared]) for at in range(len(name) - shared + 1)):
        return True
    if len(words) != len(name):
        return False
    differing = [at for at, (word, own) in enumerate(zip(words, name, strict=True)) if word != own]
    return differing == [0] if len(name) == 2 else len(differing) == 1


def _holds(words: list[str], run: list[str]) -> bool:
    return any(words[at : at + len(run)] == run for at in range(len(words) - len(run) + 1))


def _is_place(secret: str) -> bool:
    """Whether it is a path or a dotted module, not a name."""
    return "/" in secret or "." in secret


def name_patterns(secret: str) -> list[re.Pattern[str]]:
    """Regular expressions of which one finds a secret in a text where it can be read."""
    if _is_place(secret):
        return [re.compile(rf"(?<![\w./]){re.escape(secret)}(?!\w)", re.IGNORECASE)]
    words = parts(secret)
    if not words:
        return [re.compile(rf"(?<!\w){re.escape(secret)}(?!\w)")]
    # Between letters of one word there is nothing; a capital begins a word, so that camel case counts as a boundary.
    spelled = r"[\s_\-.`'\"]*".join([*map(re.escape, words[:-1]), _in_any_number(words[-1])])
    return [re.compile(rf"(?<![^\W_]){spelled}(?![^\W_])", re.IGNORECASE), _camel(words)]


def _in_any_number(word: str) -> str:
    """A pattern for a word's singular and plural, whichever it is."""
    forms = [re.escape(word) + "(?:e?s)?"]
    for ending, other in (("ies", "y"), ("y", "ies"), ("es", ""), ("s", "")):
        if word.endswith(ending) and not word.endswith("ss") and len(word) > 3:
            forms.append(re.escape(word.removesuffix(ending)) + other)
    return f"(?:{'|'.join(forms)})"


def _camel(words: list[str]) -> re.Pattern[str]:
    """The name inside a longer camel-case or dunder identifier, as ``Table`` in ``MyTableView``."""
    joined = "".join([*(re.escape(word.capitalize()) for word in words[:-1]), _in_any_number(words[-1].capitalize())])
    return re.compile(rf"(?<=[a-z0-9_]){joined}(?![a-z])|\b{joined}(?=[A-Z])")
