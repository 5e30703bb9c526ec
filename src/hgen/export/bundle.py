"""What formats for trainers share: a folder that grades, with the rows, answers and snapshots of its tasks."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from pydantic import JsonValue

from hgen import resources
from hgen.config import ExportConfig
from hgen.export.answers import added_columns, answers_in
from hgen.export.carried import SNAPSHOTS, carry_snapshot
from hgen.export.summary import ExportSummary
from hgen.export.task_row import Row
from hgen.export.view import NOT_GRADED_ANYWHERE, TaskView
from hgen.grader import grader_source
from hgen.scoring import BY_RUNNING

TEMPLATES = "templates/export"
"""Where the files are that an export lays down as they are."""


class Bundle:
    """A folder that ``templates/export/bundle.py`` reads: ``answers.zip``, ``snapshots`` and ``grader.py``.

    Everything in it is private: it stays beside the trainer, out of agents' reach. Tasks that are graded by running
    tests are left out where their images are not built; and so are those of families that bring a scorer of their own.
    """

    def __init__(self, folder: Path, config: ExportConfig) -> None:
        self.tasks: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self._folder = folder
        self._config = config

    def lay_down(self, tasks: Iterable[TaskView]) -> Iterator[TaskView]:
        """Write the tasks, and yield each one that is not left out when it is written."""
        (self._folder / "grader.py").write_text(grader_source(), encoding="utf-8", newline="\n")
        # A package names it, also if all tasks are left out.
        (self._folder / SNAPSHOTS).mkdir()
        with answers_in(self._folder, self._config) as answers:
            for view in tasks:
                if why := self._why_not(view):
                    self.left_out[why] += 1
                    continue
                carry_snapshot(view, self._folder)
                answers.add(view)
                self.tasks[view.task.family] += 1
                yield view

    def _why_not(self, view: TaskView) -> str:
        """Why a task is left out, or nothing."""
        family = view.task.family
        if not view.is_graded_anywhere:
            return f"{family}: {NOT_GRADED_ANYWHERE}"
        if view.task.graded_by not in BY_RUNNING:
            return ""
        return "" if view.images.built else f"{family}: its image is not built; use --images or --push-images"

    def summary(self, kind: str, folder: Path) -> ExportSummary:
        """The summary, once the folder has taken the place of ``folder``."""
        return ExportSummary.of(kind, folder, self.tasks, self.left_out)


PUBLIC = ("instance_id", "family", "variant", "repo", "base_commit", "license")
"""The columns of a row that give nothing away, besides the problem statement."""


def public_row(view: TaskView) -> Row:
    """What may be known of a task on the agent's side: no answer is among it."""
    return {**{name: getattr(view.task, name) for name in PUBLIC}, **added_columns(view)}


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
