"""The environment in which TRL's ``GRPOTrainer`` lets a model work on the tasks, and the reward for diffs.

The README says how to use both.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bundle import Bundle, numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from container import Container

BUNDLE = Bundle(Path(__file__).parent)

_FENCED = re.compile(r"^```(?:diff|patch)\n(.*?)^```", re.MULTILINE | re.DOTALL)


class HgenEnvironment:
    """A container with one task at a time; TRL asks it for its reward when the model is done."""

    def __init__(self) -> None:
        self._container: Container | None = None
        self.verdict: dict[str, Any] | None = None
        """The last verdict: the reward, its parts, and the reasons."""

    def reset(self, name: str, **columns: object) -> None:
        """Lay out the start state of a task; the prompt is the dataset's."""
        from container import Container  # noqa: PLC0415 - TRL makes an environment only to see its tools

        if self._container is not None:
            self._container.close()
        self.verdict = None
        self._container = Container(BUNDLE, name)

    def bash(self, command: str) -> str:
        """
        Run a bash command in the repository, and get what it writes.

        Args:
            command: The command; the working directory is the root of the repository.

        Returns:
            Its standard output and standard error.
        """
        assert self._container is not None
        return self._container.run(command)

    def get_reward(self) -> float:
        """Grade what the model made of the repository, out of its reach; in [0, 1]."""
        assert self._container is not None
        _, self.verdict = self._container.graded()
        return float(self.verdict["reward"])


def diff_reward(
    completions: Sequence[str | list[dict[str, Any]]],
    name: Sequence[str],
    log_metric: Callable[[str, float], None] | None = None,
    log_extra: Callable[[str, list[Any]], None] | None = None,
    **columns: object,
) -> list[float | None]:
    """The reward for models without tools: the last fenced diff of each completion is graded, nothing earns 0.

    A task with an image of its own is not for such models, and has no reward: None, which the trainer passes by.
    """
    asked = zip(name, completions, strict=True)
    verdicts = [None if BUNDLE.image(task) else BUNDLE.grade(task, _last_diff(said)) for task, said in asked]
    found = [verdict for verdict in verdicts if verdict is not None]
    if log_metric is not None:
        for part in dict.fromkeys(part for verdict in found for part in numbers(verdict)):
            values = [numbers(verdict)[part] for verdict in found if part in verdict]
            log_metric(part, sum(values) / len(values))
    if log_extra is not None:
        log_extra("reasons", [json.dumps(verdict["reasons"] if verdict else None) for verdict in verdicts])
    return [float(verdict["reward"]) if verdict else None for verdict in verdicts]


def _last_diff(said: str | list[dict[str, Any]]) -> bytes:
    text = said if isinstance(said, str) else str(said[-1].get("content") or "") if said else ""
    found = _FENCED.findall(text)
    return found[-1].encode("utf-8", "replace") if found else b""
