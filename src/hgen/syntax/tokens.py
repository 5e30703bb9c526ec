"""Source text as tokens, without a parser: digests of bodies and folded headers."""

import re
from hashlib import blake2b

_TOKEN = re.compile(
    rb"""[rbuftRBUFT]{0,3}(?:\"\"\"(?:[^\\"]|\\.|"(?!""))*\"\"\"|'''(?:[^\\']|\\.|'(?!''))*'''"""
    rb"""|"(?:[^\\"\n]|\\.)*"|'(?:[^\\'\n]|\\.)*')"""
    rb"""|\#[^\n]*|[\w\x80-\xff]+|\s+|\\\r?\n|.""",
    re.DOTALL,
)


def body_digest(source: bytes, body: tuple[int, int], docstring: tuple[int, int]) -> str:
    """Digest of the tokens in a span of bytes, without a span inside it, comments and layout."""
    digest = blake2b(digest_size=16)
    for start, end in ((body[0], docstring[0]), (docstring[1], body[1])):
        digest.update(b"\0".join(_tokens(source[start:end])))
    return digest.hexdigest()


def fold(header: bytes) -> str:
    """A definition's header on one line, without comments."""
    if b"#" in header:
        header = b"".join(b" " if token.startswith(b"#") else token for token in _TOKEN.findall(header))
    return " ".join(header.decode().replace("\\\n", " ").split())


def _tokens(text: bytes) -> list[bytes]:
    return [token for token in _TOKEN.findall(text) if not token.isspace() and token[0] not in b"#\\"]
