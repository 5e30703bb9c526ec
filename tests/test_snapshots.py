"""The snapshot store: what a digest depends on, what is left out, and what damage looks like."""

import errno
import os
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hgen.errors import ShardError, Skip
from hgen.snapshots import Store, TreeLimits, read_tree

LIMITS = TreeLimits(files=1000, total_bytes=10_000_000, file_bytes=5_000_000)


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "snapshots")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return write(tmp_path / "tree", {"a.py": "x = 1\ny = 2", "pkg/b.py": "z = 3\n", "pkg/data.bin": "\x00\x01"})


def test_a_snapshot_maps_paths_to_contents_in_order(store, tree):
    added = store.add(tree, LIMITS)
    with store.open(added.digest) as snapshot:
        assert list(snapshot) == ["a.py", "pkg/b.py", "pkg/data.bin"]
        assert snapshot["pkg/b.py"] == b"z = 3\n"
        assert snapshot.size("pkg/data.bin") == 2
        assert "pkg" not in snapshot
        with pytest.raises(KeyError):
            snapshot["missing"]


def test_counts_are_of_python_files_only(store, tree):
    added = store.add(tree, LIMITS)
    assert (added.files, added.python_files, added.python_lines, added.python_bytes) == (3, 2, 3, 17)


def test_the_digest_depends_on_contents_paths_and_executable_bits_alone(store, tree, tmp_path):
    first = store.add(tree, LIMITS).digest
    os.utime(tree / "a.py", (1, 1))
    (tree / "a.py").chmod(0o600)
    (tree / "empty folder").mkdir()
    copy = write(tmp_path / "copy", {"pkg/data.bin": "\x00\x01", "pkg/b.py": "z = 3\n", "a.py": "x = 1\ny = 2"})
    assert store.add(tree, LIMITS).digest == store.add(copy, LIMITS).digest == first
    (copy / "a.py").chmod(0o755)
    executable = store.add(copy, LIMITS).digest
    (copy / "a.py").rename(copy / "c.py")
    assert len({first, executable, store.add(copy, LIMITS).digest}) == 3


def test_the_archive_of_a_tree_is_the_same_bytes_each_time(tree, tmp_path):
    archives = []
    for name in ("one", "two"):
        store = Store(tmp_path / name)
        archives.append(store.archive(store.add(tree, LIMITS).digest).read_bytes())
    assert archives[0] == archives[1]


def test_extracting_gives_the_tree_back(store, tree, tmp_path):
    (tree / "run.sh").write_text("#!/bin/sh\n", encoding="utf-8")
    (tree / "run.sh").chmod(0o755)
    (tree / "pkg/link.py").symlink_to("../a.py")
    added = store.add(tree, LIMITS)
    store.extract(added.digest, tmp_path / "out")
    assert (tmp_path / "out/pkg/link.py").readlink() == Path("../a.py")
    assert os.access(tmp_path / "out/run.sh", os.X_OK)
    assert not os.access(tmp_path / "out/a.py", os.X_OK)
    assert store.add(tmp_path / "out", LIMITS).digest == added.digest


def test_extracting_refuses_a_folder_that_is_not_empty(store, tree):
    with pytest.raises(FileExistsError):
        store.extract(store.add(tree, LIMITS).digest, tree)


@given(
    st.dictionaries(
        st.lists(st.sampled_from(["a", "B", "c d", "é", "-x", "\u2028", "'q\""]), min_size=1, max_size=3).map("/".join),
        st.binary(max_size=50),
        max_size=8,
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_was_added_comes_back(tmp_path_factory, files):
    # A name cannot be both a file and a folder.
    files = {path: content for path, content in files.items() if not any(o.startswith(f"{path}/") for o in files)}
    folder = tmp_path_factory.mktemp("tree")
    for path, content in files.items():
        (folder / "tree" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "tree" / path).write_bytes(content)
    (folder / "tree").mkdir(exist_ok=True)
    store = Store(folder / "store")
    digest = store.add(folder / "tree", LIMITS).digest
    with store.open(digest) as snapshot:
        assert dict(snapshot) == files
        snapshot.extract(folder / "out")
    assert store.add(folder / "out", LIMITS).digest == digest


def test_history_is_left_out_at_any_depth_and_in_any_case(store, tree):
    write(tree, {".git/config": "[core]", "pkg/.GIT/hooks/x": "", "sub/.git": "gitdir: ../x", ".hg/store": ""})
    added = store.add(tree, LIMITS)
    assert added.files == 3
    assert added.dropped == {"version-control": 4}


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/etc/passwd", "link-absolute"),
        ("../../outside", "link-outside"),
        ("pkg/../../tree/a.py", "link-outside"),
        ("nowhere", "link-dangling"),
        ("link", "link-circle"),
        (".", "link-circle"),
        ("pkg/../.", "link-circle"),
    ],
)
def test_links_that_lead_nowhere_good_are_dropped_and_counted(store, tree, target, reason):
    (tree / "link").symlink_to(target)
    added = store.add(tree, LIMITS)
    assert added.dropped == {reason: 1}
    assert added.links == 0


def test_circles_of_links_through_folders_are_broken(store, tree, tmp_path):
    write(tree, {"one/x.py": "", "two/y.py": ""})
    (tree / "one/to_two").symlink_to("../two")
    (tree / "two/to_one").symlink_to("../one")
    (tree / "ring_a").symlink_to("ring_b")
    (tree / "ring_b").symlink_to("ring_a")
    added = store.add(tree, LIMITS)
    assert added.dropped == {"link-circle": 4}
    store.extract(added.digest, tmp_path / "out")
    assert len(list((tmp_path / "out").rglob("*.py"))) == 4


def test_links_to_files_and_plain_folders_stay(store, tree):
    (tree / "docs").symlink_to("pkg")
    (tree / "lib.so").symlink_to("lib.so.1")
    (tree / "lib.so.1").symlink_to("a.py")
    (tree / "through").symlink_to("docs/b.py")
    added = store.add(tree, LIMITS)
    assert added.dropped == {}
    with store.open(added.digest) as snapshot:
        assert snapshot.links == {"docs": "pkg", "lib.so": "lib.so.1", "lib.so.1": "a.py", "through": "docs/b.py"}
        assert "docs" not in snapshot


def test_a_link_that_led_through_a_dropped_link_is_dropped_too(store, tree):
    (tree / "out").symlink_to("/etc")
    (tree / "deeper").symlink_to("out/passwd")
    assert store.add(tree, LIMITS).links == 0


def test_names_that_no_record_can_hold_are_dropped_and_counted(store, tree):
    for name in (b"not-utf8-\xff.py", b"two\nlines.py", b"tab\t.py"):
        (tree / os.fsdecode(name)).touch()
    assert store.add(tree, LIMITS).dropped == {"name-not-utf-8": 1, "name-with-control-character": 2}


def test_names_that_differ_in_case_are_different_files(store, tree):
    write(tree, {"A.py": "upper"})
    with store.open(store.add(tree, LIMITS).digest) as snapshot:
        assert snapshot["A.py"] == b"upper"
        assert snapshot["a.py"] == b"x = 1\ny = 2"


def test_pipes_and_sockets_are_dropped_and_not_read(store, tree):
    os.mkfifo(tree / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tree / "socket"))
        assert store.add(tree, LIMITS).dropped == {"special-file": 2}


@pytest.mark.parametrize(
    "limits", [TreeLimits(2, 10**6, 10**6), TreeLimits(100, 18, 10**6), TreeLimits(100, 10**6, 10)]
)
def test_trees_over_a_limit_are_skipped(store, tree, limits):
    with pytest.raises(Skip) as skip:
        store.add(tree, limits)
    assert skip.value.reason == "too-big"
    assert not list(store.root.glob("*"))


def test_a_file_that_disappears_while_its_tree_is_read_is_a_skip(store, tree, monkeypatch):
    def list_and_remove(*arguments: object) -> object:
        listed = read_tree(*arguments)
        (tree / "a.py").unlink()
        return listed

    monkeypatch.setattr("hgen.snapshots.store.read_tree", list_and_remove)
    with pytest.raises(Skip) as skip:
        store.add(tree, LIMITS)
    assert skip.value.reason == "unreadable-file"
    assert not list(store.root.iterdir())


def test_a_missing_snapshot_is_an_error_that_names_it(store):
    with pytest.raises(ShardError, match="0" * 64):
        store.open("0" * 64)


@pytest.mark.parametrize("said", ["../a", "/etc/passwd", "", "\0", "0" * 63, "0" * 63 + "/", "A" * 64])
def test_what_is_no_digest_is_no_path_either(store, tree, tmp_path, said):
    store.add(tree, LIMITS)
    (tmp_path / "a.zip").write_bytes(b"somebody's")
    for use in (store.open, store.archive):
        with pytest.raises(ShardError, match="is no digest of a tree"):
            use(said)


@pytest.mark.parametrize("damage", ["cut", "middle", "empty", "other"])
def test_a_damaged_archive_is_an_error_that_names_it(store, tree, tmp_path, damage):
    write(tree, {"big.txt": "".join(str(number) for number in range(10_000))})
    digest = store.add(tree, LIMITS).digest
    archive = store.archive(digest)
    whole = archive.read_bytes()
    if damage == "cut":
        archive.write_bytes(whole[: len(whole) // 2])
    elif damage == "middle":
        archive.write_bytes(whole[:2000] + b"\xff" * 50 + whole[2050:])
    elif damage == "empty":
        archive.write_bytes(b"")
    else:
        other = store.add(write(tmp_path / "other", {"a.py": ""}), LIMITS)
        archive.write_bytes(store.archive(other.digest).read_bytes())
    with pytest.raises(ShardError, match=digest), store.open(digest) as snapshot:
        dict(snapshot)
    assert store.add(tree, LIMITS).digest == digest
    with store.open(digest) as snapshot:
        assert len(snapshot) == 4


def test_a_content_that_was_exchanged_is_noticed(store, tree):
    digest = store.add(tree, LIMITS).digest
    archive = store.archive(digest)
    with zipfile.ZipFile(archive) as old:
        members = [(info, old.read(info)) for info in old.infolist()]
    with zipfile.ZipFile(archive, "w") as new:
        for info, content in members:
            new.writestr(info, content.replace(b"x = 1", b"x = 2"))
    with store.open(digest) as snapshot:
        assert snapshot["pkg/b.py"] == b"z = 3\n"
        with pytest.raises(ShardError, match=r"a\.py"):
            snapshot["a.py"]


def test_a_full_disk_rises_as_it_is_and_leaves_nothing(store, tree, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("hgen.snapshots.store.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.add(tree, LIMITS)
    assert not list(store.root.iterdir())


def test_a_disk_that_takes_no_more_rises_as_it_is(tree):
    code = (
        "import sys, resource, signal; from pathlib import Path; from hgen.snapshots import TreeLimits, Store\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "Store(Path(sys.argv[2])).add(Path(sys.argv[1]), TreeLimits(100, 10**7, 10**7))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tree), str(tree.parent / "s")], capture_output=True, text=True, check=False
    )
    assert "OSError: [Errno 27]" in done.stderr
    assert "Skip" not in done.stderr
    assert not list((tree.parent / "s").iterdir())


def test_what_a_killed_worker_left_is_removed_but_not_what_others_are_writing(store, tree):
    code = (
        "import os, sys; from pathlib import Path; import hgen.snapshots.store as s\n"
        "with s._temporary_file(Path(sys.argv[1])) as path:\n"
        "    path.write_bytes(b'half'); print(flush=True); sys.stdin.read(); os._exit(9)"
    )
    store.root.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", code, str(store.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        worker.stdout.readline()
        store.add(tree, LIMITS)
        assert len(list(store.root.glob(".incoming-*"))) == 1
        worker.stdin.close()
        worker.wait()
    assert len(list(store.root.glob(".incoming-*"))) == 1
    store.add(tree, LIMITS)
    assert not list(store.root.glob(".incoming-*"))


def test_workers_that_add_the_same_tree_do_not_collide(store, tree):
    code = (
        "import sys; from pathlib import Path; from hgen.snapshots import TreeLimits, Store\n"
        "limits = TreeLimits(100, 10**7, 10**7)\n"
        "for _ in range(20): print(Store(Path(sys.argv[2])).add(Path(sys.argv[1]), limits).digest)"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", code, str(tree), str(store.root)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    digests = {line for worker in workers for line in worker.communicate()[0].split()}
    assert all(worker.returncode == 0 for worker in workers)
    assert digests == {store.add(tree, LIMITS).digest}
    assert [path.name for path in store.root.iterdir()] == [f"{digests.pop()}.zip"]
