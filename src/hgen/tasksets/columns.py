"""What a task's row looks like in a table with declared columns, and how it becomes the same row as in JSON lines."""

import json

from hgen.errors import ShardError

Row = dict[str, object]
"""A task's values by column, made of what JSON can hold."""

ENCODED = ("difficulty", "baselines", "environment")
"""The columns whose keys differ from family to family, or that are an environment: in a table they are JSON texts, so
that every family, empty ones and those of third parties included, has the same columns."""


def decoded(row: Row) -> Row:
    """A table's row with the shape that it has in JSON lines; raises ``ShardError`` for a text that is no JSON."""
    values = dict(row)
    for name in ENCODED:
        text = values.get(name)
        if isinstance(text, str):
            try:
                values[name] = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise ShardError(f"the column {name} holds no JSON: {error}") from None
    return values


def task_of(line: bytes, place: object) -> Row:
    """A task's row, also out of a record of validation; raises ``ShardError``, which names the place, for another."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if isinstance(row, dict) and isinstance(row.get("task"), dict):
        row = row["task"]
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in _TASK_KEYS):
        raise ShardError(f"{place}: this line is no task (a row with {', '.join(_TASK_KEYS)})")
    return row


_TASK_KEYS = ("instance_id", "family", "snapshot", "setup_patch")
