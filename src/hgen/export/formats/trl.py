"""The format ``trl``: prompts with tools for GRPO and SFT, and an environment that grades what a model makes of it."""

from collections.abc import Iterable
from pathlib import Path

from hgen.config import Config
from hgen.export.bundle import Bundle, copy_templates, public_row, tool
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.lines import JsonLines
from hgen.export.summary import ExportSummary
from hgen.export.view import TaskView

NAME = "trl"

_FILES = {
    "bundle.py": "bundle.py",
    "container.py": "container.py",
    "trl/environment.py": "environment.py",
    "trl/README.md.j2": "README.md",
}


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write what ``datasets.load_dataset(folder, "grpo")`` and ``"sft"`` read, and ``environment.py`` beside it.

    See ``Bundle`` for what is left out.
    """
    tools = [{"type": "function", "function": tool()}]
    columns: list[str] = []
    with whole_folder(folder, NAME) as new:
        bundle = Bundle(new, config.export)
        splits = set()
        with JsonLines(new) as lines:
            for view in bundle.lay_down(tasks):
                messages = [{"role": "user", "content": view.task.problem_statement}]
                told = public_row(view)
                columns = list(told)
                splits.add(view.split)
                lines.write(f"grpo/{view.split}", {"prompt": messages, "tools": tools, **told})
                lines.write(f"sft/{view.split}", {"messages": messages, "tools": tools, **told})
        copy_templates(new, _FILES, splits=sorted(splits), columns=columns)
    return bundle.summary(NAME, folder)


FORMAT = Format(NAME, "prompts and an environment, for TRL", write)
