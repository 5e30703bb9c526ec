"""Runs while an image is built: makes a task's start state from its repository's snapshot.

``python3 -I lay_out.py CONTEXT PLACE START``, with ``grader.py`` beside it, and the snapshot's archive in the context;
``start.json.gz`` there says what the task changes about the snapshot, which is taken as it is without. The tree is
written to the folder PLACE: a git repository of one commit, with nothing before or after it; the files that the task's
environment needs and the change that the agent is to judge, if there are any, are not committed. START gets the same
tree without git, as an archive. Everything here needs the standard library and git only.
"""

import gzip
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

_UNCHANGED = '{"setup_patch": "", "candidate_patch": "", "generated": {}}'
_COMMITTER = b"hgen <hgen@localhost> 946684800 +0000"
_SPECIAL = "\\!#*?[] \t"


def main(context: Path, place: Path, archive: Path) -> None:
    """Lay the task out."""
    _find_hgen(Path(__file__).with_name("grader.py"))
    from hgen.scoring.archived_tree import ArchivedTree  # noqa: PLC0415 - out of the grader
    from hgen.scoring.standalone import tree_archive  # noqa: PLC0415
    from hgen.scoring.start_state import committed_state, start_state  # noqa: PLC0415

    changes = context / "start.json.gz"
    task = json.loads(gzip.decompress(changes.read_bytes()) if changes.exists() else _UNCHANGED)
    (archived,) = context.glob("*.zip")
    snapshot = ArchivedTree(archived, archived.stem)
    executable, links = {path for path in snapshot if snapshot.is_executable(path)}, snapshot.links
    committed = committed_state(snapshot, task["setup_patch"])
    started = start_state(snapshot, task["setup_patch"], task["candidate_patch"])
    generated = {path: text.encode() for path, text in task["generated"].items() if path not in snapshot}
    laid = {**{path: started[path] for path in started}, **generated}
    _write(place, laid, executable, links)
    _commit(place, {path: committed[path] for path in committed}, executable, links)
    (place / ".git/info").mkdir()
    (place / ".git/info/exclude").write_text(excluded(generated), encoding="utf-8")
    archive.write_bytes(tree_archive.packed(laid, executable=executable, links=links))


def excluded(paths: Collection[str]) -> str:
    """What git's list of ignored files says so that it shows none of these as new."""
    return "".join(f"/{_literal(path)}\n" for path in sorted(paths))


def _literal(path: str) -> str:
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in path)


def _find_hgen(grader: Path) -> None:
    """Make ``hgen.scoring`` importable, which the grader has in it."""
    spec = importlib.util.spec_from_file_location("grader", grader)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{grader} is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.meta_path.insert(0, module._Sources())


def _write(place: Path, files: Mapping[str, bytes], executable: Collection[str], links: Mapping[str, str]) -> None:
    for path in (*files, *links):
        if {"", ".", ".."} & set(path.split("/")) or ".git" in path.lower().split("/"):
            raise SystemExit(f"{path!r} cannot be a path in a tree")
    for path, content in files.items():
        file = place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "wb") as written:
            written.write(content)
        file.chmod(0o755 if path in executable else 0o644)
    # Last, so that nothing is written through one.
    for path, target in links.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).symlink_to(target)


def _commit(place: Path, files: Mapping[str, bytes], executable: Collection[str], links: Mapping[str, str]) -> None:
    """Make a folder a repository with one commit of what is given, byte for byte, whatever its attributes say."""
    stream = [b"feature done\ncommit refs/heads/main\ncommitter %s\ndata 6\nStart\n\n" % _COMMITTER]
    for path in sorted({*files, *links}, key=os.fsencode):
        content = links[path].encode() if path in links else files[path]
        mode = b"120000" if path in links else b"100755" if path in executable else b"100644"
        stream.append(b"M %s inline %s\ndata %d\n%s\n" % (mode, _quoted(os.fsencode(path)), len(content), content))
    stream.append(b"done\n")
    _git(place, "init", "--quiet", "--template=", "--object-format=sha1", "--initial-branch=main")
    # One pack, and no log of how the branch came about.
    settings = ("-c", "fastimport.unpackLimit=0", "-c", "core.logAllRefUpdates=false")
    _git(place, *settings, "fast-import", "--quiet", "--depth=0", stdin=b"".join(stream))
    _git(place, "read-tree", "main")


def _quoted(path: bytes) -> bytes:
    escaped = path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"%s"' % escaped


def _git(place: Path, *arguments: str, stdin: bytes = b"") -> None:
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
    }
    subprocess.run(["git", "-C", str(place), *arguments], input=stdin, env=environment, check=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
