"""Predictions in one file: JSON lines, an array, an object by id, or one trajectory of mini-swe-agent."""

import json
from collections.abc import Iterator
from pathlib import Path

from hgen.predictions.shapes.json_parts import BrokenJson, beginning, elements, members
from hgen.predictions.shapes.rows import Read, UnreadableRow, read_row
from hgen.predictions.shapes.trajectory import FIRST_KEYS, trajectory

Shape = str
"""What a shape is called in messages."""

JSON_LINES = "JSON lines"
ARRAY = "a JSON array"
BY_ID = "a JSON object by instance_id"
TRAJECTORY = "a trajectory of mini-swe-agent"

_ROW_KEYS = {"test_result", "instance", "metadata", "env", "task"}
"""Keys of rows whose values are objects, which no id is."""


def shape_of(file: Path) -> Shape:
    """What a file seems to be, seen from how it begins; what is nothing else is lines."""
    try:
        first, key, value = beginning(file)
    except BrokenJson:
        return JSON_LINES
    if first == "[":
        return ARRAY
    if key in FIRST_KEYS and not _is_lines(file):
        return TRAJECTORY
    return BY_ID if value == "{" and key not in _ROW_KEYS else JSON_LINES


def read_file(file: Path, shape: Shape, origin: str = "") -> Iterator[Read]:
    """All rows of a file, by its shape."""
    match shape:
        case "a JSON array":
            return _array(file, origin)
        case "a JSON object by instance_id":
            return _by_id(file, origin)
        case "a trajectory of mini-swe-agent":
            # The user named this file, perhaps by a link.
            return iter([trajectory(file.resolve(), origin)])
        case _:
            return _lines(file, origin)


def _lines(file: Path, origin: str) -> Iterator[Read]:
    number = 0
    with file.open("rb") as lines:
        for line in lines:
            if line.strip():
                number += 1
                yield read_row(_json(line), number, origin=origin)


def _array(file: Path, origin: str) -> Iterator[Read]:
    number = 0
    try:
        for number, row in enumerate(elements(file), 1):
            yield read_row(row, number, origin=origin)
    except BrokenJson as broken:
        yield UnreadableRow(origin, number + 1, str(broken))


def _by_id(file: Path, origin: str) -> Iterator[Read]:
    number = 0
    try:
        for number, (instance_id, row) in enumerate(members(file), 1):
            yield read_row(row, number, name=instance_id, origin=origin)
    except BrokenJson as broken:
        yield UnreadableRow(origin, number + 1, str(broken))


def _is_lines(file: Path) -> bool:
    """Whether something stands below the first line, which is an object by itself."""
    with file.open("rb") as lines:
        return isinstance(_json(lines.readline()), dict) and bool(lines.readline().strip())


def _json(line: bytes) -> object:
    try:
        # Of bytes the library guesses the encoding, line by line.
        value: object = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return value
