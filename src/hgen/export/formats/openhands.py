"""The format ``openhands``: rows in the columns of the original Hybrid-Gym datasets, which OpenHands' harness runs."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from hgen.config import Config
from hgen.export.bundle import copy_templates
from hgen.export.carried import carry_snapshot
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.hybrid_gym.columns import Expressed, express
from hgen.export.hybrid_gym.harness import InexpressibleError
from hgen.export.lines import JsonLines
from hgen.export.summary import ExportSummary
from hgen.export.task_row import row
from hgen.export.view import TaskView
from hgen.records import Validated

NAME = "openhands"
TASKS = "tasks"
"""The name of the file with the same tasks as rows of hgen's own, by which ``hgen score`` judges answers."""

_HOST = "github.com"
"""Where their harness clones each repository from, at rollout."""
_COMMIT_LENGTHS = (40, 64)


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write ``{dataset}/{split}.jsonl`` for each original dataset met, with ``tasks.jsonl``, the snapshots and a page.

    Left out are tasks whose repository or commit is not on GitHub, which is where the harness clones from, and those
    that its columns cannot express.
    """
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    splits: dict[str, set[str]] = {}
    with whole_folder(folder, NAME) as new, JsonLines(new) as lines:
        for view in tasks:
            try:
                expressed = express(view.task, _on_github(view, config), view.snapshot)
            except InexpressibleError as error:
                left_out[f"{view.task.family}: {error}"] += 1
                continue
            lines.write(f"{expressed.dataset}/{view.split}", expressed.columns)
            lines.write(TASKS, row(_laid_out(view.validated, expressed)))
            carry_snapshot(view, new)
            splits.setdefault(expressed.dataset, set()).add(view.split)
            counts[view.task.family] += 1
        datasets = {dataset: sorted(of) for dataset, of in sorted(splits.items())}
        copy_templates(new, {"openhands/README.md.j2": "README.md"}, datasets=datasets)
    return ExportSummary.of(NAME, folder, counts, left_out)


def _on_github(view: TaskView, config: Config) -> str:
    """The ``owner/name`` of a task's repository; raises ``InexpressibleError`` unless its commit is on GitHub."""
    task = view.task
    usual = urlsplit(config.mine.host).hostname or ""
    parts = task.repo.split("/")
    host, name = (usual, parts) if len(parts) == 2 else (parts[0], parts[1:])
    if host != _HOST or len(name) != 2 or ":" in task.repo or len(task.base_commit) not in _COMMIT_LENGTHS:
        raise InexpressibleError(f"its repository is not on {_HOST}, from where OpenHands clones it")
    return "/".join(name)


def _laid_out(validated: Validated, expressed: Expressed) -> Validated:
    """The task as the harness lays it out; what was checked about it was checked in hgen's own start state."""
    return validated.model_copy(update={"task": expressed.task, "checks": (), "baselines": {}})


FORMAT = Format(NAME, "rows for OpenHands in the columns of Hybrid-Gym's datasets", write)
