"""A conversation as a trajectory in ATIF, Harbor's Agent Trajectory Interchange Format.

Source: the models of ``harbor.models.trajectories``, whose validator the tests ask.
"""

import json
from collections.abc import Iterator
from typing import Any

from pydantic import JsonValue

from hgen.agents.conversation import TOOL, Message, Reply
from hgen.agents.loop import Conversation

SCHEMA = "ATIF-v1.8"

_SOURCES = {"system": "system", "user": "user", "assistant": "agent"}


def trajectory(talk: Conversation, *, session: str, agent: str, version: str, model: str) -> dict[str, JsonValue]:
    """The trajectory; each of the agent's steps holds its calls and what came of them."""
    steps: list[dict[str, Any]] = []
    replies = iter(talk.replies)
    for message in talk.messages:
        if message["role"] == "tool":
            _observe(steps[-1], message)
        else:
            steps.append(_step(len(steps) + 1, message, replies))
    usage = talk.usage()
    final: dict[str, Any] = {"total_steps": len(steps)}
    if any(reply.usage for reply in talk.replies):
        final |= {"total_prompt_tokens": usage.prompt_tokens, "total_completion_tokens": usage.completion_tokens}
        final |= {} if usage.cost is None else {"total_cost_usd": usage.cost}
    return {
        "schema_version": SCHEMA,
        "session_id": session,
        "agent": {"name": agent, "version": version, "model_name": model, "tool_definitions": [dict(TOOL)]},
        "steps": steps,  # type: ignore[dict-item]
        "final_metrics": final,
    }


def _step(number: int, message: Message, replies: Iterator[Reply]) -> dict[str, Any]:
    step: dict[str, Any] = {
        "step_id": number,
        "source": _SOURCES[message["role"]],
        "message": message.get("content") or "",
    }
    if step["source"] != "agent":
        return step
    reply = next(replies, Reply())
    if reply.reasoning:
        step["reasoning_content"] = reply.reasoning
    if calls := message.get("tool_calls"):
        step["tool_calls"] = [_call(call) for call in calls]
    if reply.usage:
        metrics = {"prompt_tokens": reply.usage.prompt_tokens, "completion_tokens": reply.usage.completion_tokens}
        step["metrics"] = metrics | ({} if reply.usage.cost is None else {"cost_usd": reply.usage.cost})
    else:
        step["llm_call_count"] = 0
    return step


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    try:
        arguments = json.loads(function["arguments"])
    except (ValueError, RecursionError):
        arguments = None
    told = {"tool_call_id": call["id"], "function_name": function["name"]}
    if isinstance(arguments, dict):
        return {**told, "arguments": arguments}
    # The format wants an object; what the model wrote instead is kept beside it.
    return {**told, "arguments": {}, "extra": {"raw_arguments": function["arguments"]}}


def _observe(step: dict[str, Any], message: Message) -> None:
    results = step.setdefault("observation", {"results": []})["results"]
    results.append({"source_call_id": message["tool_call_id"], "content": message["content"]})
