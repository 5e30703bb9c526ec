"""What the image of a task has beyond its base, made on this side so that no answer comes near the engine."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from hgen.export.environment import lay_out, recipe
from hgen.export.view import TaskView
from hgen.sandbox import hostgit
from hgen.sandbox.hostgit import GitFile
from hgen.sandbox.layout import AGENT, TREE, repository
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

_MODES = {hostgit.EXECUTABLE: 0o755, hostgit.REGULAR: 0o644}


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
    with TemporaryFile() as layer, tarfile.open(fileobj=context, mode="w", format=tarfile.GNU_FORMAT) as archive:
        _write_layer(view, layer)
        for name, content in {"Containerfile": text.encode(), recipe.TOOLBOX: recipe.toolbox()}.items():
            _add(archive, name, content, 0o644, owner=0)
        member = tarfile.TarInfo("start.tar")
        member.size = layer.tell()
        layer.seek(0)
        archive.addfile(member, layer)


def _write_layer(view: TaskView, layer: BinaryIO) -> None:
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
    start = lay_out.packed(laid, executable, links)
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        _write_tree(archive, tree)
        _add(archive, f"{recipe.TOOLS}/start.tar.gz".lstrip("/"), start, 0o644, owner=0)


def _reflog(config: bytes) -> bytes:
    return config + b"\tlogallrefupdates = true\n"


def _git_tree(files: Mapping[str, bytes], executable: set[str], links: Mapping[str, str]) -> dict[bytes, GitFile]:
    tree = {
        path.encode(): GitFile(hostgit.EXECUTABLE if path in executable else hostgit.REGULAR, content)
        for path, content in files.items()
    }
    return tree | {path.encode(): GitFile(hostgit.SYMLINK, target.encode()) for path, target in links.items()}


def _write_tree(archive: tarfile.TarFile, tree: Mapping[bytes, GitFile]) -> None:
    root = str(TREE).lstrip("/")
    folders = {""} | {parent for path in tree for parent in map(str, Path(path.decode()).parents) if parent != "."}
    for folder in sorted(folders | {".git/refs"}):
        member = tarfile.TarInfo(f"{root}/{folder}".rstrip("/"))
        member.type, member.mode, member.mtime, member.uid, member.gid = (
            tarfile.DIRTYPE,
            0o755,
            lay_out.TIME,
            AGENT,
            AGENT,
        )
        archive.addfile(member)
    for path, entry in sorted(tree.items()):
        name = f"{root}/{path.decode()}"
        if entry.mode == hostgit.SYMLINK:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.uid, member.gid = tarfile.SYMTYPE, entry.content.decode(), AGENT, AGENT
            archive.addfile(member)
        else:
            _add(archive, name, entry.content, _MODES[entry.mode], owner=AGENT)


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int, *, owner: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime, member.uid, member.gid = len(content), mode, lay_out.TIME, owner, owner
    archive.addfile(member, io.BytesIO(content))
