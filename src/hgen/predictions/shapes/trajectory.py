"""mini-swe-agent's trajectories (2.4: ``mini-swe-agent-1.1``): ``info.submission`` is the answer."""

import json
from collections.abc import Mapping
from pathlib import Path

from hgen.predictions.shapes.regular_file import UnreadableFile, beginning_of
from hgen.predictions.shapes.rows import Read, UnreadableRow, read_row, text_at

ENDING = ".traj.json"

FIRST_KEYS = ("info", "messages", "trajectory_format")
"""Those of which one comes first."""

_MOST = 128 << 20
"""Bytes of a trajectory: a long one, with all that was said and printed, has some millions."""


def trajectory(file: Path, origin: str = "") -> Read:
    """The answer in a trajectory; its id is the one in it, or what the file is called."""
    try:
        content = beginning_of(file, _MOST + 1)
        if len(content) > _MOST:
            return UnreadableRow(origin, 1, f"{file.name} is larger than {_MOST:,} bytes")
        found = json.loads(content)
    except UnreadableFile as why:
        return UnreadableRow(origin, 1, str(why))
    except (ValueError, RecursionError) as error:
        return UnreadableRow(origin, 1, f"no JSON: {error}")
    info = found.get("info") if isinstance(found, Mapping) else None
    if not isinstance(info, Mapping) or "submission" not in info:
        return UnreadableRow(origin, 1, "no trajectory with info.submission")
    row = {
        "instance_id": text_at(found, "instance_id") or file.name.removesuffix(ENDING),
        "model_name_or_path": text_at(info, "config", "model", "model_name"),
        "model_patch": info["submission"],
    }
    return read_row(row, 1, origin=origin)
