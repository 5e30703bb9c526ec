"""Strangers' text made fit to be shown, and numbers."""

from collections.abc import Mapping

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if chr(code) not in "\n\t"}
_REPLACED = _PICTURES | {0x7F: "\u2421"} | dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], "\ufffd")


def visible(text: str) -> str:
    """The text with control characters as pictures, so that it cannot steer a terminal or break a page."""
    return text.translate(_REPLACED)


def counted(counts: Mapping[str, float]) -> str:
    """Counts by name in a line: ``replies 12, cost 0.004``."""
    return ", ".join(f"{name.replace('_', ' ')} {round(number, 4):,}" for name, number in counts.items())
