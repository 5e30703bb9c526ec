"""What formats for trainers share: a folder that grades, with the rows, answers and snapshots of its tasks."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from pydantic import JsonValue

from hgen import resources
from hgen.config import ExportConfig
from hgen.export.carried import carry_snapshot
from hgen.export.summary import ExportSummary
from hgen.export.task_row import Row, row
from hgen.export.view import NOT_GRADED_ANYWHERE, TaskView
from hgen.grader import grader_source
from hgen.scoring import BY_RUNNING

TEMPLATES = "templates/export"
"""Where the files are that an export lays down as they are."""

ROWS = "rows/tasks.jsonl"
"""The private rows of all tasks: those of the format ``jsonl``, and the task's name, split, image and limits."""

LIMITS = ("cpus", "memory_mb", "agent_seconds", "verifier_seconds")
"""The settings of an export that say what an agent and the tests get, which are columns of the private rows."""


class Bundle:
    """A folder that ``templates/export/bundle.py`` reads: ``rows``, ``answers``, ``snapshots`` and ``grader.py``.

    Everything in it is private: it stays beside the trainer, out of agents' reach. Tasks that are graded by running
    tests are left out where their images are not built, or where the format has no use for images; and so are those of
    families that bring a scorer of their own.
    """

    def __init__(self, folder: Path, config: ExportConfig, *, uses_images: bool = True) -> None:
        self.tasks: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self._folder = folder
        self._limits: Row = {limit: getattr(config, limit) for limit in LIMITS}
        self._uses_images = uses_images

    def lay_down(self, tasks: Iterable[TaskView]) -> Iterator[TaskView]:
        """Write the tasks, and yield each one that is not left out when it is written."""
        (self._folder / "grader.py").write_text(grader_source(), encoding="utf-8", newline="\n")
        for name in ("answers", "snapshots"):
            # Packages name them, also if all tasks are left out.
            (self._folder / name).mkdir()
        rows = self._folder / ROWS
        rows.parent.mkdir()
        with rows.open("w", encoding="ascii", newline="\n") as lines:
            for view in tasks:
                if why := self._why_not(view):
                    self.left_out[why] += 1
                    continue
                carry_snapshot(view, self._folder)
                (self._folder / "answers" / f"{view.name}.json").write_bytes(view.answer())
                lines.write(json.dumps(row(view.validated) | _added(view) | self._limits) + "\n")
                self.tasks[view.task.family] += 1
                yield view

    def _why_not(self, view: TaskView) -> str:
        """Why a task is left out, or nothing."""
        family = view.task.family
        if not view.is_graded_anywhere:
            return f"{family}: {NOT_GRADED_ANYWHERE}"
        if view.task.graded_by not in BY_RUNNING:
            return ""
        if not self._uses_images:
            return f"{family}: its tests run in an image of the repository's, which the format harbor carries"
        return "" if view.images.built else f"{family}: its image is not built; use --images or --push-images"

    def summary(self, kind: str, folder: Path) -> ExportSummary:
        """The summary, once the folder has taken the place of ``folder``."""
        return ExportSummary.of(kind, folder, self.tasks, self.left_out)


PUBLIC = ("instance_id", "family", "variant", "repo", "base_commit", "license")
"""The columns of a row that give nothing away, besides the problem statement."""


def public_row(view: TaskView) -> Row:
    """What may be known of a task on the agent's side: no answer is among it."""
    return {**{name: getattr(view.task, name) for name in PUBLIC}, **_added(view)}


def tool() -> dict[str, JsonValue]:
    """The one tool that agents have where a format brings tools: its name, description and parameters."""
    found: dict[str, JsonValue] = json.loads(resources.text(f"{TEMPLATES}/tool.json"))
    return found


def copy_templates(folder: Path, files: Mapping[str, str], **values: object) -> None:
    """Lay down files of ``TEMPLATES`` in a folder, each under the path that it is mapped to.

    Those that end in ``.j2`` are Jinja's, and get ``values``.
    """
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    for template, path in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        text = resources.text(f"{TEMPLATES}/{template}")
        if template.endswith(".j2"):
            text = environment.from_string(text).render(values)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")


def _added(view: TaskView) -> Row:
    image = view.image if view.task.graded_by in BY_RUNNING else ""
    return {"name": view.name, "split": view.split, "image": image}
