"""The checks of a task that need no container: start state, text, right answers, no answer, cheats."""

import ast
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping

from hgen.describe.leaks import require_no_leak
from hgen.errors import Skip
from hgen.families.base import Files, Static
from hgen.probes.alternatives import other_diffs
from hgen.records import Check, Task
from hgen.scoring import Refusal, StaticTask, diffs
from hgen.scoring.python.sources import SourceError
from hgen.scoring.start_state import start_state
from hgen.syntax.grammar import parser


def met_files(task: Task, snapshot: Files) -> tuple[dict[str, bytes], Check]:
    """What the agent meets of all files that the task's patches touch or its targets stand in.

    Raises ``Skip("start-state")`` if a patch does not apply or a file does not parse.
    """
    try:
        patches = [
            patch
            for text in (task.setup_patch, task.candidate_patch, task.patch)
            if text
            for patch in diffs.parse(text)
        ]
        concerned = {patch.old_path for patch in patches} | {target.file for target in task.targets}
        before = {file: snapshot[file] for file in sorted(concerned)}
        met = start_state(before, task.setup_patch, task.candidate_patch)
        after = dict(met)
        # The travelling grader finds the snapshot again in a folder with the start state.
        if dict(diffs.TakenBack(diffs.TakenBack(met, task.candidate_patch), task.setup_patch)) != before:
            raise Skip("start-state", "the setup patch cannot be taken back")
        _require_syntax(after, {target.file for target in task.targets})
    except diffs.DiffError as error:
        raise Skip("start-state", str(error)) from None
    except Refusal as refusal:
        raise Skip("start-state", refusal.reason.detail) from None
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Skip("start-state", f"the start state does not parse: {error}") from None
    evidence = f"the setup patch applies to {len(concerned)} files, and all of them parse"
    return after, _held("start-state", evidence)


def no_leak(task: Task) -> Check:
    """The problem statement holds no secret; raises ``Skip("leak")``."""
    require_no_leak("the problem statement", task.problem_statement, task.secrets)
    return _held("leak", f"none of {len(task.secrets)} secrets can be read in the problem statement")


def prove_static(task: Task, grading: Static, start: Files) -> Iterator[Check]:
    """All checks of a task that is judged by syntax trees, in their order; ``start`` is what ``met_files`` gave.

    Raises ``Skip`` with the name of the check that failed.
    """
    asked = StaticTask.of(task.model_dump(mode="json"))
    yield _gold(grading, asked, task.patch, start)
    yield _nothing(grading, asked, start)
    yield no_leak(task)
    yield _probes(grading, asked, start)
    yield _alternatives(grading, asked, task.patch, start)


def _held(name: str, evidence: str) -> Check:
    return Check(name=name, passed=True, evidence=evidence)


def _require_syntax(files: Mapping[str, bytes], answered: set[str]) -> None:
    """Python itself reads the files that an answer edits; the decoys' files, many times as many, tree-sitter."""
    for file in sorted(files):
        if file in answered:
            ast.parse(files[file])
        elif parser().parse(files[file].removeprefix(BOM_UTF8)).root_node.has_error:
            raise SyntaxError(f"tree-sitter finds an error in {file}")


def _gold(grading: Static, task: StaticTask, patch: str, start: Files) -> Check:
    score = grading.score(task, patch, start)
    if not score.resolved or score.reward != 1:
        raise Skip("gold", f"the gold patch earns {score.reward}: {score.reasons}")
    return _held("gold", "the gold patch earns 1 and is resolved")


def _nothing(grading: Static, task: StaticTask, start: Files) -> Check:
    score = grading.score(task, "", start)
    if score.resolved or score.reward != 0:
        raise Skip("no-op", f"the empty diff earns {score.reward}")
    return _held("no-op", "the empty diff earns 0")


def _probes(grading: Static, task: StaticTask, start: Files) -> Check:
    tried = []
    try:
        for probe in grading.probes(task, start):
            score = grading.score(task, probe.patch, start)
            if score.resolved:
                raise Skip("probe", f"the cheat {probe.name} is a full success")
            tried.append(f"{probe.name} {score.reward:.2f}")
    except SourceError as error:
        raise Skip("start-state", f"a file beside the answer's does not parse: {error}") from None
    return _held("probes", ", ".join(tried))


def _alternatives(grading: Static, task: StaticTask, patch: str, start: Files) -> Check:
    tried = []
    for answer in (*other_diffs(patch, start), *grading.alternatives(task, start)):
        score = grading.score(task, answer.patch, start)
        if not score.resolved or score.reward != 1:
            raise Skip("alternative", f"the right answer {answer.name} earns {score.reward}: {score.reasons}")
        tried.append(answer.name)
    return _held("alternatives", f"these earn 1 as well: {', '.join(tried)}")
