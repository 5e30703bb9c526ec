"""Descriptions by a language model, which is shown the code and told what must not be said; what it says is checked."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import jinja2
from pydantic import BaseModel, ValidationError

from hgen import resources
from hgen.describe.behaviour import rare_words
from hgen.describe.contradictions import contradictions
from hgen.describe.corpus import Corpus
from hgen.describe.description import Description, repeated, telling_words
from hgen.describe.facts import Facts
from hgen.describe.leaks import gives_away
from hgen.describe.prose import prose
from hgen.describe.words import flat
from hgen.endpoint.budget import OverBudget
from hgen.endpoint.client import Endpoint, Request, Unanswered
from hgen.endpoint.replies import Reply
from hgen.endpoint.talks import Talk
from hgen.errors import Skip

TEMPLATES = tuple(resources.path(f"templates/describer/{name}.md.j2") for name in ("system", "question", "again"))
"""What a model is told, what it is asked, and what it is told when its reply cannot be used."""

ASKED = 3
"""So often a model is asked about one definition."""
_LONGEST_CODE = 20_000
"""Characters of a definition that is shown."""
_MOST_WORDS_LISTED = 60
_TELLING_WORDS = 4
"""A description has so many different words that tell something, at least ..."""
_GROUNDED = 2
"""... and so many of the definition's code, without its docstring."""
_SCHEMA = {
    "name": "description",
    "strict": True,
    "schema": {
        "type": "object",
        "properties": {"description": {"type": "string"}},
        "required": ["description"],
        "additionalProperties": False,
    },
}
_FORMATS = {"json_schema": {"type": "json_schema", "json_schema": _SCHEMA}, "json_object": {"type": "json_object"}}
_FENCES = re.compile(r"`{3,}")
_OF_ITSELF = re.compile(
    r"\b(?:as an? (?:ai|assistant|language model)|language model|i(?:'m| am) (?:sorry|unable)|i can(?:not|'t)|"
    r"(?:previous|above|prior|following|these|your|system) (?:instructions?|prompts?)|"
    r"the (?:docstring|code above|snippet))\b",
    re.IGNORECASE,
)
"""What a model says of itself, of what it was asked, or of what it was shown."""
# For a model, not for a browser: escaping would change the code.
_ENVIRONMENT = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=False, autoescape=False)


@dataclass(frozen=True)
class Question:
    """What a description must be."""

    position: int
    words: tuple[int, int]
    """The least and the most."""
    secrets: tuple[str, ...]
    named: bool
    hard: bool
    """Whether it says behaviour only."""
    fit: Callable[[str], bool]
    passage: int
    """So many words in a row of the repository are a quotation."""
    require: Callable[[Description], None]
    """Raises ``Skip`` for a description that is none of this definition alone."""


class _Form(BaseModel):
    description: str


def by_model(corpus: Corpus, question: Question, endpoint: Endpoint) -> Talk[tuple[Description, str]]:
    """Ask for a description, again with the reason if a reply cannot be used; gives the digest of the last prompt, too.

    Raises ``Skip`` with the reason of the last reply.
    """
    shown = corpus.facts(question.position)
    if shown is None:
        raise Skip("unparsable", "the definition does not parse by itself")
    messages = [_message("system", _render(0)), _message("user", _asked(corpus, question))]
    for left in reversed(range(ASKED)):
        request: Request = {"messages": tuple(messages), **_form(endpoint)}
        try:
            reply = yield request
        except Unanswered as error:
            raise Skip("no-description", f"the endpoint takes no such prompt: {error}") from None
        except OverBudget as error:
            raise Skip("over-budget", f"what is left of {error} may not do") from None
        try:
            return _checked(corpus, question, shown, reply), endpoint.digest(request)
        except Skip as skip:
            if not left:
                raise Skip(skip.reason, f"of a model's {ASKED} replies the last: {skip.detail}") from None
            again = _render(2, reason=skip.detail)
            messages += [_message("assistant", reply.text or reply.refusal), _message("user", again)]
    raise AssertionError("the last reply is a description, or raises")


def _asked(corpus: Corpus, question: Question) -> str:
    symbol = corpus.symbols[question.position]
    code = "\n".join(corpus.lines(symbol.file)[symbol.start_line - 1 : symbol.end_line])
    if len(code) > _LONGEST_CODE:
        raise Skip("no-description", f"{len(code)} characters of code are too many to show")
    longest = max((len(fence) for fence in _FENCES.findall(code)), default=2)
    return _render(
        1,
        kind=symbol.kind,
        code=code,
        fence="`" * (longest + 1),
        least=question.words[0],
        most=question.words[1],
        names=[secret for secret in question.secrets if "/" not in secret],
        words=rare_words(corpus, question.position)[:_MOST_WORDS_LISTED] if question.hard else [],
        hard=question.hard,
        name=symbol.name if question.named else "",
    )


def _checked(corpus: Corpus, question: Question, shown: Facts, reply: Reply) -> Description:
    """What a reply says; raises ``Skip`` with what is wrong with it."""
    text = _text(reply)
    sentences = prose(text)
    least, most = question.words
    count = len(text.split())
    if flat(" ".join(sentences)) != flat(text) or text[-1:] not in {".", "!"}:
        raise Skip("no-description", "it is not plain sentences through and through")
    if not least <= count <= most:
        raise Skip("no-description", f"it has {count} words, and {least} to {most} are wanted")
    if not flat(text).isascii():
        raise Skip("not-english", "it is not English")
    if found := _OF_ITSELF.search(text):
        raise Skip("no-description", f"it says {found[0]!r}, which is nothing that the code does")
    if given := gives_away(text, question.secrets):
        raise Skip("leak", f"it gives {', '.join(given)} away")
    if unfit := next((sentence for sentence in sentences if not question.fit(sentence)), ""):
        raise Skip("leak", f"a word of {unfit!r} would lead to it by a search, or is one of its code's own")
    if wrong := contradictions(text, shown):
        raise Skip("no-description", f"it is not true: {'; '.join(wrong)}")
    telling = telling_words(sentences)
    if len(telling) < _TELLING_WORDS or len(telling & corpus.code_words(question.position).keys()) < _GROUNDED:
        raise Skip("no-description", "it says too little of what the code does")
    if copied := repeated(corpus, sentences, question.passage, times=1):
        raise Skip("readable-elsewhere", f"it repeats the repository's own words: {copied}")
    symbol = corpus.symbols[question.position]
    description = Description(
        kind=symbol.kind, name=symbol.name if question.named else "", sentences=tuple(sentences), facts=shown
    )
    question.require(description)
    return description


def _text(reply: Reply) -> str:
    if reply.refusal:
        raise Skip("no-description", f"the model refuses: {reply.refusal[:200]}")
    if reply.finish == "length":
        raise Skip("no-description", "it breaks off, as it is too long")
    found = reply.text[reply.text.find("{") : reply.text.rfind("}") + 1]
    try:
        text = _Form.model_validate_json(found).description
    except ValidationError:
        raise Skip("no-description", 'it is no JSON object with the key "description"') from None
    return " ".join(text.split())


def _form(endpoint: Endpoint) -> dict[str, object]:
    wanted = _FORMATS.get(endpoint.config.reply_format)
    return {"response_format": wanted} if wanted else {}


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _render(which: int, **context: object) -> str:
    return _template(which).render(context).strip()


@cache
def _template(which: int) -> jinja2.Template:
    return _ENVIRONMENT.from_string(TEMPLATES[which].read_text(encoding="utf-8"))
