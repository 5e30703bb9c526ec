"""A sound task as one row: the names of ``records.Task``, then its checks and baselines."""

import json

from hgen.records import Validated

Row = dict[str, object]
"""A row's values by column, made of what JSON can hold."""

ENCODED = ("difficulty", "baselines", "environment")
"""The columns whose keys differ from family to family, or that are an environment: in a table they are JSON texts, so
that every family, empty ones and those of third parties included, has the same columns."""


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
