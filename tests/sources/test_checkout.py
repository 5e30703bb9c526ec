"""Repositories on this machine: the exact commit, and nothing that a hostile one would like to happen."""

import logging
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hgen.errors import MachineError, Skip
from hgen.sources import Origin, Settings, fetch
from hgen.sources.spec import parse_spec

Git = Callable[..., str]


@pytest.fixture
def take(settings: Settings, tmp_path: Path) -> Callable[[str], Origin]:
    def run(spec: str) -> Origin:
        into = tmp_path / f"work{len(list(tmp_path.iterdir()))}" / "tree"
        into.parent.mkdir()
        return fetch(parse_spec(spec), into, settings)

    return run


def version(origin: Origin) -> str:
    return (origin.tree / "module.py").read_text(encoding="utf-8").strip().removeprefix("VERSION = ")


def test_without_a_revision_it_is_what_is_checked_out_as_committed(take, repository, git):
    origin = take(str(repository))
    assert (origin.repo, origin.base_commit) == ("local:project", git(repository, "rev-parse", "HEAD"))
    assert version(origin) == "2"
    assert os.access(origin.tree / "pkg/run.sh", os.X_OK)
    assert (origin.tree / "pkg/link").readlink() == Path("../module.py")
    assert not (origin.tree / ".git").exists()


@pytest.mark.parametrize(
    ("revision", "expected"), [("v1", "1"), ("main~1", "1"), ("side/branch", "'side'"), ("HEAD", "2"), ("main", "2")]
)
def test_revisions_mean_what_git_says(take, repository, git, revision, expected):
    origin = take(f"{repository}@{revision}")
    assert version(origin) == expected
    assert origin.base_commit == git(repository, "rev-parse", f"{revision}^{{commit}}")


def test_full_and_short_hashes(take, repository, git):
    sha = git(repository, "rev-parse", "v1^{commit}")
    assert version(take(f"{repository}@{sha}")) == version(take(f"file://{repository}@{sha[:10]}")) == "1"


def test_a_detached_head_and_packed_refs(take, repository, git):
    git(repository, "pack-refs", "--all")
    git(repository, "gc", "-q")
    git(repository, "checkout", "-q", "v1")
    assert version(take(str(repository))) == "1"
    assert version(take(f"{repository}@side/branch")) == "'side'"


def test_bare_repositories_further_work_trees_shared_clones_and_sha256(take, repository, git, tmp_path):
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    assert take(str(tmp_path / "bare.git")).repo == "local:bare"
    git(repository, "worktree", "add", "-q", str(tmp_path / "second"), "v1")
    assert version(take(str(tmp_path / "second"))) == "1"
    git(tmp_path, "clone", "-q", "--shared", str(repository), "shared")
    assert version(take(str(tmp_path / "shared"))) == "2"
    git(tmp_path, "init", "-q", "--object-format=sha256", "long")
    (tmp_path / "long/module.py").write_text("VERSION = 3\n", encoding="utf-8")
    git(tmp_path / "long", "add", "-A")
    git(tmp_path / "long", "commit", "-qm", "x")
    assert len(take(str(tmp_path / "long")).base_commit) == 64


@pytest.mark.parametrize("revision", ["nope", "--help", "-x", "main:module.py", "0" * 40, "v1^{tree}"])
def test_a_revision_that_does_not_exist_is_skipped_and_named(take, repository, revision):
    with pytest.raises(Skip) as skip:
        take(f"{repository}@{revision}")
    assert skip.value.reason == "no-such-revision"
    assert revision in skip.value.detail


def test_a_repository_without_commits_is_skipped(take, git, tmp_path):
    git(tmp_path, "init", "-q", "fresh")
    with pytest.raises(Skip) as skip:
        take(str(tmp_path / "fresh"))
    assert skip.value.reason == "empty-repository"


def test_uncommitted_changes_are_left_out_with_a_warning(take, repository, caplog):
    with caplog.at_level(logging.WARNING):
        take(str(repository))
        assert not caplog.records
        (repository / "module.py").write_text("VERSION = 'dirty'\n", encoding="utf-8")
        assert version(take(str(repository))) == "2"
    assert "not committed" in caplog.text


def test_attributes_change_nothing(take, repository, git):
    (repository / ".gitattributes").write_text(
        "*.py text eol=crlf ident\nmodule.py export-subst working-tree-encoding=UTF-16\npkg export-ignore\n",
        encoding="utf-8",
    )
    (repository / "id.py").write_text("# $Id$ $Format:%H$\n", encoding="utf-8")
    git(repository, "add", "id.py", ".gitattributes")
    git(repository, "commit", "-qm", "attributes")
    origin = take(str(repository))
    assert (origin.tree / "module.py").read_bytes() == b"VERSION = 2\n"
    assert (origin.tree / "id.py").read_bytes() == b"# $Id$ $Format:%H$\n"
    assert (origin.tree / "pkg/run.sh").exists()


def test_submodules_are_left_out_and_counted(take, repository, git, tmp_path):
    git(tmp_path, "clone", "-q", str(repository), "inner")
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "inner"), "sub")
    git(repository, "commit", "-qm", "submodule")
    origin = take(str(repository))
    assert origin.dropped == {"submodule": 1}
    assert not (origin.tree / "sub").exists()


def test_a_hostile_configuration_runs_nothing(take, repository, git, tmp_path, monkeypatch):
    trap = tmp_path / "trap.sh"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/sprung\ncat\n', encoding="utf-8")
    trap.chmod(0o755)
    hooks = repository / ".git/hooks"
    shutil.rmtree(hooks, ignore_errors=True)
    hooks.mkdir()
    for hook in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc", "fsmonitor-watchman"):
        shutil.copy(trap, hooks / hook)
    (repository / ".gitattributes").write_text("* filter=trap diff=trap merge=trap\n", encoding="utf-8")
    git(repository, "add", ".gitattributes")
    git(repository, "commit", "-qm", "attributes")
    commands = {
        "core.fsmonitor": trap, "core.sshCommand": trap, "core.editor": trap, "core.pager": trap, "core.askPass": trap,
        "core.gitProxy": trap, "core.alternateRefsCommand": trap, "core.hooksPath": hooks, "core.worktree": "/",
        "credential.helper": f"!{trap}", "filter.trap.smudge": trap, "filter.trap.clean": trap,
        "filter.trap.process": trap, "filter.trap.required": "true", "diff.trap.textconv": trap,
        "diff.external": trap, "uploadpack.packObjectsHook": trap, "gpg.program": trap,
        "alias.ls-tree": f"!{trap}", "alias.cat-file": f"!{trap}", "alias.rev-parse": f"!{trap}",
        "extensions.partialClone": "origin", "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{trap} %S", "remote.origin.uploadpack": trap, "protocol.ext.allow": "always",
        "url.ext::sh.insteadOf": "https://", "include.path": tmp_path / "more",
    }  # fmt: skip
    (tmp_path / "more").write_text(f"[core]\nfsmonitor = {trap}\n", encoding="utf-8")
    for key, value in commands.items():
        git(repository, "config", key, str(value))
    for index, key in enumerate(("core.fsmonitor", "alias.ls-tree")):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{index}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{index}", f"!{trap}")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(trap))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.chdir(repository)

    # The trap works: git itself falls into it.
    subprocess.run(["git", "-C", str(repository), "--git-dir=.git", "status"], capture_output=True, check=False)
    assert (tmp_path / "sprung").exists()
    (tmp_path / "sprung").unlink()

    assert version(take(str(repository))) == "2"
    assert version(take(".@v1")) == "1"
    (repository / ".git/objects/pack").rename(tmp_path / "pack")
    for blob in (repository / ".git/objects").glob("??"):
        shutil.rmtree(blob)
    with pytest.raises(Skip):
        take(str(repository))
    assert not (tmp_path / "sprung").exists()


def test_missing_objects_are_a_skip_and_fetch_nothing(take, repository, git):
    blob = git(repository, "rev-parse", "HEAD:module.py")
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(Skip) as skip:
        take(str(repository))
    assert skip.value.reason == "incomplete-repository"


@pytest.mark.parametrize("name", ["..", ".", ".git", "a/b", ""])
def test_trees_with_names_that_lead_elsewhere(take, repository, git, name):
    blob = git(repository, "rev-parse", "HEAD:module.py")
    raw = b"100644 " + name.encode() + b"\0" + bytes.fromhex(blob)
    done = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
        cwd=repository, input=raw, capture_output=True, check=True,
    )  # fmt: skip
    commit = git(repository, "commit-tree", "-m", "hostile", done.stdout.decode().strip())
    if name in (".git", "a/b"):
        origin = take(f"{repository}@{commit}")
        assert {path.name for path in origin.tree.iterdir()} <= {"a"}
        return
    with pytest.raises(Skip) as skip:
        take(f"{repository}@{commit}")
    assert skip.value.reason in ("unsafe-path", "incomplete-repository")


def test_nothing_is_written_through_a_link(take, repository, git, tmp_path):
    (tmp_path / "victim").mkdir()
    target = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"],
        cwd=repository, input=str(tmp_path / "victim").encode(), capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip
    blob = git(repository, "rev-parse", "HEAD:module.py")
    inner = f"100644 blob {blob}\tfile.py\n"
    tree = subprocess.run(["git", "mktree"], cwd=repository, input=inner.encode(), capture_output=True, check=True)
    raw = b"120000 x\0" + bytes.fromhex(target) + b"40000 x\0" + bytes.fromhex(tree.stdout.decode().strip())
    outer = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
        cwd=repository, input=raw, capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip
    commit = git(repository, "commit-tree", "-m", "hostile", outer)
    with pytest.raises(Skip) as skip:
        take(f"{repository}@{commit}")
    assert skip.value.reason == "unsafe-path"
    assert not list((tmp_path / "victim").iterdir())


def test_a_tree_that_repeats_itself_without_end_is_too_big(take, repository, git):
    tree = git(repository, "rev-parse", "HEAD:pkg")
    for _ in range(12):
        listing = "".join(f"040000 tree {tree}\t{number}\n" for number in range(10))
        done = subprocess.run(
            ["git", "mktree"], cwd=repository, input=listing.encode(), capture_output=True, check=True
        )
        tree = done.stdout.decode().strip()
    commit = git(repository, "commit-tree", "-m", "bomb", tree)
    with pytest.raises(Skip) as skip:
        take(f"{repository}@{commit}")
    assert skip.value.reason == "too-big"


def test_plain_folders_are_taken_in_place(take, tmp_path):
    (tmp_path / "plain").mkdir()
    origin = take(str(tmp_path / "plain"))
    assert (origin.repo, origin.base_commit, origin.tree) == ("local:plain", "", tmp_path / "plain")
    with pytest.raises(Skip) as skip:
        take(f"{tmp_path}/plain@v1")
    assert skip.value.reason == "no-such-revision"


def test_without_git_nothing_is_said_about_the_repository(take, repository, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(MachineError, match="git is not installed"):
        take(str(repository))
