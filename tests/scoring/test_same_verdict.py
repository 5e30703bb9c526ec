"""A working tree earns the same, for the same reason, as the diff that git makes of it."""

import os
import random
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from hgen.scoring import Refusal, score_patch
from hgen.scoring.diffs import Patched
from hgen.scoring.scorers import StaticTask
from hgen.scoring.standalone import worktree
from hgen.scoring.standalone.trees import FolderTree, opened_tree
from hgen.scoring.tested.plan import plan
from hgen.scoring.tested.task import TestedTask
from tests.scoring import git
from tests.scoring.test_grader import write
from tests.scoring.test_plans import ENVIRONMENT
from tests.testbed import world
from tests.testbed.world import LIBRARY, library, snapshot_files, start_files

START = {
    "shop/cart.py": b"def total(prices):\n    return sum(prices)\n",
    "shop/empty.py": b"",
    "shop/run.py": b"#!/usr/bin/env python\n",
    "shop/sub/deep.py": b"x = 1\n",
    "tests/test_cart.py": b"def test_it():\n    pass\n",
    "data.bin": bytes(range(256)),
    "a name.txt": b"no newline",
}
LINKS = {"latest": "shop/cart.py", "shop/here": "sub"}
EXECUTABLE = ["shop/run.py"]
TASK = StaticTask.of(
    {
        "graded_by": "docstrings",
        "targets": [{"file": "shop/cart.py", "qualname": "total", "kind": "function", "def_line": 1}],
    }
)
GOLD = b'def total(prices):\n    """Add the prices up."""\n    return sum(prices)\n'

Change = Callable[[Path], object]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for inner in path.iterdir():
            _remove(inner)
        path.rmdir()
    elif path.is_symlink() or path.exists():
        path.unlink()


def _put(path: Path, content: bytes) -> None:
    _make_room(path)
    path.write_bytes(content)


def _make_room(path: Path) -> None:
    """Nothing lies at the path, and all above it are folders."""
    for parent in [*reversed(path.parents)]:
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            parent.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove(path)


def _symlink(path: Path, target: str) -> None:
    _make_room(path)
    path.symlink_to(target)


def _toggle(path: Path) -> None:
    if path.is_file() and not path.is_symlink():
        path.chmod(path.stat().st_mode ^ 0o111)


def _links_to(target: str) -> Change:
    return lambda path: _symlink(path, target)


def _repository(path: Path) -> None:
    _put(path / "inner.py", b"y = 1\n")
    _git(path, "init", "--quiet")
    _git(path, "add", "--all", "--force")
    _git(path, "commit", "--quiet", "--allow-empty", "--message=x")


def _junk(path: Path) -> None:
    """What only looks as if it were a repository."""
    _put(path / ".git" / "HEAD", b"ref: refs/heads/main\n")
    _put(path / "inner.py", b"y = 1\n")


def _fifo(path: Path) -> None:
    if not os.path.lexists(path):
        _make_room(path)
        os.mkfifo(path)


PATHS = st.sampled_from(
    [*START, *LINKS, "new.py", "shop/new.py", "shop/cart.py/inside.py", "latest/inside", "tests/test_new.py", "shop",
     "new/deep/er.py", "__pycache__/x.pyc", "ünïcödé.py", "two words.py"]
)  # fmt: skip
CONTENTS = st.sampled_from([*START.values(), GOLD, b"x = 2\n", b"\xff\n", b"a\0b", b"\r\n", b"x = 1"])
CHANGES: st.SearchStrategy[tuple[str, Change]] = st.one_of(
    st.tuples(PATHS, CONTENTS.map(lambda content: lambda path: _put(path, content))),
    st.tuples(PATHS, st.just(_remove)),
    st.tuples(PATHS, st.just(_toggle)),
    st.tuples(PATHS, st.sampled_from(["shop/cart.py", "sub", "/etc/passwd", "."]).map(_links_to)),
    st.tuples(st.sampled_from(["other", "tests/other", "shop/sub/other"]), st.just(_repository)),
    st.tuples(st.sampled_from(["other", "tests/other", "shop"]), st.just(_junk)),
    st.tuples(st.sampled_from(["pipe", "shop/pipe.py"]), st.just(_fifo)),
    st.tuples(st.just("shop/cart.py"), st.just(lambda path: _put(path, GOLD))),
)  # fmt: skip


def _git(tree: Path, *arguments: str) -> bytes:
    who = {f"GIT_{role}_{key}": "x" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-c", "advice.addEmbeddedRepo=false", "-c", "core.excludesFile=", *arguments],
        cwd=tree, env={**git.ENVIRONMENT, **who}, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout


def lay(tree: Path, files: Mapping[str, bytes], links: Mapping[str, str]) -> None:
    write(tree, files)
    for path, target in links.items():
        (tree / path).symlink_to(target)
    for path in EXECUTABLE:
        if path in files:
            (tree / path).chmod(0o755)
    _git(tree, "init", "--quiet")
    _git(tree, "add", "--all", "--force")
    _git(tree, "commit", "--quiet", "--message=start")


def diff(tree: Path) -> str:
    try:
        _git(tree, "add", "--all", "--force")
    except subprocess.CalledProcessError:
        # Nobody gets a diff from git here, of a pipe in place of a file or a repository without a commit.
        reject()
    return _git(tree, "diff", "--cached", "HEAD", "--binary").decode("utf-8", "surrogateescape")


def told(tree: Path) -> tuple[object, ...]:
    try:
        patch = worktree.prediction(FolderTree(str(tree)), START, LINKS, executable=EXECUTABLE)
    except Refusal as refusal:
        return 0.0, False, refusal.reason.code
    return judged(patch)


def judged(patch: str) -> tuple[object, ...]:
    score = score_patch(TASK, patch, START)
    return score.reward, score.resolved, *(reason.code for reason in score.reasons)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(CHANGES, max_size=4))
def test_a_tree_and_its_diff_are_told_the_same(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, Change]]
) -> None:
    tree = tmp_path_factory.mktemp("tree")
    lay(tree, START, LINKS)
    for path, change in changes:
        change(tree / path)
    seen = told(tree)
    assert seen == judged(diff(tree))


EXAMPLES: dict[str, tuple[Change, str]] = {
    "right": (lambda tree: _put(tree / "shop/cart.py", GOLD), ""),
    "nothing": (lambda tree: None, "empty-patch"),
    "made executable": (lambda tree: _toggle(tree / "shop/cart.py"), "mode-changed"),
    "right and made executable": (
        lambda tree: (_put(tree / "shop/cart.py", GOLD), _toggle(tree / "shop/cart.py")),
        "mode-changed",
    ),
    "no longer executable": (lambda tree: _toggle(tree / "shop/run.py"), "mode-changed"),
    "a file is a link": (lambda tree: _symlink(tree / "shop/cart.py", "empty.py"), "not-regular"),
    "a file is a folder": (lambda tree: _put(tree / "shop/cart.py/x.py", b"x\n"), "file-deleted"),
    "a folder is a link": (lambda tree: _symlink(tree / "shop/sub", "../tests"), "file-added"),
    "a link leads elsewhere": (lambda tree: _symlink(tree / "latest", "shop/run.py"), "not-regular"),
    "a link is a file": (lambda tree: _put(tree / "latest", b"x\n"), "not-regular"),
    "a link is gone": (lambda tree: _remove(tree / "latest"), "file-deleted"),
    "renamed": (lambda tree: (tree / "shop/cart.py").rename(tree / "shop/basket.py"), "file-added"),
    "binary": (lambda tree: _put(tree / "data.bin", b"a\0c"), "binary-patch"),
    "another repository": (lambda tree: _repository(tree / "other"), "file-added"),
    "another repository's folder": (lambda tree: _junk(tree / "other"), "file-added"),
    "git in a folder": (lambda tree: _put(tree / "shop/.git/HEAD", b"ref: refs/heads/main\n"), "empty-patch"),
    "a pipe": (lambda tree: _fifo(tree / "pipe"), "empty-patch"),
    "an empty folder": (lambda tree: (tree / "new").mkdir(), "empty-patch"),
    "leftovers": (lambda tree: _put(tree / "__pycache__/x.pyc", b"\0"), "empty-patch"),
}  # fmt: skip


@pytest.mark.parametrize("what", EXAMPLES)
def test_a_change_that_was_told_differently_once_is_told_the_same(what: str, tmp_path: Path) -> None:
    lay(tmp_path, START, LINKS)
    change, code = EXAMPLES[what]
    change(tmp_path)
    seen = told(tmp_path)
    assert seen == judged(diff(tmp_path))
    assert seen[2:] == ((code,) if code else ())


@pytest.mark.parametrize("family", ["func-gen", "verify-repair", "test-gen"])
def test_a_tree_and_its_diff_lead_to_the_same_plan(family: str, tmp_path: Path) -> None:
    candidate = world.MUTANTS[1] if family == "verify-repair" else None
    task = TestedTask.of(world.task(family, ENVIRONMENT, candidate))
    committed = start_files(family)
    met = committed if candidate is None else committed | {LIBRARY: library(candidate)}
    changes: dict[str, Change] = {
        "the library": lambda tree: _put(tree / LIBRARY, library()),
        "a library module made executable": lambda tree: _toggle(tree / LIBRARY),
        "a test made executable": lambda tree: _toggle(tree / world.TESTS),
        "a test is written": lambda tree: _put(tree / "tests/test_new.py", b"def test_it():\n    pass\n"),
        "a test is a link": lambda tree: _symlink(tree / "tests/test_new.py", "test_pricing.py"),
        "a test is binary": lambda tree: _put(tree / "tests/data.bin", b"a\0b"),
        "a test is gone": lambda tree: _remove(tree / world.TESTS),
        "a test is renamed": lambda tree: (tree / world.TESTS).rename(tree / "tests/test_other.py"),
        "a module is renamed": lambda tree: (tree / LIBRARY).rename(tree / "shop/other.py"),
        "a module is a link": lambda tree: _symlink(tree / LIBRARY, "__init__.py"),
        "a module is a folder": lambda tree: _put(tree / LIBRARY / "x.py", b""),
        "a repository": lambda tree: _repository(tree / "tests/other"),
        "what building makes": lambda tree: _put(tree / "shop/_version.py", b"agents()\n"),
        "a file beside": lambda tree: _put(tree / "notes.txt", b"x\n"),
        "nothing": lambda tree: None,
    }
    for number, (what, change) in enumerate(changes.items()):
        tree = tmp_path / str(number)
        lay(tree, committed, {})
        if candidate is not None:
            _put(tree / LIBRARY, library(candidate))
        change(tree)
        patch = worktree.prediction(
            FolderTree(str(tree)),
            met,
            {},
            executable=(),
            aside=ENVIRONMENT["generated"],
            added=task.graded_by == "mutants",
        )
        assert planned(task, patch) == planned(task, diff(tree)), what


def planned(task: TestedTask, patch: str) -> object:
    try:
        made = plan(task, patch, snapshot_files(), coin=random.Random(7))
    except Refusal as refusal:
        return refusal.reason.code
    return made.tree(), [{**vars(job), "files": dict(job.files)} for job in made.jobs]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(CHANGES, max_size=4))
def test_what_is_collected_is_what_git_would_apply(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, Change]]
) -> None:
    start, tree = tmp_path_factory.mktemp("start"), tmp_path_factory.mktemp("tree")
    for folder in (start, tree):
        lay(folder, START, LINKS)
    for path, change in changes:
        change(tree / path)
    collected = worktree.difference(FolderTree(str(start)), FolderTree(str(tree)))
    assert collected == worktree.prediction(FolderTree(str(tree)), START, LINKS, executable=EXECUTABLE)
    archive = tmp_path_factory.mktemp("archive") / "tree.tar"
    subprocess.run(["tar", "-cf", archive, "--exclude=./.git", "-C", tree, "."], check=True)
    with opened_tree(str(archive)) as packed:
        assert worktree.difference(FolderTree(str(start)), packed) == collected
    assert judged(collected) == judged(diff(tree))


def test_the_diff_of_a_tree_gives_the_contents_back(tmp_path: Path) -> None:
    lay(tmp_path, START, LINKS)
    after = {"shop/cart.py": GOLD, "a name.txt": b"a newline\n", "shop/empty.py": b"x", "new.py": b""}
    for path, content in after.items():
        _put(tmp_path / path, content)
    patch = worktree.prediction(FolderTree(str(tmp_path)), START, LINKS, executable=EXECUTABLE)
    assert dict(Patched(START, patch)) == {**START, **after}
    assert git.apply(patch.encode(), START) == {**START, **after}
