"""What the image of a task has beyond its base, made on this side so that no answer comes near the engine."""

import os
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from hgen.export.environment import lay_out, recipe
from hgen.export.view import TaskView
from hgen.sandbox import archive, hostgit
from hgen.sandbox.hostgit import GitFile
from hgen.sandbox.layout import AGENT, TREE, repository
from hgen.scoring.standalone import tree_archive
from hgen.scoring.start_state import committed_state, start_state

_TEXT = """\
ARG BASE
FROM ${{BASE}}
{shared}LABEL {mark}={digest}
ADD start.tar /
{settings}
"""

MARK = "hgen.environment"
"""The label of every image of a task's environment, and of what a build that was stopped has left of one."""


def write_layer_context(view: TaskView, context: BinaryIO) -> None:
    """Write the build context of a task's image on a base that has all that is not the task's own.

    It gives the same tree as the context of ``carry_context`` does. Raises ``ShardError`` if the snapshot is missing or
    damaged, ``Refusal`` if it is not the one that the task was made from.
    """
    task = view.task
    text = _TEXT.format(
        shared=recipe.shared(),
        mark=MARK,
        digest=recipe.digest(task, view.images.base),
        settings=recipe.settings(task),
    )
    layer = b"".join(_layer(view))
    for name, content in {"Containerfile": text.encode(), recipe.TOOLBOX: recipe.toolbox(), "start.tar": layer}.items():
        context.writelines(archive.member(name.encode(), content, archive.ROOT, 0o644))
    context.write(archive.END)


def _layer(view: TaskView) -> Iterator[bytes]:
    task, snapshot = view.task, view.snapshot
    executable = {path for path in snapshot if snapshot.is_executable(path)}
    links = snapshot.links
    started = start_state(snapshot, task.setup_patch, task.candidate_patch)
    files = {path: started[path] for path in started}
    made = task.environment.generated if task.environment else {}
    generated = {path: text.encode() for path, text in made.items() if path not in snapshot}
    laid = {**files, **generated}
    committed = committed_state(snapshot, task.setup_patch)
    history = repository(_git_tree({path: committed[path] for path in committed}, executable, links))
    history |= {b"info/exclude": lay_out.excluded(generated).encode(), b"config": _reflog(history[b"config"])}
    tree = _git_tree(laid, executable, links)
    tree |= {b".git/" + path: GitFile(hostgit.REGULAR, content) for path, content in history.items()}
    yield from archive.tree(os.fsencode(TREE.relative_to("/")), tree, (AGENT, AGENT), folders=(b".git/refs",))
    start = tree_archive.packed(laid, executable=executable, links=links)
    yield from archive.member(f"{recipe.TOOLS}/start.tar.gz".lstrip("/").encode(), start, archive.ROOT, 0o644)
    yield archive.END


def _reflog(config: bytes) -> bytes:
    return config + b"\tlogallrefupdates = true\n"


def _git_tree(files: Mapping[str, bytes], executable: set[str], links: Mapping[str, str]) -> dict[bytes, GitFile]:
    tree = {
        path.encode(): GitFile(hostgit.EXECUTABLE if path in executable else hostgit.REGULAR, content)
        for path, content in files.items()
    }
    return tree | {path.encode(): GitFile(hostgit.SYMLINK, target.encode()) for path, target in links.items()}
