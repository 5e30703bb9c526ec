"""The archive of a start state, against the standard library's tar reader and git as independent oracles."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hgen.sandbox import hostgit
from hgen.sandbox.layout import StartState

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=120).filter(
    lambda name: name not in (".", "..") and name.lower() != ".git" and len(name.encode()) < 250
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.binary(max_size=2000)


def without_clashes(paths: dict[str, bytes]) -> dict[str, bytes]:
    """A path that is also a folder of another one cannot be a file."""
    return {path: paths[path] for path in paths if not any(other.startswith(path + "/") for other in paths)}


TREES = st.dictionaries(PATHS, CONTENTS, max_size=6).map(without_clashes)


@settings(max_examples=40, deadline=None)
@given(TREES, st.data())
def test_the_archive_holds_exactly_the_start_state(files, data):
    executable = frozenset(data.draw(st.sets(st.sampled_from(sorted(files))))) if files else frozenset()
    state = StartState(files, executable)
    with tarfile.open(fileobj=io.BytesIO(state.archive), encoding="utf-8") as archive:
        members = {member.name: member for member in archive}
        found = {
            name.removeprefix("repo/"): (archive.extractfile(member).read(), member.mode == 0o755)
            for name, member in members.items()
            if member.isreg() and not name.startswith("repo/.git/")
        }
    assert found == {path: (content, path in executable) for path, content in files.items()}
    assert {(member.uid, member.gid) for name, member in members.items() if name.startswith("repo")} == {(60101, 60101)}
    assert state.inodes >= len(members)
    assert state.size >= sum(member.size for member in members.values())


@settings(max_examples=25, deadline=None)
@given(TREES, TREES)
def test_a_diff_between_trees_is_what_git_applies(tmp_path_factory, before, after):
    folder = tmp_path_factory.mktemp("tree")
    for path, content in before.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    patch = hostgit.diff(StartState(before).tree, StartState(after).tree)
    if before == after:
        assert patch == b""
        return
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], input=patch, cwd=folder, check=True)
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == after


def test_the_repository_is_sound_and_the_same_everywhere(tmp_path: Path):
    state = StartState({"b.py": b"1", "a/c.py": b"2"}, frozenset({"b.py"}), {"link": "a/c.py"})
    with tarfile.open(fileobj=io.BytesIO(state.archive)) as archive:
        archive.extractall(tmp_path, filter="tar", members=[m for m in archive if m.name.startswith("repo")])

    def git(*words: str) -> str:
        # The archive names another owner than the one who unpacks it here.
        command = ["git", "-c", "safe.directory=*", "-C", str(tmp_path / "repo"), *words]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout

    # The commit that plain git makes of the same files, with the same name and date.
    assert git("rev-parse", "HEAD") == "b6a5c5f3c9ee2571e901977cc0ea402398f679b2\n"
    assert git("fsck", "--strict") == ""
    assert git("status", "--porcelain") == ""
    assert git("ls-files", "-s").count("\n") == 3


def test_the_same_state_is_packed_once():
    state = StartState({"a": b"1"})
    assert state.archive is state.archive


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "a/../b", "./a", "a//b", "a/", ".git/config", "x/.GIT/hooks", "a\0b"]
)
def test_a_path_that_leads_elsewhere_is_refused(path: str):
    with pytest.raises(ValueError, match="cannot be a path in a start state"):
        _ = StartState({path: b""}).archive


def test_the_users_git_configuration_changes_nothing(tmp_path: Path, monkeypatch):
    (tmp_path / ".gitconfig").write_text(
        "[diff]\n\tnoprefix = true\n\texternal = /bin/false\n[core]\n\tautocrlf = true\n"
    )
    before, after = StartState({"a": b"1\r\n"}).tree, StartState({"a": b"2\r\n"}).tree
    plain = hostgit.diff(before, after)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "/bin/false")
    assert hostgit.diff(before, after) == plain
    assert plain.startswith(b"diff --git a/a b/a\n")
    assert b"-1\r\n" in plain
