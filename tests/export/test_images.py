"""The environments of exported tasks: their names, their build contexts, and what is in their images."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from hgen.export.context import SharedFiles, carry_context
from hgen.export.environment import recipe
from hgen.export.images import Images
from hgen.export.view import TaskView, views
from hgen.records import Validated
from hgen.sandbox import discovery
from hgen.sandbox.client import Client
from hgen.sandbox.image import DEBIAN_BASE
from hgen.snapshots import Store
from hgen.snapshots.tree import TreeLimits

SECRET = "The answer is nowhere in the image"
TREE = {
    "pkg/core.py": f'def join(parts):\n    """{SECRET}."""\n    return "".join(parts)\n'.encode(),
    "pkg/crlf.py": b"x = 1\r\n",
    ".gitattributes": b"*.py text eol=lf\n*.bin filter=lfs\n",
    ".gitignore": b"ignored.txt\n",
    "ignored.txt": b"here all the same\n",
    "data/\u00e9 b.bin": bytes(range(256)),
    "run.sh": b"#!/bin/sh\n",
    "/".join(["long" * 10] * 5): b"two hundred characters\n",
}
SETUP = f"""diff --git a/pkg/core.py b/pkg/core.py
--- a/pkg/core.py
+++ b/pkg/core.py
@@ -1,3 +1,2 @@
 def join(parts):
-    \"\"\"{SECRET}.\"\"\"
     return "".join(parts)
"""
CANDIDATE = """diff --git a/pkg/core.py b/pkg/core.py
--- a/pkg/core.py
+++ b/pkg/core.py
@@ -1,2 +1,2 @@
 def join(parts):
-    return "".join(parts)
+    return " ".join(parts)
"""
BUILT = Images(base=DEBIAN_BASE)


def stored(validated: Validated, folder: Path, **changes: object) -> TaskView:
    """The view of a task about ``TREE``."""
    for path, content in TREE.items():
        (folder / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "tree" / path).write_bytes(content)
    (folder / "tree/run.sh").chmod(0o755)
    (folder / "tree/link").symlink_to("pkg/core.py")
    limits = TreeLimits(files=99, total_bytes=1 << 20, file_bytes=1 << 20)
    digest = Store(folder / "store").add(folder / "tree", limits).digest
    task = validated.task.model_copy(update={"snapshot": digest, "setup_patch": SETUP, **changes})
    (view,) = views([validated.model_copy(update={"task": task})], folder / "store", images=BUILT)
    return view


def test_tasks_that_start_from_the_same_tree_have_the_same_image(validated):
    one, two = (validated(number, repo="pypi:one").task for number in (1, 4))
    assert BUILT.name(one) == BUILT.name(two)


@pytest.mark.parametrize(
    "change",
    [
        {"setup_patch": SETUP},
        {"candidate_patch": CANDIDATE},
        {"snapshot": "cd" * 32},
        {"license": "ISC"},
        {"repo": "pypi:other"},
    ],
)
def test_what_is_in_an_image_decides_its_name(change, validated):
    before = validated(1, repo="pypi:one").task
    assert BUILT.name(before) != BUILT.name(before.model_copy(update=change))


def test_another_base_or_environment_is_another_image(validated, repaired):
    task = validated(1).task
    assert len({BUILT.name(task), Images().name(task), BUILT.name(repaired.task)}) == 3


@pytest.mark.parametrize("repo", ["pypi:a__b..c-", "Owner/Name.py", "local:\u00e9", "x" * 300])
def test_a_name_is_one_that_registries_take(repo, validated):
    name = Images("registry.example:5000/tasks").name(validated(1, repo=repo).task)
    path, _, tag = name.removeprefix("registry.example:5000/").rpartition(":")
    assert len(tag) == 24
    assert set(path) <= set("abcdefghijklmnopqrstuvwxyz0123456789-/")
    assert len(name) < 255


def test_contexts_share_what_is_the_same(validated, tmp_path):
    view = stored(validated(1), tmp_path)
    shared = SharedFiles()
    for name in ("one", "two"):
        carry_context(view, tmp_path / name, shared)
    files = {path.name: path.stat().st_ino for path in (tmp_path / "one").iterdir()}
    assert files == {path.name: path.stat().st_ino for path in (tmp_path / "two").iterdir()}
    assert (tmp_path / "one" / view.archive.name).stat().st_ino == view.archive.stat().st_ino


def test_what_is_laid_out_is_the_start_state_whatever_its_attributes_say(validated, tmp_path):
    view = stored(validated(1), tmp_path, candidate_patch=CANDIDATE)
    carry_context(view, tmp_path / "context", SharedFiles())
    tree, start = tmp_path / "repo", tmp_path / "start.tar.gz"
    with tarfile.open(tmp_path / "context" / recipe.TOOLBOX) as tools:
        tools.extractall(tmp_path / "tools", filter="data")
    command = [sys.executable, "-I", tmp_path / "tools/lay_out.py", tmp_path / "context", tree, start]
    subprocess.run(command, check=True)
    want = {**TREE, "pkg/core.py": b'def join(parts):\n    return " ".join(parts)\n'}
    found = {p.relative_to(tree).as_posix(): p for p in tree.rglob("*") if not p.is_dir() and ".git" not in p.parts}
    assert {path: file.read_bytes() for path, file in found.items() if not file.is_symlink()} == want
    assert os.access(tree / "run.sh", os.X_OK)
    assert (tree / "link").readlink() == Path("pkg/core.py")
    assert (
        git(tree, "log", "--all", "--reflog", "--format=%an %ad %s").strip()
        == "hgen Sat Jan 1 00:00:00 2000 +0000 Start"
    )
    assert git(tree, "cat-file", "blob", "HEAD:pkg/crlf.py") == "x = 1\r\n"
    assert git(tree, "cat-file", "blob", "HEAD:pkg/core.py").splitlines()[-1] == '    return "".join(parts)'
    assert git(tree, "ls-files", "ignored.txt")
    assert SECRET not in git(tree, "cat-file", "--batch-all-objects", "--batch")
    with tarfile.open(start) as members:
        assert {member.name for member in members} == {*want, "link"}


def git(tree: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=tree, capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


@pytest.fixture
def client():
    with_engine = discovery.choose("docker")
    client = Client(with_engine.url)
    yield client
    client.close()


@pytest.mark.container
def test_no_layer_of_the_image_that_the_text_builds_has_the_answer(client, validated, tmp_path):
    view = stored(validated(1), tmp_path)
    carry_context(view, tmp_path / "context", SharedFiles())
    docker = ["docker", "-H", client.url]
    environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
    built = subprocess.run(
        [*docker, "build", "-q", tmp_path / "context"], capture_output=True, text=True, check=True, env=environment
    )
    image = built.stdout.strip()
    try:
        saved = subprocess.run([*docker, "save", image], capture_output=True, check=True).stdout
        files = dict(everything(saved))
        assert "sandbox/repo/pkg/core.py" in files
        assert [name for name, content in files.items() if SECRET.encode() in content] == []
        asked = ["sh", "-c", "git status --porcelain && touch new && pwd"]
        run = [*docker, "run", "--rm", "--network", "none", "-u", "agent", image, *asked]
        ran = subprocess.run(run, capture_output=True, text=True, check=True)
        # For git a file is changed whose lines do not end as its attributes ask for, in any checkout.
        assert ran.stdout == " M pkg/crlf.py\n/sandbox/repo\n"
    finally:
        subprocess.run([*docker, "rmi", image], capture_output=True, check=True)
        label = f"label=hgen.snapshot={view.task.snapshot}"
        subprocess.run([*docker, "image", "prune", "-f", "--filter", label], capture_output=True, check=True)


def everything(archive: bytes):
    """All files of all layers of a saved image, git's objects unpacked."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as saved:
        for layer in json.load(saved.extractfile("manifest.json"))[0]["Layers"][-3:]:
            with tarfile.open(fileobj=io.BytesIO(saved.extractfile(layer).read())) as members:
                for member in members:
                    if member.isreg():
                        yield member.name, members.extractfile(member).read()
