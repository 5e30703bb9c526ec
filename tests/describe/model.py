"""A stand-in for a language model that describes code: it says the docstring's first sentences in other words."""

import json
import re

from hgen.describe.prose import prose
from tests.endpoint.standin import Body, Says

_CODE = re.compile(r"^(`{3,})python\n(.*?)\n\1$", re.MULTILINE | re.DOTALL)
_DOCSTRING = re.compile(r'r?"""(.*?)"""', re.DOTALL)
_BANNED = re.compile(r"^- Do not (?:say these names|use these words)[^:]*: (.*)\.$", re.MULTILINE)


def code_of(body: Body) -> str:
    """The code that a prompt shows."""
    return _CODE.search(body["messages"][1]["content"])[2]


def description_of(body: Body) -> str:
    """A description as a diligent model would give it: none of the words that the prompt forbids, none in a row."""
    found = _DOCSTRING.search(code_of(body))
    banned = {
        word
        for line in _BANNED.findall(body["messages"][1]["content"])
        for word in re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", line).lower())
    }
    sentences = prose(found[1]) if found else []
    words = [word for word in re.findall(r"[A-Za-z]+", " ".join(sentences)) if word.lower() not in banned][:60]
    spoken = [
        part for at, word in enumerate(words) for part in ([word.lower(), "indeed"] if at % 4 == 3 else [word.lower()])
    ]
    return "It does this for its caller: " + " ".join(spoken) + "." if spoken else "Nothing."


def diligent(body: Body) -> Says:
    return Says(json.dumps({"description": description_of(body)}))
