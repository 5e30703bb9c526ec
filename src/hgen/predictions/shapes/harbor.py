"""Harbor's trials (0.24, 0.26): folders with what was run in ``result.json``, what was collected in ``artifacts``.

``hgen export --format harbor`` has the agent's diff collected as ``/logs/artifacts/answer.diff``.
"""

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from hgen.predictions.shapes.diff_file import read_diff
from hgen.predictions.shapes.regular_file import UnreadableFile
from hgen.predictions.shapes.rows import Read, UnreadableRow, read_row, text_at

ANSWER = PurePosixPath("logs/artifacts/answer.diff")
"""Where the diff is below ``artifacts``: what is collected keeps its path in the container."""

_RESULT, _CONFIG = "result.json", "config.json"


def is_trial(folder: Path) -> bool:
    """Whether a folder is that of a trial, finished or not; a job's has the same files, which say other things."""
    return "task_name" in _json(folder / _RESULT) or {"trial_name", "task"} <= _json(folder / _CONFIG).keys()


def trial(folder: Path, origin: str) -> Read:
    """The answer of a trial."""
    result = _json(folder / _RESULT)
    path = text_at(result, "task_id", "path")
    instance_id = PurePosixPath(path).name or text_at(result, "task_name").rpartition("/")[2]
    if not instance_id:
        return UnreadableRow(origin, 1, "the trial is not finished")
    file = folder / "artifacts" / ANSWER
    if not _stays_within(folder, file):
        return UnreadableRow(origin, 1, f"{instance_id}: a link stands where {ANSWER.name} is collected")
    try:
        patch = read_diff(file)
    except UnreadableFile as why:
        raised = text_at(result, "exception_info", "exception_type")
        return UnreadableRow(origin, 1, f"{instance_id}: {why}{f' ({raised})' if raised else ''}")
    row = {"instance_id": instance_id, "model_name_or_path": _model(result), "model_patch": patch}
    return read_row(row, 1, origin=origin)


def _model(result: Mapping[str, object]) -> str:
    agent = result.get("agent_info")
    names = (text_at(agent, "model_info", "provider"), text_at(agent, "model_info", "name"))
    return "/".join(filter(None, names)) or text_at(agent, "name")


def _stays_within(folder: Path, file: Path) -> bool:
    return file.parent.resolve() == folder.resolve() / file.parent.relative_to(folder)


def _json(file: Path) -> Mapping[str, object]:
    try:
        found = json.loads(file.read_bytes()) if file.is_file() else None
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {}
