"""Source text as tokens, without a parser: digests of bodies and folded headers."""

import re
from hashlib import blake2b

STRING = (
    rb"""[rbuftRBUFT]{0,3}(?:\"\"\"(?:[^\\"]++|\\.|"(?!""))*+(?:\"\"\"|\\?\Z)"""
    rb"""|'''(?:[^\\']++|\\.|'(?!''))*+(?:'''|\\?\Z)"""
    rb"""|"(?:[^\\"\n]++|\\.)*+(?:"|(?=\n)|\\?\Z)|'(?:[^\\'\n]++|\\.)*+(?:'|(?=\n)|\\?\Z))"""
)
"""A string with its prefix. An open one goes on to the end of its line, or of the text, so that no place is looked
at twice."""
_TOKEN = re.compile(rb"(?:[\s\\]++|#[^\n]*+)*+(" + STRING + rb"|[\w\x80-\xff]+|.|\Z)", re.DOTALL)
"""What comes before the next token, and the token: an empty one at the end."""
_COMMENT = re.compile(rb"(" + STRING + rb")|#[^\n]*", re.DOTALL)


def body_digest(source: bytes, body: tuple[int, int], docstring: tuple[int, int]) -> str:
    """Digest of the tokens in a span of bytes, without a span inside it, comments and layout."""
    digest = blake2b(digest_size=16)
    for start, end in ((body[0], docstring[0]), (docstring[1], body[1])):
        digest.update(b"\0".join(filter(None, _TOKEN.findall(source, start, end))))
    return digest.hexdigest()


def fold(header: bytes) -> str:
    """A definition's header on one line, without comments."""
    if b"#" in header:
        header = _COMMENT.sub(lambda found: found[1] or b" ", header)
    return " ".join(header.decode().replace("\\\n", " ").split())
