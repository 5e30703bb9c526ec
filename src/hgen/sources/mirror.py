"""Commits of git repositories on servers, through bare mirrors that runs and workers share."""

import fcntl
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from hgen.errors import MachineError, NetworkError, Skip
from hgen.passwords import without_passwords
from hgen.sources.git import Git, GitError, create, find_commit
from hgen.sources.objects import write_tree
from hgen.sources.origin import Origin, Settings
from hgen.sources.safe_writer import TreeWriter
from hgen.sources.urls import hosted_name

_FULL_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT_HASH = re.compile(r"[0-9a-f]{4,39}")

# Servers do not say whether a repository does not exist or is only for those who have a password.
_ABSENT = re.compile(
    r"repository .{0,400}not found|repository not exported|does not appear to be a git repository|error: 404|"
    r"could not read username|project you were looking for could not be found",
    re.IGNORECASE,
)

_SCHEME = re.compile(r"^\w+://")
_SCHEME_OR_USER = re.compile(r"^\w+://|^[^@/]*@")

_EVERYTHING = ("+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*")


@dataclass(frozen=True)
class GitUrl:
    """A git repository elsewhere, at a revision; without one at its default branch."""

    url: str
    revision: str | None

    def fetch(self, into: Path, settings: Settings) -> Origin:
        """See ``fetch_git``."""
        return fetch_git(self.url, self.revision, name_of(self.url, settings.host), into, settings)


@dataclass(frozen=True)
class Hosted:
    """``owner/name`` on the host of the configuration, at a revision."""

    name: str
    revision: str | None

    def fetch(self, into: Path, settings: Settings) -> Origin:
        """See ``fetch_git``."""
        return fetch_git(f"{settings.host}{self.name}.git", self.revision, self.name, into, settings)


def fetch_git(url: str, revision: str | None, repo: str, into: Path, settings: Settings) -> Origin:
    """Write the tree of one commit of a repository on a server into a folder.

    A commit that the mirror has, asked for by its full hash, needs no network. Raises ``NetworkError`` if the server
    cannot be reached, ``Skip`` if it has no such repository or revision.
    """
    with _mirror(url, settings) as locked:
        commit = _bring(_Remote(locked, url, settings.timeout), revision)
    # Nothing ever goes away in a mirror, so it can be read while others add to it.
    git = Git(locked.directory)
    writer = TreeWriter(into, settings.limits)
    try:
        write_tree(git, commit, writer, settings.limits)
    except GitError as error:
        raise MachineError(f"the mirror {git.directory} is damaged ({error}); delete it and run again") from error
    return Origin(repo, commit, into, urls=(without_passwords(url),), dropped=writer.dropped)


def name_of(url: str, host: str) -> str:
    """``owner/name`` for repositories on the host of the configuration, with their host's name before it for others."""
    plain = without_passwords(url)
    name = hosted_name(url)
    place = _SCHEME_OR_USER.sub("", plain).replace(":", "/", 1)
    usual = _SCHEME.sub("", host)
    return name if place.startswith(usual) else f"{place.partition('/')[0]}/{name}"


@dataclass(frozen=True)
class _Remote:
    """A server's repository and our mirror of it."""

    git: Git
    url: str
    timeout: float

    def fetch(self, *refspecs: str, how: str) -> None:
        """Bring commits; raises ``GitError`` if the server does not give them, or not in this way."""
        options = ("--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--force")
        self._talk("fetch", *options, *how.split(), "--", self.url, *refspecs)

    def refs(self, *names: str) -> dict[str, str]:
        """The hashes of those of the refs that exist; for a tag that of its commit."""
        output = self._talk("ls-remote", "--", self.url, *names, *(f"{name}^{{}}" for name in names))
        pairs = [line.split("\t") for line in output.split("\n") if "\t" in line]
        found = {name: sha for sha, name in pairs}
        return {name: found.get(f"{name}^{{}}", found[name]) for name in names if name in found}

    def _talk(self, *arguments: str) -> str:
        try:
            return self.git.run(*arguments, timeout=self.timeout, user_config=True)
        except GitError as error:
            if _ABSENT.search(str(error)):
                raise Skip("no-such-repository", f"{without_passwords(self.url)}: {_last_line(error)}") from error
            raise


def _bring(remote: _Remote, revision: str | None) -> str:
    """Have a commit in the mirror; its full hash."""
    if revision and _FULL_HASH.fullmatch(revision):
        return find_commit(remote.git, revision) or _bring_ref(remote, revision, revision)
    for name in _names(revision):
        try:
            commit = remote.refs(name).get(name)
        except GitError as error:
            raise _no_verdict(remote, error) from error
        if commit:
            return find_commit(remote.git, commit) or _bring_ref(remote, name, revision)
    if revision is None:
        raise Skip("empty-repository", f"{without_passwords(remote.url)} has no commits")
    if _SHORT_HASH.fullmatch(revision):
        return _bring_everything(remote, revision)
    raise _no_such_revision(remote, revision)


def _names(revision: str | None) -> tuple[str, ...]:
    """The refs that a revision may mean, as git would look for them."""
    if revision is None:
        return ("HEAD",)
    if revision.startswith("refs/") or revision == "HEAD":
        return (revision,)
    return (f"refs/tags/{revision}", f"refs/heads/{revision}")


def _bring_ref(remote: _Remote, name: str, revision: str | None) -> str:
    place = f"refs/hgen/{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    try:
        remote.fetch(f"{name}:{place}", how="--depth=1")
    except GitError as error:
        if "not our ref" in str(error):
            raise _no_such_revision(remote, revision or name) from error
        # The server gives only what a branch or tag points at, or cannot give less than all.
        return _bring_everything(remote, revision or name, also=() if _FULL_HASH.fullmatch(name) else (name,))
    return find_commit(remote.git, place) or _fail(remote, revision or name)


def _bring_everything(remote: _Remote, revision: str, also: tuple[str, ...] = ()) -> str:
    is_shallow = (remote.git.directory / "shallow").exists()
    refspecs = (*_EVERYTHING, *(f"{name}:refs/hgen/named" for name in also))
    try:
        remote.fetch(*refspecs, how="--unshallow" if is_shallow else "")
    except GitError as error:
        raise _no_verdict(remote, error) from error
    return find_commit(remote.git, "refs/hgen/named" if also else revision) or _fail(remote, revision)


def _fail(remote: _Remote, revision: str) -> NoReturn:
    raise _no_such_revision(remote, revision)


def _no_such_revision(remote: _Remote, revision: str) -> Skip:
    return Skip("no-such-revision", f"{without_passwords(remote.url)} has no revision {revision!r}")


def _no_verdict(remote: _Remote, error: GitError) -> NetworkError:
    return NetworkError(f"{without_passwords(remote.url)}: {_last_line(error)}")


def _last_line(error: GitError) -> str:
    return str(error).split("\n")[-1]


@contextmanager
def _mirror(url: str, settings: Settings) -> Iterator[Git]:
    """The mirror of a repository, which nobody else changes meanwhile."""
    folder = settings.cache / "git"
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(url.encode()).hexdigest()[:24]
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        directory = folder / f"{name}.git"
        _remove_abandoned(directory)
        created = create(directory)
        yield Git(created.directory, lock=lock.fileno(), silence=settings.silence)


def _remove_abandoned(directory: Path) -> None:
    """Remove what a git that was killed has left: files that lock others out, and halves of packs."""
    for path in [*directory.glob("*.lock"), *directory.glob("refs/**/*.lock"), *directory.glob("objects/**/tmp_*")]:
        path.unlink(missing_ok=True)
