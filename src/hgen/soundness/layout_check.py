"""Prove a task where an agent will meet it: in a container, with git, judged by the travelling grader."""

import json
from dataclasses import dataclass
from pathlib import PurePosixPath

from hgen.sandbox.base import Result, Sandbox, Sandboxes
from hgen.sandbox.layout import TREE, StartState

_GOLD = PurePosixPath("/tmp/gold.diff")  # noqa: S108 - inside

# Prints nothing if the repository is as promised; whatever it prints is what is wrong.
_LAYOUT = """
[ "$(git rev-list --all --count)" = 1 ] || echo "not one commit"
[ -z "$(git remote)" ] || echo "a remote"
[ -z "$(git reflog --all)" ] && [ ! -e .git/logs ] || echo "a reflog"
[ -z "$(git for-each-ref --format='%(refname)' | grep -v '^refs/heads/main$')" ] || echo "a second reference"
git status --porcelain --ignored
"""


@dataclass(frozen=True)
class LayoutProof:
    """Whether a start state keeps its promises, and what was seen."""

    passed: bool
    evidence: str


class _Failed(Exception):  # noqa: N818 - a verdict, not an error
    pass


def check_start_state(
    sandboxes: Sandboxes,
    state: StartState,
    gold_patch: str,
    *,
    grader: str,
    answer: bytes | None,
    snapshot: bytes,
    timeout: float = 120.0,
) -> LayoutProof:
    """Lay a start state out as an agent sees it and have the travelling grader judge it, untouched and solved.

    It passes if the tree is a clean repository of one commit with neither reflog nor remote, earns 0 as it is, and 1
    once ``git apply`` has applied the gold patch there. ``grader`` is the text of the grader, ``answer`` its answer
    file, or None if the grader does not judge such tasks: then only the layout and the gold patch are tried.
    ``snapshot`` is the archive of the task's snapshot.
    ``timeout`` is for each of the commands. Raises ``SandboxError`` if the engine is at fault: no verdict.
    """
    with sandboxes.start(state) as sandbox:
        grading = None if answer is None else _install(sandbox, grader, answer, snapshot)
        try:
            _layout(sandbox.exec(["/bin/sh", "-c", _LAYOUT], timeout=timeout))
            if grading is not None:
                untouched = _reward(sandbox.exec(grading, timeout=timeout, as_grader=True), "the untouched tree")
                if untouched != 0:
                    raise _Failed(f"the untouched tree earns {untouched:g}")
            _apply(sandbox, gold_patch, timeout)
            if grading is not None:
                solved = _reward(sandbox.exec(grading, timeout=timeout, as_grader=True), "the gold tree")
                if solved != 1:
                    raise _Failed(f"the gold tree earns {solved:g}")
        except _Failed as failure:
            return LayoutProof(False, str(failure))
    if grading is None:
        return LayoutProof(
            True, "one clean commit; git applies the gold patch; the family's own scorer does not travel"
        )
    return LayoutProof(
        True, "one clean commit; the travelling grader says 0 untouched and 1 after git apply of the gold patch"
    )


def _install(sandbox: Sandbox, grader: str, answer: bytes, snapshot: bytes) -> list[str]:
    program = sandbox.hide_file("grader.py", grader.encode())
    answer_file = sandbox.hide_file("answer.json", answer)
    start = sandbox.hide_file("snapshot.zip", snapshot)
    grading = ["--answer", str(answer_file), "--start", str(start), "--tree", str(TREE)]
    return ["python3", "-I", "-S", "-B", str(program), *grading]


def _layout(done: Result) -> None:
    if not done.ok or done.stdout or done.stderr:
        raise _Failed(f"the start state is not laid out as promised: {_said(done)}")


def _apply(sandbox: Sandbox, gold_patch: str, timeout: float) -> None:
    sandbox.write_file(_GOLD, gold_patch.encode("utf-8", "surrogateescape"))
    done = sandbox.exec(["git", "apply", "--whitespace=nowarn", str(_GOLD)], timeout=timeout)
    if not done.ok:
        raise _Failed(f"git does not apply the gold patch: {_said(done)}")


def _reward(done: Result, judged: str) -> float:
    if not done.ok:
        raise _Failed(f"the grader gives no verdict on {judged}: {_said(done)}")
    return float(json.loads(done.stdout)["reward"])


def _said(done: Result) -> str:
    said = (done.stdout + done.stderr).decode(errors="replace").strip()[-500:]
    return f"{done.ended}, status {done.exit_code}: {said}"
