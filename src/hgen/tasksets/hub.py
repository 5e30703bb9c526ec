"""Datasets of tasks on the Hugging Face Hub: their rows at once, snapshots as they are asked for."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hgen.errors import ConfigError, NetworkError
from hgen.passwords import harmless, message_of

_NAME = re.compile(r"(?!.*(?:--|\.\.))\w(?:[\w.-]{0,94}\w)?/\w(?:[\w.-]{0,94}\w)?(?:@[\w./-]{1,200})?", re.ASCII)
_PREFIX = "hf:"
_ROWS = ("*.parquet", "*.jsonl", "*answers.zip", ".hgen.json")
"""What the hub's client takes for paths; its stars go over slashes."""


@dataclass(frozen=True)
class HubDataset:
    """A dataset repository ``ORG/NAME``, at a branch, tag or commit; the default branch if that is empty."""

    name: str
    revision: str = ""

    def __str__(self) -> str:
        return f"{self.name}@{self.revision}" if self.revision else self.name

    def rows(self) -> Path:
        """The folder in the hub client's cache that holds the rows; fetched if they are not there.

        What is there is enough where the hub cannot be reached. Raises ``ConfigError`` for what the user must change,
        ``NetworkError`` if the hub cannot be reached or fails.
        """
        return self._fetched(_ROWS)

    def fetch_snapshots(self, digests: Iterable[str]) -> None:
        """Have those of these snapshots that the dataset holds in the same folder."""
        self._fetched([f"*/{digest}.zip" for digest in sorted(digests)])

    def _fetched(self, patterns: Iterable[str]) -> Path:
        # Takes a third of a second to import.
        from huggingface_hub import snapshot_download  # noqa: PLC0415

        with _explained(self):
            folder = snapshot_download(
                self.name,
                repo_type="dataset",
                revision=self.revision or None,
                allow_patterns=list(patterns),
                library_name="hgen",
            )
        return Path(folder)


def hub_dataset(text: str) -> HubDataset | None:
    """The dataset that ``hf:ORG/NAME``, ``ORG/NAME`` or either with ``@REVISION`` names; None for another text.

    Raises ``ConfigError`` for ``hf:`` before anything else.
    """
    named = text.removeprefix(_PREFIX)
    if not _NAME.fullmatch(named):
        if text.startswith(_PREFIX):
            raise ConfigError(f"{text!r} names no dataset on the hub; write hf:ORG/NAME or hf:ORG/NAME@REVISION")
        return None
    name, _, revision = named.partition("@")
    return HubDataset(name, revision)


@contextmanager
def _explained(dataset: HubDataset) -> Iterator[None]:
    """Turn what the hub's client raises into one line that says what to do and holds no password or token."""
    from huggingface_hub.errors import (  # noqa: PLC0415
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        yield
    except GatedRepoError:
        raise ConfigError(f"{dataset} on the hub is gated; ask for access there, and run `hf auth login`") from None
    except RevisionNotFoundError:
        raise ConfigError(f"the dataset {dataset.name} on the hub has no revision {dataset.revision!r}") from None
    except RepositoryNotFoundError:
        raise ConfigError(
            f"there is no file or folder {dataset.name}, and no dataset of that name on the hub that you may read; "
            "for a private one, run `hf auth login` or set HF_TOKEN"
        ) from None
    except LocalEntryNotFoundError as error:
        reason = message_of(error.__cause__ or error)
        cause = None if error.__cause__ is None or harmless(error.__cause__) is None else harmless(error)
        raise NetworkError(f"cannot reach the hub, and {dataset} is not in its cache: {reason}") from cause
    except HfHubHTTPError as error:
        if error.response is not None and error.response.status_code in {401, 403}:
            raise ConfigError(f"the hub does not let you read {dataset}; run `hf auth login` or set HF_TOKEN") from None
        raise NetworkError(f"the hub does not give {dataset}: {message_of(error)}") from harmless(error)
    except (OSError, ValueError) as error:
        raise NetworkError(f"cannot fetch {dataset} from the hub: {message_of(error)}") from harmless(error)
