"""A sound task as one row: the names of ``records.Task``, then its checks and baselines."""

import json

from hgen.records import Validated
from hgen.tasksets.columns import ENCODED, Row

__all__ = ["ENCODED", "Row", "config_name", "row", "table_row"]


def row(validated: Validated) -> Row:
    """The row for JSON lines, in which everything keeps its shape."""
    values: Row = validated.task.model_dump(mode="json")
    values["checks"] = [check.model_dump(mode="json") for check in validated.checks]
    values["baselines"] = validated.baselines
    return values


def table_row(validated: Validated) -> Row:
    """The row for tables with declared columns."""
    values = row(validated)
    for name in ENCODED:
        if values[name] is not None:
            values[name] = json.dumps(values[name], sort_keys=True)
    return values


def config_name(family: str) -> str:
    """A family's name as the hub and ``load_dataset`` want it: ``dep_search``."""
    return family.replace("-", "_")
