"""The prose of a docstring: what it says in sentences, without markup, sections, examples and directives."""

import ast
import inspect
import re

_HEADING = re.compile(
    r"^\s*(args?|arguments|parameters?|params?|keyword args|keyword arguments|other parameters"
    r"|returns?|yields?|receives?|raises?|exceptions?|warns|warnings?|attributes?|methods|examples?|usage|notes?"
    r"|see also|references?|todo|version(added|changed)?|history|authors?|options?|properties|links|demo)\s*:*\s*$",
    re.IGNORECASE,
)
_FIELD = re.compile(r"^\s*([:@][\w-]+[^:]*:|\.\. |>>> |\* |- |\+ |\d+[.)] |[#|=~^`$%]|[-=~^]{3,})")
_ROLE = re.compile(r":[\w:.+-]+:`(?:[^`<]*<)?[~!]?([^`>]*)>?`")
_LINK = re.compile(r"`([^`<]+?)\s*<[^>]+>`_{1,2}")
_MARKDOWN_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_ADDRESS = re.compile(r"\b(?:https?|ftp)://\S+|\bwww\.\S+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'(])")


def prose(docstring: str) -> list[str]:
    """The sentences of a docstring's leading paragraphs, markup removed, white space folded.

    Takes paragraphs until the first section, field list or example; leaves out lists, tables, code and directives.
    """
    kept: list[str] = []
    for paragraph in _paragraphs(inspect.cleandoc(docstring)):
        lines = paragraph.split("\n")
        if _HEADING.match(lines[0]) or (len(lines) > 1 and re.fullmatch(r"\s*[-=~^]{3,}\s*", lines[1])):
            break
        if _FIELD.match(lines[0]):
            if lines[0].lstrip().startswith((":", "@", ">>>")):
                break
            continue
        if lines[0].startswith(("  ", "\t")):
            continue
        kept.extend(_sentences(_until_field(lines)))
        if lines[-1].rstrip().endswith("::"):
            break
    return kept


def docstring_value(statement: str) -> str | None:
    """The text of a docstring statement as written in a file, or None if it is anything else or more."""
    try:
        tree = ast.parse(inspect.cleandoc(statement) if statement[:1].isspace() else statement)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    match tree.body:
        case [ast.Expr(value=ast.Constant(value=str(text)))]:
            return text
    return None


def _paragraphs(text: str) -> list[str]:
    return [part.strip("\n") for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


def _until_field(lines: list[str]) -> str:
    kept: list[str] = []
    for line in lines:
        if kept and (_FIELD.match(line) or _HEADING.match(line)):
            break
        kept.append(line.strip())
    return " ".join(kept)


def _sentences(paragraph: str) -> list[str]:
    text = _ROLE.sub(r"\1", paragraph)
    text = _LINK.sub(r"\1", text)
    text = _MARKDOWN_LINK.sub(r"\1", text)
    text = _ADDRESS.sub("", text)
    text = re.sub(r"`{1,3}([^`]*)`{1,3}", r"`\1`", text)
    text = re.sub(r"\*{1,2}(\w[^*]*)\*{1,2}", r"\1", text)
    text = " ".join(text.split()).removesuffix("::").rstrip(":").rstrip()
    return [sentence for sentence in _SENTENCE_END.split(text) if sentence]
