"""Git repositories on this machine, read without ever letting git see their configuration.

A repository that somebody sends as a folder can name programs in its ``.git/config`` that git runs at the next
opportunity (hooks, fsmonitor, filters, aliases, ssh commands, promisor remotes). So git runs on an empty repository of
our own, which borrows the other's objects and gets a copy of the names of its commits; no process ever opens the other.
"""

import logging
import re
from dataclasses import dataclass
from pathlib import Path

from hgen.errors import Skip
from hgen.sources.git import Git, GitError, create, find_commit
from hgen.sources.objects import write_tree
from hgen.sources.origin import Origin, Settings
from hgen.sources.safe_writer import TreeWriter

log = logging.getLogger(__name__)

_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"refs/(?!.*(?:\.\.|@\{|//|/\.|\.lock(?:/|$)|[./]$))[^\x00-\x20~^:?*\[\\\x7f]+")
_SHA256 = re.compile(r"objectformat\s*=\s*sha256", re.IGNORECASE)
_REMOTE_URL = re.compile(r"^\s*url\s*=\s*(\S+)", re.MULTILINE)
_MOST_BYTES = 50_000_000
"""Files that list commits are smaller."""


@dataclass(frozen=True)
class Checkout:
    """Where a repository keeps what: its own state, and what it shares with its other work trees."""

    own: Path
    common: Path


def find_checkout(folder: Path) -> Checkout | None:
    """The repository that has its root in this folder, or is this folder; nothing if it is a plain one."""
    for candidate in (_linked(folder / ".git"), folder / ".git", folder):
        if candidate and (candidate / "HEAD").is_file():
            shared = _text(candidate / "commondir").strip()
            common = candidate / shared if shared else candidate
            if (common / "objects").is_dir():
                return Checkout(candidate.resolve(), common.resolve())
    return None


def fetch_checkout(folder: Path, found: Checkout, revision: str | None, into: Path, settings: Settings) -> Origin:
    """Write the tree of a commit, by default the one that is checked out, as it was committed.

    Raises ``Skip`` for a revision that does not exist, for repositories without commits, and for those in a format that
    cannot be read from outside.
    """
    git = _borrow(found, into.with_name("borrowed"))
    commit = find_commit(git, revision or "HEAD")
    if commit is None:
        if revision:
            raise Skip("no-such-revision", f"{folder} has no revision {revision!r}")
        raise Skip("empty-repository", f"{folder} has no commits")
    if revision is None and found.common != folder.resolve() and _is_dirty(git, folder.resolve(), commit):
        log.warning("%s: what is not committed is left out; taken is commit %s", folder, commit)
    writer = TreeWriter(into, settings.limits)
    try:
        write_tree(git, commit, writer, settings.limits)
    except GitError as error:
        raise Skip("incomplete-repository", f"{folder}: {error}") from error
    urls = tuple(_REMOTE_URL.findall(_text(found.common / "config")))
    return Origin(
        f"local:{folder.resolve().name.removesuffix('.git')}", commit, into, urls=urls, dropped=writer.dropped
    )


def _linked(path: Path) -> Path | None:
    """Where a ``.git`` file points, as in submodules and further work trees."""
    text = _text(path).strip() if path.is_file() else ""
    return path.parent / text.removeprefix("gitdir:").strip() if text.startswith("gitdir:") else None


def _text(path: Path) -> str:
    if not path.is_file() or path.stat().st_size > _MOST_BYTES:
        return ""
    return path.read_bytes().decode(errors="surrogateescape")


def _borrow(found: Checkout, directory: Path) -> Git:
    if (found.common / "reftable").is_dir() or "\n" in str(found.common):
        raise Skip("unreadable-repository", f"{found.common} is in a format that hgen does not read; clone it first")
    is_sha256 = _SHA256.search(_text(found.common / "config"))
    git = create(directory, object_format="sha256" if is_sha256 else "sha1")
    (directory / "objects/info").mkdir(exist_ok=True)
    (directory / "objects/info/alternates").write_text(f"{found.common / 'objects'}\n", encoding="utf-8")
    lines = [f"{sha} {name}\n" for name, sha in sorted(_read_refs(found.common).items())]
    (directory / "packed-refs").write_text("".join(lines), encoding="utf-8", errors="surrogateescape")
    head = _text(found.own / "HEAD").strip()
    if _HASH.fullmatch(head) or _REF.fullmatch(head.removeprefix("ref:").strip()):
        (directory / "HEAD").write_text(f"{head}\n", encoding="utf-8", errors="surrogateescape")
    return git


def _read_refs(common: Path) -> dict[str, str]:
    """The branches and tags and their hashes."""
    refs: dict[str, str] = {}
    for line in _text(common / "packed-refs").split("\n"):
        sha, _, name = line.partition(" ")
        _keep(refs, name, sha)
    for kind in ("heads", "tags", "remotes"):
        for path in sorted((common / "refs" / kind).rglob("*")):
            if path.is_file() and not path.is_symlink():
                _keep(refs, path.relative_to(common).as_posix(), _text(path).strip())
    return refs


def _keep(refs: dict[str, str], name: str, sha: str) -> None:
    if _HASH.fullmatch(sha) and _REF.fullmatch(name):
        refs[name] = sha


def _is_dirty(git: Git, work_tree: Path, commit: str) -> bool:
    """Whether tracked files differ from the commit; computed from an index of our own."""
    index = git.directory / "index"
    try:
        git.run("read-tree", commit, index=index)
        git.run(f"--work-tree={work_tree}", "update-index", "-q", "--refresh", "--ignore-submodules", index=index)
        git.run(f"--work-tree={work_tree}", "diff-files", "--quiet", "--ignore-submodules=all", index=index)
    except GitError:
        return True
    return False
