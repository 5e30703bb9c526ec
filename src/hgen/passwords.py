"""Texts for messages without what nobody may read: passwords in URLs, and the token of the Hugging Face Hub."""

import re

_PASSWORD = re.compile(r"""(?<=://)[^/@\s]++@|(?<![^\s/@'"])(:*+)[^\s/:@'"]++:[^\s/@'"]++@""")


def without_passwords(text: str) -> str:
    """The text without the user names and passwords of URLs, whole ones and such as git takes apart in its messages."""
    return _PASSWORD.sub(r"\1", text)


def without_secrets(text: str) -> str:
    """The text without passwords and without the token that the hub's own client would send."""
    # Takes a third of a second to import.
    from huggingface_hub import get_token  # noqa: PLC0415

    token = get_token()
    return without_passwords(text.replace(token, "***") if token else text)


def message_of(error: BaseException) -> str:
    """What the hub's client says, in one line and without secrets."""
    return without_secrets(" ".join(str(error).split()))


def harmless(error: BaseException) -> BaseException | None:
    """The error as a cause, unless it holds a secret, which a traceback would show."""
    return error if without_secrets(str(error)) == str(error) else None
