"""The format ``trl``: prompts with tools for GRPO and SFT, and an environment that grades what a model makes of it."""

from collections.abc import Iterable
from pathlib import Path

from hgen.config import Config
from hgen.export.bundle import Bundle, SplitLines, copy_templates, public_row, tool
from hgen.export.folders import whole_folder
from hgen.export.format import Format
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
    del config
    tools = [{"type": "function", "function": tool()}]
    columns: list[str] = []
    with whole_folder(folder, NAME) as new:
        bundle = Bundle(new)
        with SplitLines(new / "grpo") as grpo, SplitLines(new / "sft") as sft:
            for view in bundle.lay_down(tasks):
                messages = [{"role": "user", "content": view.task.problem_statement}]
                told = public_row(view)
                columns = list(told)
                grpo.write(view.split, {"prompt": messages, "tools": tools, **told})
                sft.write(view.split, {"messages": messages, "tools": tools, **told})
        copy_templates(new, _FILES, splits=grpo.splits, columns=columns)
    return bundle.summary(NAME, folder)


FORMAT = Format(NAME, "prompts and an environment, for TRL", write)
