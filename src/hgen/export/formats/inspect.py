"""The format ``inspect``: a task of Inspect AI, which also carries all that grading needs."""

from collections.abc import Iterable
from pathlib import Path

from hgen.config import Config
from hgen.export.bundle import Bundle, copy_templates
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.summary import ExportSummary
from hgen.export.view import TaskView

NAME = "inspect"

_FILES = {
    "bundle.py": "bundle.py",
    "inspect/hgen_tasks.py": "hgen_tasks.py",
    "inspect/compose.yaml.j2": "compose.yaml",
    "inspect/compose-tests.yaml.j2": "compose-tests.yaml",
    "inspect/README.md": "README.md",
}


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write ``hgen_tasks.py``, which needs nothing but Inspect AI; see ``Bundle`` for what is left out."""
    with whole_folder(folder, NAME) as new:
        bundle = Bundle(new, config.export)
        for _ in bundle.lay_down(tasks):
            pass
        copy_templates(new, _FILES, cpus=config.export.cpus, memory_mb=config.export.memory_mb)
    return bundle.summary(NAME, folder)


FORMAT = Format(NAME, "a task for Inspect AI", write)
