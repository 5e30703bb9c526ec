"""Addresses of git repositories: which transports are allowed, what they are called, and no passwords in messages."""

import re
from urllib.parse import urlsplit

SCHEMES = frozenset({"https", "http", "ssh", "git"})
"""The transports that git may use; ``file`` is read without git, and nothing else is allowed."""

_PASSWORD = re.compile(r"""(?<=://)[^/@\s]++@|(?<![^\s/@'"])(:*+)[^\s/:@'"]++:[^\s/@'"]++@""")


def without_passwords(text: str) -> str:
    """The text without the user names and passwords of URLs, whole ones and such as git takes apart in its messages."""
    return _PASSWORD.sub(r"\1", text)


def hosted_name(url: str) -> str:
    """The ``owner/name`` in a repository's URL: the path without ``.git``; nothing for what is no URL."""
    path = _path(url) if "://" in url else url.partition(":")[2]
    return path.strip("/").removesuffix(".git")


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        # Brackets that stand around no address.
        return ""
