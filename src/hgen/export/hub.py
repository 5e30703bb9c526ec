"""Uploads of exports to the Hugging Face Hub: what is there already is not sent, and what would happen can be seen."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, OfflineModeIsEnabled, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile

from hgen.errors import ConfigError, NetworkError
from hgen.export.folders import MANIFEST, exported_files
from hgen.passwords import harmless, message_of, without_passwords, without_secrets
from hgen.shards import file_digest

_NAME = re.compile(r"(?!.*(--|\.\.))(?=.{3,96}$)\w([\w.-]*\w)?/\w([\w.-]*\w)?", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")

MOST_FILES = 2_000
"""More files than these are sent in several commits: the hub takes long over large ones, and gives up."""

_CARD = "README.md"

_REFUSED_CARD = "Invalid metadata in README.md"
"""What the client says, in an error of no class of its own, when the hub finds a fault in the card."""

# The HTTP library's own base class, whichever library this version of the client uses.
_TransportError: type[BaseException] = HfHubHTTPError.__mro__[1]


@dataclass(frozen=True)
class Destination:
    """A dataset repository, and the format whose folder it holds: no two fit into one."""

    format: str
    name: str


@dataclass(frozen=True)
class PushPlan:
    """What an upload does, or would do."""

    to: Destination
    endpoint: str
    is_new: bool
    """Whether the repository is made; without a token it may be there and be private."""
    private: bool
    """Whether one that is made is private."""
    has_token: bool
    send: Mapping[str, int]
    """The files with their bytes that are missing there or differ."""
    same: Mapping[str, int]
    """Those that are there already."""
    delete: tuple[str, ...]
    """What an earlier export has left there."""

    def row(self) -> dict[str, object]:
        """The plan for machines."""
        return {
            "format": self.to.format,
            "repository": self.to.name,
            "endpoint": self.endpoint,
            "new": self.is_new,
            "private": self.private,
            "token": self.has_token,
            "send": dict(self.send),
            "same": dict(self.same),
            "delete": list(self.delete),
        }


def destinations(pushes: Sequence[str], formats: Sequence[str]) -> tuple[Destination, ...]:
    """Where to push what: ``FORMAT=ORG/NAME``, or ``ORG/NAME`` for the only one of ``formats``, or ``hf`` of several.

    Raises ``ConfigError`` for what is no name, and for two formats in one repository.
    """
    found = []
    for text in filter(None, pushes):
        format_, equals, name = text.partition("=")
        if not equals:
            format_, name = formats[0] if len(formats) == 1 else "hf", text
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name!r} is not the name of a repository on the hub; write ORG/NAME, as in acme/tasks")
        found.append(Destination(format_, name))
    names = [each.name.lower() for each in found]
    if repeated := next((name for name in names if names.count(name) > 1), ""):
        raise ConfigError(f"two exports cannot be in one repository, {repeated}; give each its own, as FORMAT=ORG/NAME")
    return tuple(found)


def require_token() -> None:
    """Raise ``ConfigError`` if there is none: this can be said before any work is done."""
    if get_token() is None:
        raise ConfigError("no Hugging Face token: run `hf auth login` or set HF_TOKEN")


def plan(folder: Path, to: Destination, *, private: bool) -> PushPlan:
    """What ``push`` would do now; nothing is changed, and no token is needed to look at what is public.

    Raises as ``push``.
    """
    files = _checked_files(folder, to.format)
    api = HfApi(library_name="hgen")
    with _explained(to.name, api.endpoint):
        there = _look(api, to)
    return _plan(folder, to, files, there, api, private=private)


def push(folder: Path, to: Destination, *, private: bool, message: str, most_files: int = MOST_FILES) -> str:
    """Upload an export to the dataset repository; returns its URL.

    The repository is made if there is none; one that exists keeps its visibility. Files that are there as they are here
    are not sent. The rest arrives in one commit, or, if it is more than ``most_files``, in several, of which the last
    one brings what makes readers take up the others. It also deletes what an earlier export left, and what else is in
    folders that this export has, because readers would take it in; other files stay. The token comes from where the
    hub's own client looks for it, and stands in no message.

    Raises ``ConfigError`` for what the user must change, and ``NetworkError`` if the hub cannot be reached, fails,
    answers with nonsense, or was written to by someone else meanwhile: then the same again goes on from what arrived.
    """
    require_token()
    files = _checked_files(folder, to.format)
    api = HfApi(library_name="hgen")
    with _explained(to.name, api.endpoint):
        url = str(api.create_repo(to.name, repo_type="dataset", private=private, exist_ok=True))
        there = _look(api, to)
    wanted = _plan(folder, to, files, there, api, private=private)
    parent = there.commit
    for paths, deleted in _commits(wanted, there, most_files):
        with _explained(to.name, api.endpoint):
            made = api.create_commit(
                to.name,
                [
                    *(CommitOperationDelete(path_in_repo=path, is_folder=False) for path in deleted),
                    *(CommitOperationAdd(path_in_repo=path, path_or_fileobj=folder / path) for path in paths),
                ],
                commit_message=message,
                repo_type="dataset",
                parent_commit=parent,
            )
            parent = made.oid
    return url


@dataclass(frozen=True)
class _There:
    """What is in the repository."""

    exists: bool
    commit: str | None = None
    files: Mapping[str, RepoFile] | None = None
    earlier: frozenset[str] = frozenset()
    """What the manifest of an earlier export names."""


def _look(api: HfApi, to: Destination) -> _There:
    try:
        commit = api.dataset_info(to.name).sha
    except RepositoryNotFoundError:
        return _There(exists=False)
    if commit is not None and not _COMMIT.fullmatch(commit):
        raise NetworkError(f"{without_passwords(api.endpoint)} names no commit of {to.name}; push again later")
    try:
        tree = list(api.list_repo_tree(to.name, recursive=True, revision=commit, repo_type="dataset"))
    except EntryNotFoundError:
        # A repository without a file.
        tree = []
    files = {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}
    earlier: frozenset[str] = frozenset()
    if MANIFEST in files:
        earlier = _earlier(api.hf_hub_download(to.name, MANIFEST, repo_type="dataset", revision=commit), to)
    return _There(exists=True, commit=commit, files=files, earlier=earlier)


def _earlier(manifest: str, to: Destination) -> frozenset[str]:
    try:
        said = json.loads(Path(manifest).read_bytes())
        kind, files = said["format"], frozenset(said["files"])
    except (ValueError, KeyError, TypeError):
        return frozenset()
    if kind != to.format:
        raise ConfigError(
            f"{to.name} on the hub holds an export in the format {kind}, and one repository cannot hold two; "
            f"give another one, as {to.format}=ORG/NAME"
        )
    return files


def _plan(
    folder: Path, to: Destination, files: Mapping[str, str], there: _There, api: HfApi, *, private: bool
) -> PushPlan:
    remote = there.files or {}
    sizes = {path: (folder / path).stat().st_size for path in files}
    same = {path for path in files if path in remote and _is_same(folder / path, files[path], remote[path])}
    own = {PurePosixPath(path).parts[0] for path in files if "/" in path}
    left = (path for path in remote if path in there.earlier or ("/" in path and PurePosixPath(path).parts[0] in own))
    return PushPlan(
        to=to,
        endpoint=without_passwords(api.endpoint),
        is_new=not there.exists,
        private=private,
        has_token=get_token() is not None,
        send={path: sizes[path] for path in files if path not in same},
        same={path: sizes[path] for path in files if path in same},
        delete=tuple(sorted(path for path in left if path not in files)),
    )


def _is_same(file: Path, digest: str, remote: RepoFile) -> bool:
    if remote.size != file.stat().st_size:
        return False
    if remote.lfs is not None:
        return bool(remote.lfs.sha256 == digest)
    # As git names contents.
    blob = b"blob %d\0" % remote.size + file.read_bytes()
    return bool(remote.blob_id == hashlib.sha1(blob, usedforsecurity=False).hexdigest())


def _commits(wanted: PushPlan, there: _There, most: int) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    """The files that each commit brings, and those that it deletes; none if there is nothing to do."""
    last = list(wanted.send)
    if len(last) > most:
        early = [path for path in last if path not in (there.files or {}) and not _is_taken_up(path)]
        last = [path for path in last if path not in set(early)]
        group: list[str] = []
        # A task's folder is in one commit.
        for _, paths in groupby(early, key=lambda path: PurePosixPath(path).parts[:2]):
            group += paths
            if len(group) >= most:
                yield group, ()
                group = []
        last = [*group, *last]
    if last or wanted.delete:
        yield last, wanted.delete


def _is_taken_up(path: str) -> bool:
    """Whether readers of a dataset look at this file, rather than at what it names."""
    return path in {_CARD, MANIFEST} or path.endswith(".parquet")


def _checked_files(folder: Path, kind: str) -> dict[str, str]:
    files = exported_files(folder, kind)
    for path, digest in files.items():
        if not (folder / path).is_file() or file_digest(folder / path) != digest:
            raise ConfigError(f"{folder / path} is missing or was changed since the export; run `hgen export` again")
    return {**files, MANIFEST: file_digest(folder / MANIFEST)}


@contextmanager
def _explained(name: str, endpoint: str) -> Iterator[None]:
    """Turn what the hub's client raises into one line that says what to do and holds no secret."""
    shown = without_passwords(endpoint)
    try:
        yield
    except OfflineModeIsEnabled:
        raise NetworkError("HF_HUB_OFFLINE is set, so nothing was uploaded; unset it and push again") from None
    except HfHubHTTPError as error:
        raise _refused(error, name, shown) from harmless(error)
    except (_TransportError, EntryNotFoundError) as error:
        reason = message_of(error) or type(error).__name__
        raise NetworkError(f"cannot reach {shown}: {reason}; push again later") from harmless(error)
    except RuntimeError as error:
        # What the client raises, with its cause, when a large file does not go through.
        reason = message_of(error.__cause__ or error)
        raise NetworkError(f"the upload to {shown} broke off: {reason}; push again") from harmless(error)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        if str(error).startswith(_REFUSED_CARD):
            raise ConfigError(f"{shown} does not take this dataset: {message_of(error)}") from harmless(error)
        # The client reads answers without looking whether they are what they should be.
        reason = f"{type(error).__name__}: {message_of(error)}"
        raise NetworkError(
            f"{shown} answers in a way that the hub does not ({reason}), as a proxy's or login page would; "
            "push again later"
        ) from harmless(error)


def _refused(error: HfHubHTTPError, name: str, endpoint: str) -> ConfigError | NetworkError:
    status = error.response.status_code if error.response is not None else 0
    said = f" ({without_secrets(' '.join(error.server_message.split()))})" if error.server_message else ""
    match status:
        case 401:
            return ConfigError(f"{endpoint} does not know your token{said}; run `hf auth login` or set HF_TOKEN anew")
        case 403:
            return ConfigError(f"your token may not write to {name} on {endpoint}{said}; it needs write access there")
        case 409 | 412:
            return NetworkError(f"{name} was changed by someone else during the upload{said}; push again")
        case _ if 400 <= status < 500 and status not in {408, 429}:
            return ConfigError(f"{endpoint} does not take this dataset: status {status}{said}")
        case _:
            return NetworkError(f"{endpoint} failed: status {status}{said}; push again later")
