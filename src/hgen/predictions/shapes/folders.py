"""Predictions in a folder: what a harness left, told by the names of the files in it."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from hgen.errors import ConfigError
from hgen.predictions.shapes import diff_file, files, harbor
from hgen.predictions.shapes.regular_file import UnreadableFile
from hgen.predictions.shapes.rows import Read, UnreadableRow, read_row
from hgen.predictions.shapes.trajectory import ENDING, trajectory

WHOLE = ("preds.json", "all_preds.json", "all_preds.jsonl", "output.jsonl", "traces.jsonl", "predictions.jsonl")
"""Files in which all predictions of a folder are, by the names that mini-swe-agent, SWE-bench, OpenHands, verifiers and
hgen's own documentation give them."""

HARBOR = "a Harbor job"
TRAJECTORIES = "trajectories of mini-swe-agent"
DIFFS = "diffs, each named by its instance_id"

_DEPTH = 3
"""How deep it is looked: trials lie at ``jobs/JOB/TRIAL``."""

_MOST = 200_000
"""Files and folders that are looked at before there is one that is a prediction."""


def read_folder(folder: Path, name: str) -> tuple[str, Iterator[Read]]:
    """The shape of a folder, and its rows, each with its path in the folder as ``origin``.

    Rows are counted in their own file, so that adding one renumbers no other. Raises ``ConfigError`` for a folder of no
    known shape, or of several.
    """
    whole = [file for file in WHOLE if (folder / file).is_file()]
    if whole:
        _require_one(name, whole)
        file = folder / whole[0]
        shape = files.shape_of(file)
        return f"{whole[0]}, {shape}", files.read_file(file, shape)
    found = _found(folder, name)
    _require_one(name, list(found))
    if not found:
        raise ConfigError(f"cannot read {name}: the folder holds no predictions; {KNOWN}")
    ((shape, paths),) = found.items()
    return shape, (_READERS[shape](folder / path, path) for path in paths)


def _require_one(name: str, shapes: list[str]) -> None:
    if len(shapes) > 1:
        raise ConfigError(
            f"cannot read {name}: it holds several kinds of predictions, {' and '.join(shapes)}; name one"
        )


def _found(folder: Path, name: str) -> dict[str, list[str]]:
    """The paths of all that may be a prediction, by shape, in order; no link is followed into a folder."""
    found: dict[str, list[str]] = defaultdict(list)
    seen = 0
    if harbor.is_trial(folder):
        return {HARBOR: ["."]}
    for path, folders, names in os.walk(folder):
        here = Path(path).relative_to(folder)
        trials = {each for each in folders if harbor.is_trial(Path(path) / each)}
        found_here = {
            HARBOR: trials,
            TRAJECTORIES: {each for each in names if each.endswith(ENDING)},
            DIFFS: {each for each in names if each.endswith(diff_file.ENDINGS)},
        }
        for shape, each in found_here.items():
            if each:
                found[shape] += [(here / one).as_posix() for one in each]
        seen += len(folders) + len(names)
        if seen > _MOST and not found:
            raise ConfigError(f"cannot read {name}: {seen} files and folders in it, and no predictions; {KNOWN}")
        # What a trial has collected is no prediction by itself.
        folders[:] = [] if len(here.parts) == _DEPTH - 1 else sorted(set(folders) - trials)
    return {shape: sorted(paths) for shape, paths in found.items()}


def _diff(file: Path, origin: str) -> Read:
    try:
        return read_row({"instance_id": file.stem, "model_patch": diff_file.read_diff(file)}, 1, origin=origin)
    except UnreadableFile as why:
        return UnreadableRow(origin, 1, str(why))


def _trajectory(file: Path, origin: str) -> Read:
    return trajectory(file, origin)


_READERS: dict[str, Callable[[Path, str], Read]] = {HARBOR: harbor.trial, TRAJECTORIES: _trajectory, DIFFS: _diff}

KNOWN = (
    "known are JSON lines or an array of rows with instance_id and model_patch (or OpenHands' test_result.git_patch), "
    "verifiers' traces.jsonl, mini-swe-agent's preds.json, its .traj.json or a folder of them, a folder of Harbor's "
    "jobs, and a folder of .diff or .patch files named by instance_id"
)
