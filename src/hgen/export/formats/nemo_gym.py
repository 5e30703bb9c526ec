"""The format ``nemo-gym``: rows, and a resources server that lays tasks out and grades what comes of them."""

from collections.abc import Iterable
from pathlib import Path

from hgen.config import Config
from hgen.export.bundle import Bundle, copy_templates, public_row, tool
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.lines import JsonLines
from hgen.export.summary import ExportSummary
from hgen.export.view import TaskView

NAME = "nemo-gym"

_FILES = {
    "bundle.py": "bundle.py",
    "container.py": "container.py",
    "nemo-gym/app.py": "app.py",
    "nemo-gym/requirements.txt": "requirements.txt",
    "nemo-gym/hgen.yaml.j2": "configs/hgen.yaml",
    "nemo-gym/README.md": "README.md",
}

_AGENT = {"type": "responses_api_agents", "name": "hgen_simple_agent"}
"""As the configuration names it."""

_LICENSES = {"MIT": "MIT", "Apache-2.0": "Apache 2.0", "GPL-3.0-only": "GNU General Public License v3.0"}
_SEVERAL = "TBD"
"""NeMo Gym takes one license for a file, out of a list of its own; rows of several say theirs in ``license``."""


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write ``data/{split}.jsonl``, the server and its configuration; see ``Bundle`` for what is left out."""
    tools = [{"type": "function", "strict": True, **tool()}]
    with whole_folder(folder, NAME) as new:
        bundle = Bundle(new, config.export)
        splits = set()
        licenses = set()
        with JsonLines(new / "data") as data:
            for view in bundle.lay_down(tasks):
                asked = {"input": [{"role": "user", "content": view.task.problem_statement}], "tools": tools}
                row = {"responses_create_params": asked, "agent_ref": _AGENT, **public_row(view)}
                data.write(view.split, row)
                splits.add(view.split)
                licenses.add(view.task.license)
        license_ = _LICENSES.get(licenses.pop(), _SEVERAL) if len(licenses) == 1 else _SEVERAL
        copy_templates(new, _FILES, splits=sorted(splits), license=license_)
    return bundle.summary(NAME, folder)


FORMAT = Format(NAME, "rows and a resources server, for NeMo Gym", write)
