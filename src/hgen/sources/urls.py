"""Addresses of git repositories: which transports are allowed, and what they are called."""

from urllib.parse import urlsplit

SCHEMES = frozenset({"https", "http", "ssh", "git"})
"""The transports that git may use; ``file`` is read without git, and nothing else is allowed."""


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
