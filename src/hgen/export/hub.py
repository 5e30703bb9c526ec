"""Uploads of an export to the Hugging Face Hub, each one commit."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from hgen.errors import ConfigError, NetworkError
from hgen.export.folders import MANIFEST, exported_files
from hgen.export.formats import hf
from hgen.shards import file_digest

_NAME = re.compile(r"(?!.*(--|\.\.))(?=.{3,96}$)\w([\w.-]*\w)?/\w([\w.-]*\w)?", re.ASCII)
_SHARD = re.compile(r"[^/]+/train-\d{5}-of-\d{5}\.parquet")

# The HTTP library's own base class, whichever library this version of the client uses.
_TransportError: type[BaseException] = HfHubHTTPError.__mro__[1]


def push(folder: Path, name: str, *, private: bool, message: str) -> str:
    """Upload an export in the format ``hf`` to the dataset repository ``ORG/NAME``; returns its URL.

    The repository is made if there is none; one that exists keeps its visibility. All files arrive in one commit,
    which also deletes other shards in the folders of these configs, because a reader would take them in; other files
    stay. The token comes from where the hub's own client looks for it. Raises ``ConfigError`` for what the user must
    change, and ``NetworkError`` if the hub cannot be reached, fails, or was written to by someone else meanwhile.
    """
    require(name)
    files = _checked_files(folder)
    api = HfApi(library_name="hgen")
    with _explained(name, api.endpoint):
        url = api.create_repo(name, repo_type="dataset", private=private, exist_ok=True)
        there = api.dataset_info(name)
        stale = _stale({sibling.rfilename for sibling in there.siblings or ()}, files)
        api.create_commit(
            name,
            [
                *(CommitOperationDelete(path_in_repo=path) for path in stale),
                *(CommitOperationAdd(path_in_repo=path, path_or_fileobj=folder / path) for path in files),
            ],
            commit_message=message,
            repo_type="dataset",
            parent_commit=there.sha,
        )
    return str(url)


def require(name: str) -> None:
    """What can be said before any work is done: raises ``ConfigError`` for a wrong name or if there is no token."""
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is not the name of a repository on the hub; write ORG/NAME, as in acme/tasks")
    if get_token() is None:
        raise ConfigError("no Hugging Face token: run `hf auth login` or set HF_TOKEN")


def _checked_files(folder: Path) -> list[str]:
    files = exported_files(folder, hf.NAME)
    for path, digest in files.items():
        if not (folder / path).is_file() or file_digest(folder / path) != digest:
            raise ConfigError(f"{folder / path} is missing or was changed since the export; run `hgen export` again")
    return [*files, MANIFEST]


def _stale(remote: set[str], files: list[str]) -> list[str]:
    configs = {PurePosixPath(path).parent for path in files if _SHARD.fullmatch(path)}
    others = (path for path in remote - set(files) if _SHARD.fullmatch(path))
    return sorted(path for path in others if PurePosixPath(path).parent in configs)


@contextmanager
def _explained(name: str, endpoint: str) -> Iterator[None]:
    """Turn what the hub's client raises into one line that says what to do."""
    try:
        yield
    except OfflineModeIsEnabled:
        raise NetworkError("HF_HUB_OFFLINE is set, so nothing was uploaded; unset it and push again") from None
    except HfHubHTTPError as error:
        raise _refused(error, name, endpoint) from error
    except _TransportError as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise NetworkError(f"cannot reach {endpoint}: {reason}") from error
    except RuntimeError as error:
        # What the client raises, with its cause, when a large file does not go through.
        reason = " ".join(str(error.__cause__ or error).split())
        raise NetworkError(f"the upload to {endpoint} broke off: {reason}; push again") from error
    except ValueError as error:
        raise ConfigError(f"{endpoint} does not take this dataset: {' '.join(str(error).split())}") from error


def _refused(error: HfHubHTTPError, name: str, endpoint: str) -> ConfigError | NetworkError:
    status = error.response.status_code if error.response is not None else 0
    said = f" ({' '.join(error.server_message.split())})" if error.server_message else ""
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
