"""The format ``verifiers``: a package with a taskset, which also carries all that grading needs."""

from collections.abc import Iterable
from pathlib import Path

from hgen.config import Config
from hgen.export.bundle import Bundle, copy_templates
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.summary import ExportSummary
from hgen.export.view import TaskView

NAME = "verifiers"

_FILES = {
    "bundle.py": "hgen_tasks/bundle.py",
    "verifiers/pyproject.toml": "pyproject.toml",
    "verifiers/README.md": "README.md",
    "verifiers/hgen_tasks/__init__.py": "hgen_tasks/__init__.py",
    "verifiers/hgen_tasks/taskset.py": "hgen_tasks/taskset.py",
}


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write a package ``hgen-tasks`` that needs nothing but verifiers; see ``Bundle`` for what is left out."""
    with whole_folder(folder, NAME) as new:
        bundle = Bundle(new, config.export)
        for _ in bundle.lay_down(tasks):
            pass
        copy_templates(new, _FILES)
    return bundle.summary(NAME, folder)


FORMAT = Format(NAME, "a package with a taskset, for verifiers and prime-rl", write)
