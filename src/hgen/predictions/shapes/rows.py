"""One answer as a JSON object, in the forms that harnesses write; which one it is, is seen from its keys.

Read in the code of swebench 5.0, mini-swe-agent 2.4, OpenHands' benchmarks (November 2026) and verifiers 0.4.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from hgen.records import Prediction


@dataclass(frozen=True)
class UnreadableRow:
    """A row that is no prediction, and why."""

    origin: str
    row: int
    why: str

    def __str__(self) -> str:
        text = f"{self.origin or f'row {self.row}'}: {self.why}"
        # Names of files need not be Unicode.
        return text.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True)
class ReadRow:
    """A prediction, and what wrote it as far as its form tells."""

    prediction: Prediction
    form: str


Read = ReadRow | UnreadableRow
"""What becomes of a row."""


def read_row(row: object, number: int, *, name: str = "", origin: str = "") -> Read:
    """The prediction in a JSON object; ``name`` is the id where the object has none of its own.

    An answer of null is one: an agent that gave none. Without an id or an answer a row is unreadable.
    """
    if not isinstance(row, dict):
        return UnreadableRow(origin, number, "no JSON object with an instance_id")
    form, named, patch, model = _answer(row)
    instance_id = named or name
    if not instance_id:
        return UnreadableRow(origin, number, "no JSON object with an instance_id")
    if not is_storable(instance_id):
        return UnreadableRow(origin, number, "its instance_id is no Unicode text")
    if not form:
        return UnreadableRow(origin, number, f"{instance_id} has no model_patch{_failure(row)}")
    stored = patch if patch is None or (isinstance(patch, str) and is_storable(patch)) else (json.dumps(patch),)
    prediction = Prediction(
        instance_id=instance_id, model_name_or_path=model, model_patch=stored, row=number, origin=origin
    )
    return ReadRow(prediction, form)


def is_storable(text: str) -> bool:
    """Whether UTF-8 can write it; JSON's escapes can name halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def text_at(value: object, *keys: str) -> str:
    """The text at the end of a path of keys, or nothing."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _answer(row: Mapping[str, object]) -> tuple[str, str, object, str]:
    """The row's form, empty if it holds no answer, its id, the answer and the model."""
    named, model = text_at(row, "instance_id"), text_at(row, "model_name_or_path")
    if "model_patch" in row:
        return "SWE-bench rows", named, row["model_patch"], model
    result = row.get("test_result")
    if isinstance(result, Mapping):
        model = model or text_at(row, "metadata", "llm", "model") or text_at(row, "metadata", "llm_config", "model")
        return ("OpenHands rows" if "git_patch" in result else ""), named, result.get("git_patch"), model
    if isinstance(row.get("traces"), list):
        return _trace_answer(row)
    return "", named, None, model


def _trace_answer(episode: Mapping[str, object]) -> tuple[str, str, object, str]:
    """That of a verifiers episode: a trace's ``info`` holds the answer, its task's data the id."""
    traces = [trace for trace in _list(episode.get("traces")) if isinstance(trace, Mapping)]
    named = next((name for each in [*traces, episode] if (name := _trace_task(each))), "")
    for trace in traces:
        info = trace.get("info")
        if isinstance(info, Mapping) and "model_patch" in info:
            # The run's own model stands only beside the calls.
            models = (text_at(each, "model") for each in _list(trace.get("calls")))
            model = text_at(trace, "agent", "config", "model") or next(filter(None, models), "")
            return "verifiers traces", _trace_task(trace) or named, info["model_patch"], model
    return "", named, None, ""


def _trace_task(trace: Mapping[str, object]) -> str:
    return next((name for key in ("instance_id", "id", "name") if (name := text_at(trace, "task", "data", key))), "")


def _failure(row: Mapping[str, object]) -> str:
    """What a harness says of its own failure."""
    traces = [trace for trace in _list(row.get("traces")) if isinstance(trace, Mapping)]
    errors = [row.get("error"), *(error for each in [*traces, row] for error in _list(each.get("errors")))]
    said = (text_at(error, "message") or (error if isinstance(error, str) else "") for error in errors)
    first = next((" ".join(text.split())[:200] for text in said if text), "")
    return f" ({first})" if first else ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
