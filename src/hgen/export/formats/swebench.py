"""The format ``swebench``: rows with an evaluation script, for SWE-bench's harness, mini-swe-agent and SkyRL."""

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from hgen.config import Config
from hgen.errors import Skip
from hgen.export.answers import answers_in
from hgen.export.bundle import copy_templates
from hgen.export.carried import carry_snapshot
from hgen.export.context import SharedFiles, carry_context
from hgen.export.environment.recipe import script
from hgen.export.folders import whole_folder
from hgen.export.format import Format
from hgen.export.lines import JsonLines
from hgen.export.summary import ExportSummary
from hgen.export.task_row import Row
from hgen.export.view import NOT_GRADED_ANYWHERE, TaskView

NAME = "swebench"

ENVIRONMENTS = "environments"
"""The folder of what images are built from, a folder for each."""

VERDICT = "hgen::resolved"
"""The one test that a row has: whether the grader says that the task is resolved."""


def write(tasks: Iterable[TaskView], folder: Path, config: Config) -> ExportSummary:
    """Write ``{split}.jsonl`` for each split met, ``answers.zip``, the snapshots, and a page on how to run them.

    Images that are not built yet have their build contexts in ``environments``. Left out are tasks that the travelling
    grader does not judge, and those whose right answer changes nothing: the harness counts an empty patch as none.
    """
    counts: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    splits: set[str] = set()
    with (
        whole_folder(folder, NAME) as new,
        JsonLines(new) as lines,
        answers_in(new, config.export) as answers,
    ):
        environments = _Environments(new / ENVIRONMENTS)
        for view in tasks:
            if why := _why_not(view):
                left_out[f"{view.task.family}: {why}"] += 1
                continue
            image = view.image
            try:
                environments.carry(view, image)
            except Skip as skip:
                left_out[f"{view.task.family}: {skip.reason}: {skip.detail}"] += 1
                continue
            lines.write(view.split, _columns(view, image))
            answers.add(view)
            carry_snapshot(view, new)
            splits.add(view.split)
            counts[view.task.family] += 1
        images = config.export.image_prefix
        copy_templates(new, {"swebench/README.md.j2": "README.md"}, splits=sorted(splits), images=images)
    return ExportSummary.of(NAME, folder, counts, left_out)


def evaluation_script(answer: bytes) -> str:
    """What judges an answer in a fresh container of the task's image; it holds the answer file, and so is private.

    It prints its verdict as a test's between the marks of SWE-bench's harness, what the grader says after them, and
    exits with 0 if the task is resolved.
    """
    packed = base64.b64encode(gzip.compress(answer, mtime=0)).decode()
    return (
        script("evaluate.sh")
        .decode()
        .replace("@ANSWER@", "\n".join(packed[at : at + 76] for at in range(0, len(packed), 76)))
    )


class _Environments:
    """Build contexts, one for each image, as many tasks as may have it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shared = SharedFiles()
        self._there: set[str] = set()

    def carry(self, view: TaskView, image: str) -> None:
        """Write the build context of a task's image, unless the image or the context is there."""
        name = image.rpartition("/")[2].replace(":", "-")
        if view.images.built or name in self._there:
            return
        carry_context(view, self._folder / name, self._shared)
        self._there.add(name)


def _why_not(view: TaskView) -> str:
    if not view.is_graded_anywhere:
        return NOT_GRADED_ANYWHERE
    if not view.task.patch.strip():
        return "its right answer is to change nothing, which SWE-bench's harness counts as no answer"
    return ""


def _columns(view: TaskView, image: str) -> Row:
    task = view.task
    return {
        "instance_id": task.instance_id,
        "repo": task.repo,
        "base_commit": task.base_commit,
        "environment_setup_commit": task.base_commit,
        "version": task.base_commit,
        "created_at": "",
        "problem_statement": task.problem_statement,
        "hints_text": "",
        "patch": task.patch,
        "test_patch": "",
        # As SWE-bench has them: lists as JSON texts, of which no reader infers another type when one is empty.
        "FAIL_TO_PASS": json.dumps([VERDICT]),
        "PASS_TO_PASS": "[]",
        "image": image,
        "image_name": image,
        "docker_image": image,
        "eval_script": evaluation_script(view.answer()),
        "log_parser": "parse_log_pytest",
        "eval_type": "pass_and_fail",
        "family": task.family,
        "variant": task.variant,
        "license": task.license,
    }


FORMAT = Format(NAME, "rows for SWE-bench's harness, mini-swe-agent and SkyRL", write)
