"""Git on this side of the sandbox: bare repositories only, so that foreign content never becomes files here."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hgen.errors import SandboxError
from hgen.sandbox.labels import folder_prefix

REGULAR, EXECUTABLE, SYMLINK = "100644", "100755", "120000"

_COMMITTER = b"hgen <hgen@localhost> 946684800 +0000"
_MESSAGE = b"Start\n"


@dataclass(frozen=True)
class GitFile:
    """One file of a tree as git sees it; the content of a symbolic link is where it points."""

    mode: str
    content: bytes


@contextmanager
def repository() -> Iterator[Path]:
    """An empty bare repository, gone afterwards."""
    with TemporaryDirectory(prefix=folder_prefix()) as folder:
        path = Path(folder)
        git(path, "init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--initial-branch=main")
        yield path


def commit(folder: Path, branch: str, tree: Mapping[bytes, GitFile]) -> None:
    """Commit a tree, without parents, to a branch; equal trees give equal commits on every machine."""
    stream = [b"feature done\ncommit refs/heads/%s\ncommitter %s\n" % (branch.encode(), _COMMITTER)]
    stream.append(b"data %d\n%s\n" % (len(_MESSAGE), _MESSAGE))
    for path, entry in sorted(tree.items()):
        stream.append(b"M %s inline %s\n" % (entry.mode.encode(), _quote(path)))
        stream.append(b"data %d\n%s\n" % (len(entry.content), entry.content))
    stream.append(b"done\n")
    git(folder, "fast-import", "--quiet", "--depth=0", "--date-format=raw", stdin=b"".join(stream))


def diff(before: Mapping[bytes, GitFile], after: Mapping[bytes, GitFile]) -> bytes:
    """The git diff between two trees, complete with modes and binary files; empty if they are equal."""
    paths = before.keys() | after.keys()
    changed = {path for path in paths if before.get(path) != after.get(path)}
    if not changed:
        return b""
    with repository() as folder:
        commit(folder, "before", {path: before[path] for path in changed & before.keys()})
        commit(folder, "after", {path: after[path] for path in changed & after.keys()})
        return git(
            folder, "diff-tree", "-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "before", "after"
        )


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git in a bare repository with no configuration of the user's; gives its standard output."""
    # No deltas, little compression, no waiting for the disk: these repositories live for seconds.
    settings = ["core.compression=1", "core.fsync=none", "fastimport.unpackLimit=0", "core.attributesFile=/dev/null"]
    command = ["git", f"--git-dir={folder}", *(word for setting in settings for word in ("-c", setting)), *arguments]
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
    }
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, env=environment, check=True)
    except FileNotFoundError as error:
        raise SandboxError("git is not installed on this machine, and sandboxes need it") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise SandboxError(f"git {arguments[0]} failed with status {error.returncode}: {said}") from error
    return done.stdout


def _quote(path: bytes) -> bytes:
    if not set(path) & set(b'"\\\n'):
        return path
    escaped = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%s"' % escaped
