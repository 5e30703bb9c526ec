"""A task's start state as a working tree with git, for people and scripts; and a shell in the task's sandbox."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from hgen.config import SandboxConfig
from hgen.errors import ConfigError, ShardError
from hgen.export.names import safe_name
from hgen.records import Task
from hgen.sandbox.base import Limits, Result
from hgen.sandbox.container import ContainerSandbox
from hgen.sandbox.layout import StartState, repository
from hgen.scoring import Refusal
from hgen.scoring.start_state import committed_state, gold_state, start_state
from hgen.scratch import scratch
from hgen.snapshots import Snapshot, Store
from hgen.tasksets.finding import find
from hgen.tasksets.taskset import task_set

# Above all attributes that the tree and the user's own configuration name: git must find what was committed.
_ATTRIBUTES = b"* -text -ident !filter !working-tree-encoding\n"

_FILE_NAME = re.compile(r"[A-Za-z0-9_][\w.+=@~-]{0,200}", re.ASCII)
"""What any file system takes for a name, and no shell for something else."""

_SCRIPT = PurePosixPath("/tmp/hgen-script")  # noqa: S108 - inside
_PATCH = PurePosixPath("/tmp/hgen-patch.diff")  # noqa: S108 - inside
_APPLY_SECONDS = 60.0


def located(task: Task | str, where: Path | str, *, out: Path) -> tuple[Task, Path]:
    """A task, found in ``where`` if it is an id or the beginning of one, and the archive of its snapshot.

    That is beside the tasks or in ``out``, and need not be there. Raises as ``find`` does.
    """
    chosen = find(where, task).task if isinstance(task, str) else task
    beside = {} if where == out else task_set(where).archives({chosen.snapshot}, out=out)
    return chosen, beside.get(chosen.snapshot) or Store(out / "snapshots").archive(chosen.snapshot)


def folder_name(task: Task) -> str:
    """What a task's folder is called if nobody says otherwise: its id, where that is harmless as a name."""
    return task.instance_id if _FILE_NAME.fullmatch(task.instance_id) else safe_name(task.instance_id)


def write_tree(task: Task, archive: Path, folder: Path, *, gold: bool) -> None:
    """Write a task's tree to a folder, which if it is new appears whole or not at all: a repository of one commit.

    The commit is the agent's, the same for everybody. A change to verify lies in the tree uncommitted; with ``gold`` so
    does the reference answer. No git runs in it, so that nobody's hooks, filters or configuration do. Raises
    ``ConfigError`` for a folder that holds something, ``ShardError`` for a damaged task or snapshot.
    """
    _require_empty(folder)
    with Snapshot(archive, task.snapshot) as snapshot, _named(task):
        tree = committed(task, snapshot).tree
        files = start_state(snapshot, task.setup_patch, task.candidate_patch)
        if gold:
            files = gold_state(snapshot, task.setup_patch, task.candidate_patch, task.patch)
        with _appearing(folder) as written:
            snapshot.extract(written, files)
            _write_repository(written / ".git", repository(tree))


@contextmanager
def opened_sandbox(
    task: Task, archive: Path, *, gold: bool, sandbox: SandboxConfig, cache: Path
) -> Iterator[ContainerSandbox]:
    """A sandbox as graders use it, with the task's start state; everything of it is gone afterwards.

    It has the environment of the task's repository, which is built first if it is not there, where answers are graded
    by tests; else it is of the generic image. Raises ``SandboxError`` if the engine is at fault.
    """
    # What talks to container engines takes long to load.
    from hgen.engines import OpenEngine  # noqa: PLC0415

    with Snapshot(archive, task.snapshot) as snapshot, _named(task):
        state = committed(task, snapshot)
    with OpenEngine(sandbox, store=archive.parent, cache=cache) as engine:
        sandboxes = engine.generic
        if task.environment is not None:
            sandboxes = engine.sandboxes(task.environment, base_commit=task.base_commit, name=task.repo)
        with sandboxes.start(state) as started:
            apply_patches(started, task, gold=gold)
            yield started


def apply_patches(sandbox: ContainerSandbox, task: Task, *, gold: bool) -> None:
    """Bring a sandbox with a task's commit to the start state, or to the gold state; raises ``ShardError``."""
    for patch in (task.candidate_patch, task.patch if gold else ""):
        if patch:
            _apply(sandbox, patch, task)


def run_in(sandbox: ContainerSandbox, command: Sequence[str], script: bytes) -> Result:
    """Run a command, or else a shell script, to its end, which is the sandbox's at the latest."""
    if not command:
        sandbox.write_file(_SCRIPT, script)
        command = ["/bin/sh", str(_SCRIPT)]
    try:
        return sandbox.exec(command, timeout=Limits().lifetime)
    except ValueError as error:
        raise ConfigError(str(error)) from None


def committed(task: Task, snapshot: Snapshot) -> StartState:
    """The tree of a task's commit, as sandboxes take it; raises ``Refusal`` or ``ValueError`` for a damaged task."""
    state = committed_state(snapshot, task.setup_patch)
    files = {path: state[path] for path in state}
    executable = frozenset(path for path in files if path in snapshot and snapshot.is_executable(path))
    return StartState(files, executable, snapshot.links)


@contextmanager
def _named(task: Task) -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise ShardError(f"{task.instance_id}: {refusal.reason.detail}") from None
    except ValueError as error:
        raise ShardError(f"{task.instance_id}: {error}") from None


def _require_empty(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or next(folder.iterdir(), None) is not None)):
        raise ConfigError(f"{folder} is there already and no empty folder; name another one")


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A folder to write to: one that is there itself, as somebody may stand in it; else one that takes its name."""
    if folder.is_dir():
        yield folder
        return
    with scratch(folder.absolute().parent) as work:
        yield work / "tree"
        _require_empty(folder)
        (work / "tree").rename(folder)


def _write_repository(folder: Path, files: Mapping[bytes, bytes]) -> None:
    (folder / "refs").mkdir(parents=True)
    for name, content in [*sorted(files.items()), (b"info/attributes", _ATTRIBUTES)]:
        path = folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _apply(sandbox: ContainerSandbox, patch: str, task: Task) -> None:
    sandbox.write_file(_PATCH, patch.encode("utf-8", "surrogateescape"))
    done = sandbox.exec(["git", "apply", "--whitespace=nowarn", str(_PATCH)], timeout=_APPLY_SECONDS)
    if not done.ok:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()[-500:]
        raise ShardError(f"{task.instance_id}: git does not apply one of its patches: {said or done.ended}")
    sandbox.exec(["rm", "-f", str(_PATCH)], timeout=_APPLY_SECONDS)
