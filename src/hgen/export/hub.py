"""Uploads of exports to the Hugging Face Hub: what is there already is not sent, and what would happen can be seen."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError
from huggingface_hub.hf_api import RepoFile

from hgen.errors import ConfigError, NetworkError
from hgen.export.folders import MANIFEST, exported_files
from hgen.export.hub_errors import explained
from hgen.passwords import without_passwords
from hgen.shards import file_digest

_NAME = re.compile(r"(?!.*(--|\.\.))(?=.{3,96}$)\w([\w.-]*\w)?/\w([\w.-]*\w)?", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}")

MOST_FILES = 2_000
"""More files than these are sent in several commits: the hub takes long over large ones, and gives up."""

_CARD = "README.md"

_FROM_THE_HUB = frozenset({".gitattributes"})

_STOCK_CARD = re.compile(rb"---\nlicense: [\w.-]{1,64}\n---\n?")
"""The card of a repository for which a licence was chosen when it was made by hand."""


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
    """Whether it is private, or is made so."""
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


def plan(folder: Path, to: Destination, *, private: bool, force: bool = False) -> PushPlan:
    """What ``push`` would do now; nothing is changed, and no token is needed to look at what is public.

    Raises as ``push``.
    """
    files = _checked_files(folder, to.format)
    api = HfApi(library_name="hgen")
    with explained(to.name, api.endpoint):
        there = _look(api, to)
    return _plan(folder, to, files, there, api, private=private, force=force)


def push(
    folder: Path, to: Destination, *, private: bool, message: str, force: bool = False, most_files: int = MOST_FILES
) -> str:
    """Upload an export to the dataset repository; returns its URL.

    The repository is made if there is none; one that exists keeps its visibility, and is refused if it is public while
    ``private`` is asked for, or if it holds files and no export, unless ``force``. Files that are there as they are
    here are not sent. The rest arrives in one commit, or, if it is more than ``most_files``, in several, of which the
    last one brings what makes readers take up the others. It also deletes what an earlier export left, and what else
    is in folders that this export has, because readers would take it in; other files stay. The token comes from where
    the hub's own client looks for it, and stands in no message.

    Raises ``ConfigError`` for what the user must change, and ``NetworkError`` if the hub cannot be reached, fails,
    answers with nonsense, or was written to by someone else meanwhile: then the same again goes on from what arrived.
    """
    require_token()
    files = _checked_files(folder, to.format)
    api = HfApi(library_name="hgen")
    with explained(to.name, api.endpoint):
        url = str(api.create_repo(to.name, repo_type="dataset", private=private, exist_ok=True))
        there = _look(api, to)
    wanted = _plan(folder, to, files, there, api, private=private, force=force)
    parent = there.commit
    for paths, deleted in _commits(wanted, there, most_files):
        with explained(to.name, api.endpoint):
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
    private: bool = False
    earlier: frozenset[str] | None = None
    """What the manifest of an earlier export names; None if there is none."""
    has_stock_card: bool = False
    """Whether the card is the one with which the hub makes a repository."""


def _look(api: HfApi, to: Destination) -> _There:
    try:
        info = api.dataset_info(to.name)
    except RepositoryNotFoundError:
        return _There(exists=False)
    commit = info.sha
    if commit is not None and not _COMMIT.fullmatch(commit):
        raise NetworkError(f"{without_passwords(api.endpoint)} names no commit of {to.name}; push again later")
    try:
        tree = list(api.list_repo_tree(to.name, recursive=True, revision=commit, repo_type="dataset"))
    except EntryNotFoundError:
        # A repository without a file.
        tree = []
    files = {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}

    def content(path: str) -> bytes | None:
        if path not in files:
            return None
        return Path(api.hf_hub_download(to.name, path, repo_type="dataset", revision=commit)).read_bytes()

    manifest = content(MANIFEST)
    earlier = None if manifest is None else _earlier(manifest, to)
    card = content(_CARD) if earlier is None else None
    stock = card is not None and _STOCK_CARD.fullmatch(card) is not None
    return _There(True, commit, files, private=bool(info.private), earlier=earlier, has_stock_card=stock)


def _earlier(manifest: bytes, to: Destination) -> frozenset[str] | None:
    try:
        said = json.loads(manifest)
        kind, files = said["format"], frozenset(said["files"])
    except (ValueError, KeyError, TypeError):
        return None
    if kind != to.format:
        raise ConfigError(
            f"{to.name} on the hub holds an export in the format {kind}, and one repository cannot hold two; "
            f"give another one, as {to.format}=ORG/NAME"
        )
    return files


def _plan(
    folder: Path,
    to: Destination,
    files: Mapping[str, str],
    there: _There,
    api: HfApi,
    *,
    private: bool,
    force: bool,
) -> PushPlan:
    """The plan; raises ``ConfigError`` if the repository must not be written to as it is."""
    if there.exists and private and not there.private:
        raise ConfigError(
            f"{to.name} on the hub is public, and so would the answers of the tasks be; give --public if they may, "
            "make it private there, or give another one"
        )
    remote = there.files or {}
    sizes = {path: (folder / path).stat().st_size for path in files}
    same = {path for path in files if path in remote and _is_same(folder / path, files[path], remote[path])}
    if there.earlier is None and not force:
        _refuse_foreign(to, sorted(remote.keys() - same - _FROM_THE_HUB), there)
    own = {PurePosixPath(path).parts[0] for path in files if "/" in path}
    left = (
        path
        for path in remote
        if path in (there.earlier or ()) or ("/" in path and PurePosixPath(path).parts[0] in own)
    )
    return PushPlan(
        to=to,
        endpoint=without_passwords(api.endpoint),
        is_new=not there.exists,
        private=there.private if there.exists else private,
        has_token=get_token() is not None,
        send={path: sizes[path] for path in files if path not in same},
        same={path: sizes[path] for path in files if path in same},
        delete=tuple(sorted(path for path in left if path not in files)),
    )


def _refuse_foreign(to: Destination, foreign: Sequence[str], there: _There) -> None:
    """Raise ``ConfigError`` if files are in a repository that no export is in; a broken-off one has left its own."""
    foreign = [path for path in foreign if not (path == _CARD and there.has_stock_card)]
    if foreign:
        raise ConfigError(
            f"{to.name} on the hub holds files that no export wrote, such as {foreign[0]}, and a push would overwrite "
            "or delete some; give another one, or --force"
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
