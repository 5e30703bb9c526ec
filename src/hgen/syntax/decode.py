"""Source bytes as Python reads them: coding cookies, byte order marks, and what is refused."""

import codecs
import re

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#[^\r\n]*)?\r?$")
_ODD_NEWLINE = re.compile(rb"\r(?!\n)")

# Codecs that take linear time and are really used; a hostile file could choose others, such as punycode.
_CODECS = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp\d+|koi8-[rut]|euc_(?:jp|kr)|euc_jis_2004|euc_jisx0213|shift_jis\w*|gb\w+|big5\w*|mac-\w+"
)


class Broken(Exception):  # noqa: N818 - not an error: a normal way for a file to end
    """The file yields no symbols; ``reason`` becomes that of a ``Reject``, ``detail`` says more."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def to_utf8(source: bytes, *, max_bytes: int) -> bytes:
    """The same text in UTF-8 without a byte order mark; line numbers stay what they are.

    Raises ``Broken``: ``too-large``, ``null-bytes``, ``odd-newlines`` or ``bad-encoding``.
    """
    if len(source) > max_bytes:
        raise Broken("too-large")
    if b"\0" in source:
        raise Broken("null-bytes")
    if b"\r" in source and _ODD_NEWLINE.search(source):
        raise Broken("odd-newlines")
    marked = source.startswith(codecs.BOM_UTF8)
    text = source[3:] if marked else source
    codec = _declared_codec(text)
    if marked and codec not in ("utf-8", ""):
        raise Broken("bad-encoding")
    try:
        decoded = text.decode(codec or "utf-8")
        return text if codec in ("utf-8", "") else decoded.encode()
    except UnicodeError:
        raise Broken("bad-encoding") from None


def _declared_codec(text: bytes) -> str:
    """The canonical name of the codec in the first two lines' cookie (PEP 263), or ""."""
    for line in text.split(b"\n", 2)[:2]:
        if cookie := _COOKIE.match(line):
            name = cookie[1].decode("ascii", "replace").replace("_", "-")
            try:
                codec = codecs.lookup("utf-8" if name.lower().startswith("utf-8") else name).name
            except LookupError:
                raise Broken("bad-encoding") from None
            if not _CODECS.fullmatch(codec):
                raise Broken("bad-encoding")
            return codec
        if not _BLANK.match(line):
            return ""
    return ""
