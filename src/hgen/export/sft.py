"""The format ``sft``: a row for each run, with what was said as chat messages, to fine-tune a model on.

Unlike other formats it is made of runs and not of tasks. Columns as TRL, verl and prime-rl read them: ``messages`` and
``tools``.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow as pa

from hgen import resources
from hgen.agents.actions import Action, text_of
from hgen.agents.conversation import TOOL
from hgen.agents.skills.shares import uses
from hgen.errors import ConfigError
from hgen.export.folders import whole_folder
from hgen.export.lines import JsonLines
from hgen.export.parquet import ParquetShards
from hgen.export.summary import ExportSummary
from hgen.export.task_row import Row
from hgen.records import Run

NAME = "sft"
README = "templates/export/sft/README.md"
_SHARD_BYTES = 500_000_000

TRUNCATED = ("turns", "seconds", "context")
"""How runs end that a limit has cut off."""

Style = Literal["tools", "text"]


def styled(name: str) -> Style:
    """The style of a name; raises ``ConfigError`` for another."""
    if name not in get_args(Style):
        raise ConfigError(f"unknown style {name!r}; known: {', '.join(get_args(Style))}")
    return "text" if name == "text" else "tools"


_CALL = pa.struct(
    [
        ("id", pa.string()),
        ("type", pa.string()),
        ("function", pa.struct([("name", pa.string()), ("arguments", pa.string())])),
    ]
)
_SCHEMA = pa.schema(
    [
        ("instance_id", pa.string()),
        ("family", pa.string()),
        ("variant", pa.string()),
        ("repo", pa.string()),
        ("license", pa.string()),
        ("sample", pa.int64()),
        (
            "messages",
            pa.list_(
                pa.struct(
                    [
                        ("role", pa.string()),
                        ("content", pa.string()),
                        ("tool_calls", pa.list_(_CALL)),
                        ("tool_call_id", pa.string()),
                    ]
                )
            ),
        ),
        ("tools", pa.string()),
        ("mask", pa.list_(pa.int64())),
        ("reward", pa.float64()),
        ("resolved", pa.bool_()),
        ("reasons", pa.list_(pa.string())),
        ("model", pa.string()),
        ("harness", pa.string()),
        ("prompt_digest", pa.string()),
        ("exit_status", pa.string()),
        ("turns", pa.int64()),
        ("tokens", pa.int64()),
        ("split", pa.string()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which runs become rows, and how they look."""

    min_reward: float | None = None
    """Runs that earn so much, resolved or not; None: those that resolve their task."""
    keep_failed: bool = False
    """The others too, with their failing steps in ``mask``."""
    per_task: int | None = None
    """Rows of one task at most; those with the highest rewards and the fewest turns come first."""
    drop_truncated: bool = False
    no_suspicious: bool = False
    balance: bool = False
    """As many rows of each family as of the rarest."""
    max_tokens: int | None = None
    """Tokens of a row at most, as ``count`` counts them."""
    count: Callable[[str], int] | None = None
    style: Style = "tools"


def write(
    runs: Callable[[], Iterable[Run]], folder: Path, selection: Selection, split_of: Callable[[Run], str | None]
) -> ExportSummary:
    """Write ``SPLIT.jsonl`` and ``data/SPLIT-*.parquet``; ``runs`` is called twice, and must give the same.

    A run whose split is None is left out. Raises ``ConfigError`` if no run is left, or if the folder holds what no
    export wrote.
    """
    left_out: Counter[str] = Counter()
    chosen = _chosen(runs(), selection, split_of, left_out)
    if not chosen:
        said = ", ".join(f"{reason} {count:,}" for reason, count in left_out.most_common()) or "there are no runs"
        raise ConfigError(f"no run becomes a row: {said}")
    families: Counter[str] = Counter()
    splits: Counter[str] = Counter()
    with whole_folder(folder, NAME) as new:
        with ExitStack() as opened:
            lines = opened.enter_context(JsonLines(new))
            tables: dict[str, ParquetShards] = {}
            for place, run in enumerate(runs()):
                if place not in chosen:
                    continue
                split = chosen[place]
                row = row_of(run, split, selection.style)
                lines.write(split, {name: value for name, value in row.items() if value is not None})
                if split not in tables:
                    table = ParquetShards(new / "data", split, _SCHEMA, _SHARD_BYTES, indexed=["instance_id"])
                    tables[split] = opened.enter_context(table)
                tables[split].write(row)
                families[run.family] += 1
                splits[split] += 1
        (new / "README.md").write_text(_readme(sorted(splits)), encoding="utf-8")
    return replace(ExportSummary.of(NAME, folder, families, left_out), splits=dict(splits))


def _chosen(
    runs: Iterable[Run], selection: Selection, split_of: Callable[[Run], str | None], left_out: Counter[str]
) -> dict[int, str]:
    """The places of the runs that become rows, each with its split."""
    found: list[_Candidate] = []
    for place, run in enumerate(runs):
        reason = _why_not(run, selection)
        split = None if reason else split_of(run)
        if reason or split is None:
            left_out[reason or "in no split"] += 1
        else:
            found.append(_Candidate(place, run.instance_id, run.family, split, run.reward or 0.0, run.turns))
    by_task: dict[str, list[_Candidate]] = defaultdict(list)
    for each in found:
        by_task[each.instance_id].append(each)
    kept = [
        each
        for candidates in by_task.values()
        for each in sorted(candidates, key=lambda one: (-one.reward, one.turns, one.place))[: selection.per_task]
    ]
    left_out["more of the same task"] += len(found) - len(kept)
    if selection.balance and kept:
        least = min(Counter(each.family for each in kept).values())
        seen: Counter[str] = Counter()
        balanced = []
        for each in sorted(kept, key=lambda one: one.place):
            seen[each.family] += 1
            if seen[each.family] <= least:
                balanced.append(each)
        left_out["more of its family than of the rarest"] += len(kept) - len(balanced)
        kept = balanced
    for reason in [reason for reason, count in left_out.items() if not count]:
        del left_out[reason]
    return {each.place: each.split for each in kept}


@dataclass(frozen=True)
class _Candidate:
    place: int
    instance_id: str
    family: str
    split: str
    reward: float
    turns: int


def _why_not(run: Run, selection: Selection) -> str:
    """Why a run becomes no row, or nothing."""
    if run.reward is None:
        return "no verdict"
    enough = run.resolved if selection.min_reward is None else run.reward >= selection.min_reward
    if not enough and not selection.keep_failed:
        return "not resolved" if selection.min_reward is None else "reward too low"
    if selection.drop_truncated and run.exit_status in TRUNCATED:
        return "cut off by a limit"
    if selection.no_suspicious and run.suspicious:
        return "suspicious"
    if selection.max_tokens is not None and selection.count is not None:
        text = "\n".join(str(message["content"]) for message in messages_of(run, "text"))
        if selection.count(text) > selection.max_tokens:
            return "too many tokens"
    return ""


def row_of(run: Run, split: str, style: Style) -> Row:
    """The row of a run."""
    messages = messages_of(run, style)
    tokens = None if run.prompt_tokens is None else run.prompt_tokens + (run.completion_tokens or 0)
    return {
        "instance_id": run.instance_id,
        "family": run.family,
        "variant": run.variant,
        "repo": run.repo,
        "license": run.license,
        "sample": run.sample,
        "messages": messages,
        "tools": json.dumps(_tools(run)) if style == "tools" else "[]",
        "mask": _mask(run, messages),
        "reward": run.reward,
        "resolved": run.resolved,
        "reasons": [reason.code for reason in run.reasons],
        "model": run.model,
        "harness": run.harness,
        "prompt_digest": run.prompt_digest,
        "exit_status": run.exit_status,
        "turns": run.turns,
        "tokens": tokens,
        "split": split,
    }


def messages_of(run: Run, style: Style) -> list[Row]:
    """What was said, as messages of the chat-completions API; ``text`` has calls and their results as text."""
    messages: list[Row] = []
    for step in _steps(run):
        said = text_of(step.get("message"))
        if step.get("source") != "agent":
            messages.append({"role": "user" if step.get("source") == "user" else "system", "content": said})
            continue
        calls = [call for call in step.get("tool_calls") or () if isinstance(call, Mapping)]
        results = _results(step)
        if style == "text":
            shown = [said, *(f"<{_name(call)}>\n{_line(call)}\n</{_name(call)}>" for call in calls)]
            messages.append({"role": "assistant", "content": "\n\n".join(filter(None, shown))})
            if results:
                messages.append({"role": "user", "content": "\n\n".join(text for _, text in results)})
            continue
        message: Row = {"role": "assistant", "content": said}
        if calls:
            message["tool_calls"] = [
                {
                    "id": str(call.get("tool_call_id", "")),
                    "type": "function",
                    "function": {"name": _name(call), "arguments": _arguments(call)},
                }
                for call in calls
            ]
        messages.append(message)
        for key, text in results:
            messages.append(
                {"role": "tool", "tool_call_id": key, "content": text} if key else {"role": "user", "content": text}
            )
    return messages


def _mask(run: Run, messages: Sequence[Row]) -> list[int]:
    """The assistant's messages that no loss should be taken of: of a run that is not resolved its failing steps."""
    if run.resolved:
        return []
    failing = {action.step for action, use in uses(run) if _fails(action) or use.component == "submit"}
    agent = [step for step in _steps(run) if step.get("source") == "agent"]
    places = [place for place, message in enumerate(messages) if message["role"] == "assistant"]
    return [place for place, step in zip(places, agent, strict=True) if step.get("step_id") in failing]


def _fails(action: Action) -> bool:
    """Whether a step went wrong: what was called could not be run, or did not end, or ended with an error.

    Searching without a find, and tests that fail, end with a status, too, and tell the agent something.
    """
    seen = action.observation
    if seen.startswith("<ended>") or "the arguments are no JSON" in seen or "there is no tool" in seen:
        return True
    status = seen.removeprefix("<returncode>").partition("<")[0] if seen.startswith("<returncode>") else "0"
    return status not in {"0", "1"}


def _steps(run: Run) -> Iterator[Mapping[str, Any]]:
    steps = run.trajectory.get("steps")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, Mapping):
            yield step


def _tools(run: Run) -> list[Any]:
    agent = run.trajectory.get("agent")
    tools = agent.get("tool_definitions") if isinstance(agent, Mapping) else None
    return tools if isinstance(tools, list) else [dict(TOOL)]


def _results(step: Mapping[str, Any]) -> list[tuple[str, str]]:
    observation = step.get("observation")
    results = observation.get("results") if isinstance(observation, Mapping) else None
    return [
        (str(result.get("source_call_id") or ""), text_of(result.get("content")))
        for result in results or ()
        if isinstance(result, Mapping)
    ]


def _name(call: Mapping[str, Any]) -> str:
    return str(call.get("function_name", ""))


def _arguments(call: Mapping[str, Any]) -> str:
    extra = call.get("extra")
    raw = extra.get("raw_arguments") if isinstance(extra, Mapping) else None
    return raw if isinstance(raw, str) else json.dumps(call.get("arguments") or {})


def _line(call: Mapping[str, Any]) -> str:
    arguments = call.get("arguments")
    if isinstance(arguments, Mapping) and isinstance(arguments.get("command"), str) and len(arguments) == 1:
        return str(arguments["command"])
    return _arguments(call)


def _readme(splits: Sequence[str]) -> str:
    files = "\n".join(f"      - split: {split}\n        path: data/{split}-*.parquet" for split in splits)
    return resources.text(README).replace("@FILES@", files)
