"""What is in the archive of answer files that an export writes."""

import json
import zipfile
from pathlib import Path


def answers(archive: Path) -> dict[str, bytes]:
    """The answer files by the names of their tasks."""
    with zipfile.ZipFile(archive) as members:
        return {name.removesuffix(".json"): members.read(name) for name in members.namelist()}


def rows(archive: Path) -> list[dict]:
    """The rows of the tasks."""
    return [json.loads(answer)["task"] for answer in answers(archive).values()]
