"""Where a task starts from is brought by whoever grades, and believed only if it is the task's own snapshot."""

import os
import shutil
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hgen.records import Validated
from hgen.scoring import diffs
from hgen.scoring.archived_tree import add_member
from hgen.scoring.modes import FILE
from hgen.scoring.standalone.answer_file import AnswerFile, unpack
from hgen.scoring.standalone.start import opened
from hgen.scoring.start_state import start_state
from hgen.scoring.verdicts import NoVerdict
from hgen.shards import read_shard
from hgen.snapshots import Store
from tests.scoring.packing import answer_for, archived
from tests.scoring.test_grader import Workplace, write

SNAPSHOT = {
    "shop/cart.py": b'def total(prices):\n    """Add the prices up."""\n    return sum(prices)\n',
    "shop/__init__.py": b"",
    "tests/test_cart.py": b"def test_total():\n    assert total([1]) == 1",
    "run.sh": b"#!/bin/sh\n",
    "data.bin": bytes(range(256)),
    "tests/__pycache__/golden.pyc": b"\0",
}
COMMITTED = {**SNAPSHOT, "shop/cart.py": b"def total(prices):\n    ...\n"}
del COMMITTED["tests/test_cart.py"]
MET = {**COMMITTED, "shop/cart.py": b"def total(prices):\n    return max(prices)\n"}
LINKS = {"latest": "shop/cart.py"}
TASK = {
    "instance_id": "shop-1",
    "graded_by": "docstrings",
    "targets": [{"file": "shop/cart.py", "qualname": "total", "kind": "function", "def_line": 1}],
    "setup_patch": diffs.render(SNAPSHOT, COMMITTED),
    "candidate_patch": diffs.render(COMMITTED, MET),
}


@pytest.fixture
def answer(tmp_path: Path) -> AnswerFile:
    with archived(tmp_path / "store", SNAPSHOT, LINKS, ["run.sh"]) as snapshot:
        return answer_for(TASK, snapshot)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The start state as it lies in an image, beside what git and building have made."""
    root = tmp_path / "repo"
    write(root, MET)
    (root / "run.sh").chmod(0o755)
    (root / "latest").symlink_to("shop/cart.py")
    write(root, {".git/config": b"[core]\n", "shop/_version.py": b"1", "shop.egg-info/PKG-INFO": b""})
    return root


def archive_of(answer: AnswerFile, tmp_path: Path) -> Path:
    return tmp_path / "store" / f"{answer.listing.digest}.zip"


def test_an_archive_and_a_folder_give_the_same_snapshot(answer: AnswerFile, folder: Path, tmp_path: Path) -> None:
    for place in (archive_of(answer, tmp_path), folder):
        with opened(str(place), answer) as start:
            assert dict(start.snapshot) == SNAPSHOT
            assert start.executable == {"run.sh"}
            assert "shop/_version.py" not in start.snapshot


def _grow(root: Path) -> None:
    with (root / "data.bin").open("r+b") as file:
        file.truncate(1 << 40)


def _link(root: Path) -> None:
    shutil.move(root / "data.bin", root.parent / "data.bin")
    (root / "data.bin").symlink_to(root.parent / "data.bin")


def _link_folder(root: Path) -> None:
    shutil.move(root / "shop", root.parent / "shop")
    (root / "shop").symlink_to(root.parent / "shop")


def _pipe(root: Path) -> None:
    (root / "data.bin").unlink()
    os.mkfifo(root / "data.bin")


def _folder_for_file(root: Path) -> None:
    (root / "data.bin").unlink()
    (root / "data.bin").mkdir()


def _other_link(root: Path) -> None:
    (root / "latest").unlink()
    (root / "latest").symlink_to("run.sh")


TAMPERED: dict[str, Callable[[Path], object]] = {
    "a byte is another": lambda root: (root / "data.bin").write_bytes(bytes(256)),
    "the code that the setup leaves is another": lambda root: (root / "shop/cart.py").write_bytes(b"x = 1\n"),
    "the docstring is there already": lambda root: (root / "shop/cart.py").write_bytes(SNAPSHOT["shop/cart.py"]),
    "what the setup deletes is there": lambda root: write(root, {"tests/test_cart.py": b"import os\n"}),
    "a file is missing": lambda root: (root / "shop/__init__.py").unlink(),
    "a file is a link": _link,
    "a folder is a link": _link_folder,
    "a file is a pipe": _pipe,
    "a file is a folder": _folder_for_file,
    "a file is huge": _grow,
    "a link leads elsewhere": _other_link,
    "a link is missing": lambda root: (root / "latest").unlink(),
    "the folder is empty": lambda root: (shutil.rmtree(root), root.mkdir()),
    "there is nothing": shutil.rmtree,
    "it is a pipe": lambda root: (shutil.rmtree(root), os.mkfifo(root)),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_folder_that_is_not_the_start_state_gives_no_verdict(what: str, answer: AnswerFile, folder: Path) -> None:
    TAMPERED[what](folder)
    with pytest.raises(NoVerdict), opened(str(folder), answer):
        pass


def test_modes_that_a_copy_has_lost_are_not_missed(answer: AnswerFile, folder: Path) -> None:
    (folder / "run.sh").chmod(0o644)
    with opened(str(folder), answer) as start:
        assert dict(start.snapshot) == SNAPSHOT
        assert not start.executable


def test_a_file_that_changes_while_it_is_read_gives_no_verdict(answer: AnswerFile, folder: Path) -> None:
    with opened(str(folder), answer) as start:
        (folder / "data.bin").write_bytes(b"")
        with pytest.raises(NoVerdict, match="changed while it was read"):
            start.snapshot["data.bin"]


def test_trouble_while_grading_is_not_the_archives(answer: AnswerFile, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="elsewhere"), opened(str(archive_of(answer, tmp_path)), answer):
        raise OSError("elsewhere")


def test_another_archive_gives_no_verdict(answer: AnswerFile, tmp_path: Path) -> None:
    with archived(tmp_path / "other", COMMITTED, LINKS, ["run.sh"]) as other:
        place = Path(other.name)
    with pytest.raises(NoVerdict, match="does not hold the tree"), opened(str(place), answer):
        pass
    # With the right list of files, and something else behind it.
    with zipfile.ZipFile(archive_of(answer, tmp_path)) as right:
        infos = {info.filename: info for info in right.infolist()}
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(forged, "w") as members:
        for path, info in infos.items():
            content = LINKS[path].encode() if path in LINKS else bytes(len(SNAPSHOT[path]))
            add_member(members, path, FILE, content)
            members.filelist[-1].comment = info.comment
            members.filelist[-1].external_attr = info.external_attr
    with pytest.raises(NoVerdict, match=r"is damaged at data\.bin"), opened(str(forged), answer) as start:
        start.snapshot["data.bin"]
    for damaged in (b"", b"PK", archive_of(answer, tmp_path).read_bytes()[:-30]):
        forged.write_bytes(damaged)
        with pytest.raises(NoVerdict), opened(str(forged), answer):
            pass


def test_an_archive_that_would_swell_gives_no_verdict(answer: AnswerFile, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive_of(answer, tmp_path)) as right:
        infos = {info.filename: info for info in right.infolist()}
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w") as members:
        for path, info in infos.items():
            add_member(members, path, FILE, bytes(10**7))
            members.filelist[-1].comment = info.comment
            members.filelist[-1].external_attr = info.external_attr
    with pytest.raises(NoVerdict, match="other sizes"), opened(str(bomb), answer):
        pass


def test_a_tree_beside_a_folder_with_its_start_earns_what_it_earns_with_the_archive(
    tmp_path: Path, grader: Path
) -> None:
    workplace = Workplace(tmp_path, grader)
    start = tmp_path / "start"
    write(start, {**workplace.case.files, ".git/HEAD": b"ref: refs/heads/main\n"})
    workplace.start = start
    assert workplace.grade() == (0, "1.0")
    (start / "README.md").write_bytes(b"else\n")
    assert workplace.grade() == (3, "none")


def test_the_start_states_of_real_tasks_are_found_again(undisturbed: Path, tmp_path: Path) -> None:
    from hgen.grader import answer_file

    store = Store(undisturbed / "snapshots")
    shards = sorted((undisturbed / "validate").glob("0000?.jsonl"))
    tasks = [record.task for shard in shards for record in read_shard(shard, Validated)]
    assert {task.family for task in tasks} >= {"func-localize", "dep-search"}
    for task in tasks[::5]:
        with store.open(task.snapshot) as snapshot:
            answer = unpack(answer_file(task, snapshot))
            root = tmp_path / task.instance_id
            snapshot.extract(root, start_state(snapshot, task.setup_patch, task.candidate_patch))
            with opened(str(root), answer) as start:
                assert dict(start.snapshot) == dict(snapshot)
            shutil.rmtree(root)


@pytest.mark.skipif(sys.platform != "linux", reason="needs names of any bytes")
def test_a_start_state_beside_names_of_any_bytes_is_found(answer: AnswerFile, folder: Path) -> None:
    (folder / os.fsdecode(b"latin-\xe9")).write_bytes(b"")
    with opened(str(folder), answer) as start:
        assert len(start.snapshot) == len(SNAPSHOT)
