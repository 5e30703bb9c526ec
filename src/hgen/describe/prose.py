"""The prose of a docstring: what it says in sentences, without markup, sections, examples and directives."""

import ast
import inspect
import re
from itertools import zip_longest

_HEADING = re.compile(
    r"^\s*+(args?|arguments|parameters?|params?|keyword args|keyword arguments|other parameters"
    r"|returns?|yields?|receives?|raises?|exceptions?|warns|warnings?|attributes?|methods|examples?|usage|notes?"
    r"|see also|references?|todo|version(added|changed)?|history|authors?|options?|properties|links|demo)\s*+:*+\s*+$",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^\s*+([:@][\w-]++[^:`]*+:(?!`)|@\w|\.\. |>>> |\* |- |\+ |> |\d+[.)] |[#|=~^$%]|`{3}|[-=~^]{3,}|!!!|\?\?\?\+? )"
)
_PARAMETER = re.compile(r"^\s*[a-z_*]\w* ?: \S")
_POINTER = re.compile(r"\(?See\b")
_NUMBERED = re.compile(r":(rfc|pep):`(?:[^`<]*<)?([^`>]*)>?`")
_TITLED = re.compile(r"(?::[\w:.+-]{1,80}:)?`([^`<]{2,}+)(?<=\s)<[^`<>]++>`(?!_)")
_ROLE = re.compile(r":[\w:.+-]{1,80}:`[~!]?([^`]*)`")
_ABBREVIATED = re.compile(r"(?<!`)`[~!]([\w.]+)`")
_EPYTEXT = re.compile(r"\b([A-Z])\{([^{}]*)\}")
_LINK = re.compile(r"`([^`<]++)<[^`>]++>`_{1,2}")
_REFERENCE = re.compile(r"`([^`]+)`__?(?!\w)")
_NUMBER_REFERENCE = re.compile(r"(?<!\S)(\d+(?:\.\d+)*)_(?!\w)")
_MARKDOWN_LINK = re.compile(r"\[([^\]]{1,500}+)\](?:\([^)]{0,1000}+\)|\[[^\]]{0,500}+\])")
_CITATION = re.compile(r"(?<!\s)\s*+\[[\w#*]+\]_")
_ADDRESS = re.compile(r"\b(?:https?|ftp)://\S+|\bwww\.\S+")
_LITERAL = re.compile(r"`{1,3}([^`]*)`{1,3}")
_EMPHASIS = re.compile(r"(?<![\w*])\*{1,2}(\w[^*]*)\*{1,2}(?![\w*])")
_LOOSE_SIGN = re.compile(r" ([.,;])(?!\S)")
_BLANK_LINE = re.compile(r"\n[ \t]*+\n")
_UNDERLINE = re.compile(r"\s*+[-=~^]{3,}+\s*+")
_HEADING_MARKUP = re.compile(r"\*\*[^*]++\*\*:?|#++ .*+")
_ENDS = (".", "!", "?", '."', ".)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`\"'(])")
_ABBREVIATION = re.compile(
    r"(?<![a-z])(?:e\.?g|i\.?e|etc|vs|cf|resp|approx|incl|fig|eq|no|sec|dr|mr|st|p|pp|al)\.$", re.IGNORECASE
)
_NO_PROSE = re.compile(
    r"->|=>|<-|>>>|==|!=|:=|&&|\|\w|\w\||\\|\s=\s|\(\)\{|\[\]|\[\d++\]|\{\{|\}\}|\{%|%\}|</\w|[\0-\x1f\x7f-\x9f\ufffd]"
    r"|[:;{}]$|\.\.\.$|\b(?:above|below|following)[:.]?$|\b(?:foo|bar|baz|TODO|FIXME|XXX|NOTE|NB|HACK|WARNING)\b"
    r"|^(?:Deprecated|DEPRECATED|Note|Warning|Copyright|License)\b"
)
"""What stands in code, in markup, in notes of the authors to themselves and in a sentence that leans on what is left
out, and not in prose."""
_QUOTED = re.compile(r"""^["'\u201c\u2018(\[]""")
_PLAIN_WORD = re.compile(r"[a-z]+(?:'[a-z]+|-[a-z]+)?[ ,]")
_LETTERS = 0.7
"""The share of a sentence that is letters, digits and spaces, at least."""
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"))


def prose(docstring: str) -> list[str]:
    """The sentences of a docstring's leading paragraphs, markup removed, white space folded.

    Takes paragraphs until the first section, field list, example or directive; leaves out lists, tables and code, and
    every sentence that breaks off, loses a link's address or points elsewhere. The first may end without a full stop.
    """
    kept: list[str] = []
    paragraphs = _paragraphs(inspect.cleandoc(docstring))
    for paragraph, following in zip_longest(paragraphs, paragraphs[1:], fillvalue=""):
        lines = paragraph.split("\n")
        if _is_heading(lines) or lines[0].lstrip().startswith((":param", ":return", "@", ">>>", "..")):
            break
        if _PARAMETER.match(lines[0]):
            break
        if _FIELD.match(lines[0]) or lines[0].startswith(("  ", "\t")):
            if not kept:
                # What follows leans on it.
                break
            continue
        text, cut = _until_field(lines)
        breaks_off = cut or text.endswith(":") or following.startswith((" ", "\t", ".."))
        sentences = [_begun(part) for part in _sentences(text) if not _POINTER.match(part) and is_prose(part)]
        if sentences and not sentences[-1].endswith(_ENDS) and (kept or len(sentences) > 1 or breaks_off):
            sentences.pop()
        kept.extend(sentences)
        if breaks_off or not kept:
            break
    return kept


def is_prose(sentence: str) -> bool:
    """Whether a sentence is one for a reader: no code, no markup, no quotation, no bracket that is not closed."""
    if _NO_PROSE.search(sentence) or _QUOTED.match(sentence):
        return False
    if sentence.count("`") % 2 or sentence.count('"') % 2:
        return False
    if any(sentence.count(first) != sentence.count(last) for first, last in _PAIRS):
        return False
    letters = sum(letter.isalnum() or letter == " " for letter in sentence)
    return letters >= _LETTERS * len(sentence) and (not sentence[:1].islower() or bool(_PLAIN_WORD.match(sentence)))


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
    return [part.strip("\n") for part in _BLANK_LINE.split(text) if part.strip()]


def _is_heading(lines: list[str]) -> bool:
    underlined = len(lines) > 1 and _UNDERLINE.fullmatch(lines[1])
    emphasised = _HEADING_MARKUP.fullmatch(lines[0].strip())
    return bool(_HEADING.match(lines[0]) or underlined or emphasised)


def _until_field(lines: list[str]) -> tuple[str, bool]:
    """The paragraph before a field list, list or section that follows without a blank line, and whether one does."""
    kept: list[str] = []
    for line in lines:
        if kept and (_FIELD.match(line) or _HEADING.match(line)):
            return " ".join(kept), True
        kept.append(line.strip())
    return " ".join(kept), False


def _sentences(text: str) -> list[str]:
    """Split a paragraph; a sentence that held an address holds a NUL in its place."""
    text = _NUMBERED.sub(lambda role: f"{role[1].upper()} {role[2]}", text)
    text = _TITLED.sub(_title, text)
    text = _ROLE.sub(r"\1", text)
    text = _ABBREVIATED.sub(r"`\1`", text)
    text = _EPYTEXT.sub(lambda markup: f"`{markup[2]}`" if markup[1] in "CL" else markup[2], text)
    text = _LINK.sub(_title, text)
    text = _REFERENCE.sub(r"\1", text)
    text = _NUMBER_REFERENCE.sub(r"\1", text)
    text = _MARKDOWN_LINK.sub(r"\1", text)
    text = _ADDRESS.sub("\0", text)
    text = _CITATION.sub("", text)
    text = _LITERAL.sub(r"`\1`", text)
    text = _EMPHASIS.sub(r"\1", text)
    text = _LOOSE_SIGN.sub(r"\1", " ".join(text.split()))
    sentences: list[str] = []
    for piece in _SENTENCE_END.split(text):
        if sentences and _ABBREVIATION.search(sentences[-1]):
            sentences[-1] += f" {piece}"
        elif piece:
            sentences.append(piece)
    return sentences


def _begun(sentence: str) -> str:
    """The sentence with a capital, where it begins with a word of prose."""
    return sentence[0].upper() + sentence[1:] if _PLAIN_WORD.match(sentence) else sentence


def _title(link: re.Match[str]) -> str:
    """What is said of a link, without the space before its address."""
    return link[1].rstrip() or link[1][:1]
