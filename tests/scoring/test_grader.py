"""The travelling grader: one file, any Python from 3.9 on, and the library's verdicts."""

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from hgen.grader import answer_file, grader_source
from hgen.records import Validated
from hgen.scoring import score
from hgen.scoring.diffs import Patched
from hgen.scoring.verdicts import PARTS
from hgen.shards import read_shard
from hgen.snapshots import Store
from tests.scoring.catalogue import CASES
from tests.scoring.catalogue.case import Case
from tests.scoring.packing import archived, packed

PLACES = ("precision", "recall", "f1", *PARTS["markers"])
RUN = Path(__file__).with_name("run_grader.py")
NEVER_TEXT = {"null", "number", "list", "surrogates", "huge"}
"""Cases that are no text that a file can hold, or too large to copy about."""


def interpreters() -> list[str]:
    """The Pythons from 3.9 on that this machine has."""
    found = {f"3.{minor}": shutil.which(f"python3.{minor}") for minor in range(9, 15)}
    for folder in sorted((Path.home() / ".pyenv" / "versions").glob("3.*")):
        version = ".".join(folder.name.split(".")[:2])
        if int(version.split(".")[1]) >= 9:
            found[version] = str(folder / "bin" / "python3")
    return sorted({sys.executable, *(path for path in found.values() if path)})


def asked(case: Case, folder: Path) -> dict[str, object]:
    """What a row of ``run_grader`` says about a case, whose snapshot is kept in a folder."""
    with archived(folder, case.files) as snapshot:
        return {"answer": packed(case.task, snapshot).decode(), "start": str(folder / f"{snapshot.digest}.zip")}


@pytest.mark.parametrize("python", interpreters())
def test_the_grader_gives_the_librarys_verdict_on_every_diff(python: str, grader: Path, tmp_path: Path):
    cases = [case for case in CASES if case.name not in NEVER_TEXT]
    rows = [{**asked(case, tmp_path), "patch": case.patch} for case in cases]
    for case, row in zip(cases, graded(python, grader, rows, tmp_path), strict=True):
        expected = score(case.task, case.patch, case.files).row()
        assert verdict(row) == verdict(expected), f"{case.name}: {row} instead of {expected}"


@pytest.mark.parametrize("python", interpreters())
def test_the_grader_gives_the_librarys_verdict_on_every_tree(python: str, grader: Path, tmp_path: Path):
    cases = [case for case in CASES if case.after is not None]
    rows = []
    for number, case in enumerate(cases):
        assert case.after is not None
        write(tmp_path / str(number), case.after)
        rows.append({**asked(case, tmp_path / "store"), "tree": str(tmp_path / str(number))})
    for case, row in zip(cases, graded(python, grader, rows, tmp_path), strict=True):
        expected = score(case.task, case.patch, case.files).row()
        assert verdict(row) == verdict(expected), f"{case.name}: {row} instead of {expected}"


def test_the_source_is_the_same_each_time_and_needs_only_python_3_9_syntax(grader: Path):
    import ast

    assert grader_source() == grader.read_text(encoding="utf-8")
    ast.parse(grader_source(), feature_version=(3, 9))


PLANTED = (
    *("ast.py", "json.py", "tokenize.py", "argparse.py", "typing.py", "collections.py", "warnings.py", "importlib.py"),
    *("zlib.py", "base64.py", "re.py", "hgen/__init__.py", "hgen/scoring/__init__.py", "sitecustomize/__init__.pyc"),
)


class Workplace:
    """A tree that an agent worked in, with the right answer in it, and the grader beside it."""

    def __init__(self, folder: Path, grader: Path) -> None:
        self.case = next(case for case in CASES if case.name == "one-line")
        assert self.case.after is not None
        self.tree = folder / "tree"
        write(self.tree, self.case.after)
        self.answer = folder / "answer.json"
        self.begin(self.case.files)
        self.reward = folder / "logs" / "reward.txt"
        self.grader = grader

    def begin(self, files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> None:
        """Have the task start from other files."""
        with archived(self.answer.parent / "store", files, links) as snapshot:
            self.answer.write_bytes(packed(self.case.task, snapshot))
            self.start = self.answer.parent / "store" / f"{snapshot.digest}.zip"

    def grade(
        self,
        *arguments: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        python: str = sys.executable,
        options: tuple[str, ...] = (),
    ) -> tuple[int, str]:
        done = subprocess.run(
            [python, *options, self.grader, "--answer", self.answer, "--start", self.start,
             *(arguments or ("--tree", str(self.tree))),
             "--reward-file", self.reward],
            cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        reward = self.reward.read_text(encoding="utf-8").strip() if self.reward.exists() else "none"
        return done.returncode, reward


@pytest.fixture
def workplace(tmp_path: Path, grader: Path) -> Workplace:
    return Workplace(tmp_path, grader)


def test_a_right_tree_earns_its_reward(workplace: Workplace):
    assert workplace.grade() == (0, "1.0")


def test_a_diff_earns_its_reward(workplace: Workplace):
    diff = workplace.tree.parent / "answer.diff"
    diff.write_text(str(workplace.case.patch), encoding="utf-8")
    assert workplace.grade("--diff", str(diff)) == (0, "1.0")
    diff.write_bytes(b"\xff\xfe\x00 binary noise")
    assert workplace.grade("--diff", str(diff)) == (0, "0.0")


def test_a_tree_in_an_archive_earns_its_reward(workplace: Workplace):
    archive = workplace.tree.parent / "tree.tar"
    for answered, reward in ((True, "1.0"), (False, "0.0")):
        if not answered:
            (workplace.tree / "new.py").write_bytes(b"")
        subprocess.run(["tar", "-cf", archive, "-C", workplace.tree, "."], check=True)
        assert workplace.grade("--tree", str(archive)) == (0, reward)


def test_a_damaged_archive_of_a_tree_is_an_answer_that_is_worth_nothing(workplace: Workplace):
    archive = workplace.tree.parent / "tree.tar"
    subprocess.run(["tar", "-cf", archive, "-C", workplace.tree, "."], check=True)
    whole = archive.read_bytes()
    for damaged in (b"", b"no archive", whole[:700], gzip.compress(whole)):
        archive.write_bytes(damaged)
        assert workplace.grade("--tree", str(archive)) == (0, "0.0")
    assert workplace.grade("--tree", str(archive.with_name("missing.tar"))) == (3, "none")


def test_an_archive_of_a_tree_writes_nothing_and_names_nothing_outside(workplace: Workplace):
    archive = workplace.tree.parent / "tree.tar"
    outside = workplace.tree.parent / "outside.py"
    outside.write_bytes(b"x\n")
    with tarfile.open(archive, "w") as members:
        members.add(workplace.tree, ".")
        for name in ("../outside.py", str(outside), "./../../outside.py"):
            member = tarfile.TarInfo(name)
            member.size = 4
            members.addfile(member, io.BytesIO(b"evil"))
        device = tarfile.TarInfo("./device")
        device.type = tarfile.CHRTYPE
        members.addfile(device)
        loop = tarfile.TarInfo("./loop.py")
        loop.type, loop.linkname = tarfile.LNKTYPE, "loop.py"
        members.addfile(loop)
    assert workplace.grade("--tree", str(archive)) == (0, "1.0")
    assert outside.read_bytes() == b"x\n"
    with tarfile.open(archive, "a") as members:
        secret = tarfile.TarInfo("./shop/cart.py")
        secret.type, secret.linkname = tarfile.SYMTYPE, str(outside)
        members.addfile(secret)
    assert workplace.grade("--tree", str(archive)) == (0, "0.0")


def test_a_hole_in_an_archive_of_a_tree_is_not_read(workplace: Workplace):
    archive = workplace.tree.parent / "tree.tar"
    with (workplace.tree / "README.md").open("r+b") as file:
        file.truncate(1 << 40)
    subprocess.run(["tar", "--sparse", "-cf", archive, "-C", workplace.tree, "."], check=True)
    assert archive.stat().st_size < 10**6
    assert workplace.grade("--tree", str(archive)) == (0, "0.0")


def test_what_is_collected_beside_an_untouched_folder_is_graded_elsewhere(workplace: Workplace):
    start, diff = workplace.answer.parent / "start", workplace.answer.parent / "logs/answer.diff"
    write(start, workplace.case.files)
    for tree in (workplace.tree, start):
        collect = ["--collect", str(tree), "--start", str(start), "--diff", str(diff)]
        done = subprocess.run([sys.executable, workplace.grader, *collect], capture_output=True, text=True, check=True)
        assert done.stdout == ""
        assert workplace.grade("--diff", str(diff)) == (0, "1.0" if tree == workplace.tree else "0.0")
    with (workplace.tree / "huge").open("wb") as file:
        file.truncate(1 << 40)
    collect = [sys.executable, str(workplace.grader), "--collect", str(workplace.tree), "--start", str(start)]
    done = subprocess.run(collect, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("too-large: huge")
    diff.write_text(done.stdout, encoding="utf-8")
    assert workplace.grade("--diff", str(diff)) == (0, "0.0")


def test_wrong_usage_is_status_2(workplace: Workplace):
    tree = ["--tree", str(workplace.tree)]
    for wrong in ([], [*tree, "--diff", "-"], ["--collect", "x"]):
        argv = [sys.executable, workplace.grader, "--answer", workplace.answer, "--start", workplace.start, *wrong]
        assert subprocess.run(argv, capture_output=True, check=False).returncode == 2, wrong
    assert subprocess.run([sys.executable, workplace.grader, *tree], capture_output=True, check=False).returncode == 2


def test_the_reward_comes_with_its_parts_if_asked(workplace: Workplace):
    workplace.reward = workplace.reward.with_name("reward.json")
    code, text = workplace.grade()
    assert code == 0
    assert json.loads(text) == {"reward": 1.0, "resolved": 1.0, "docstrings": 0.666667, **dict.fromkeys(PLACES, 1.0)}


def test_what_tools_leave_behind_is_no_answer_and_no_fault(workplace: Workplace):
    write(workplace.tree, {".git/config": b"[core]\n", "shop/__pycache__/cart.cpython-39.pyc": b"\0"})
    assert workplace.grade() == (0, "1.0")


def test_bytecode_that_python_imports_as_a_module_is_a_file_added(workplace: Workplace):
    write(workplace.tree, {"json.pyc": b"\0"})
    assert workplace.grade() == (0, "0.0")


def test_modules_planted_on_the_path_are_never_imported(workplace: Workplace):
    planted = workplace.tree.parent / "planted"
    write(planted, dict.fromkeys(PLANTED, b"import os\nos._exit(0)\n"))
    assert workplace.grade(cwd=planted, env={**os.environ, "PYTHONPATH": str(planted)}) == (0, "1.0")


@pytest.mark.parametrize("python", interpreters())
def test_modules_planted_beside_the_grader_are_never_imported(python: str, workplace: Workplace):
    beside = workplace.tree.parent / "beside"
    write(beside, dict.fromkeys(PLANTED, b"import os\nos._exit(0)\n"))
    workplace.grader = Path(shutil.copy(workplace.grader, beside))
    assert workplace.grade(python=python) == (0, "1.0")


def test_a_users_site_and_a_startup_file_are_never_run(workplace: Workplace):
    home = workplace.tree.parent / "home"
    site = home / ".local/lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    write(site, dict.fromkeys(("usercustomize.py", "sitecustomize.py"), b"import os\nos._exit(0)\n"))
    write(site, {"evil.pth": b"import os; os._exit(0)\n"})
    write(home, {"start.py": b"import os\nos._exit(0)\n"})
    env = {**os.environ, "HOME": str(home), "PYTHONUSERBASE": str(home / ".local")}
    env |= {"PYTHONSTARTUP": str(home / "start.py"), "PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2"}
    assert workplace.grade(options=("-I", "-S"), env=env) == (0, "1.0")


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1", "tr_TR.ISO-8859-9", "ja_JP.SJIS", "nowhere"])
def test_the_locale_does_not_matter(locale: str, tmp_path: Path, grader: Path):
    workplace = Workplace(tmp_path, grader)
    names = {"ünïcödé/模块.py": "# é\n".encode(), "latin-é": b""}
    workplace.begin({**workplace.case.files, **names})
    write(workplace.tree, names)
    env = {**os.environ, "LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert workplace.grade(env={**env, "PYTHONIOENCODING": "utf-16"}) == (0, "1.0")


def test_an_isolated_grader_runs_no_sitecustomize(workplace: Workplace):
    planted = workplace.tree.parent / "planted"
    write(planted, {"sitecustomize.py": b"import os\nos._exit(0)\n"})
    done = subprocess.run(
        [sys.executable, "-I", "-S", workplace.grader, "--answer", workplace.answer, "--start", workplace.start,
         "--tree", workplace.tree],
        env={**os.environ, "PYTHONPATH": str(planted)}, cwd=planted, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["resolved"] is True


def test_a_module_planted_in_the_tree_is_a_file_added(workplace: Workplace):
    write(workplace.tree, {"sitecustomize.py": b"import os\nos._exit(0)\n"})
    assert workplace.grade(cwd=workplace.tree) == (0, "0.0")


def test_a_target_replaced_by_a_link_is_refused(workplace: Workplace):
    target = workplace.tree / "shop" / "cart.py"
    target.rename(workplace.tree.parent / "cart.py")
    target.symlink_to(workplace.tree.parent / "cart.py")
    assert workplace.grade() == (0, "0.0")


def test_a_folder_replaced_by_a_link_is_refused(workplace: Workplace):
    (workplace.tree / "shop").rename(workplace.tree.parent / "shop")
    (workplace.tree / "shop").symlink_to(workplace.tree.parent / "shop")
    assert workplace.grade() == (0, "0.0")


def test_a_pipe_does_not_hold_the_grader_up(workplace: Workplace):
    (workplace.tree / "README.md").unlink()
    os.mkfifo(workplace.tree / "README.md")
    assert workplace.grade() == (0, "0.0")


@pytest.mark.parametrize("python", interpreters())
def test_a_huge_file_is_refused_unread(python: str, workplace: Workplace):
    with (workplace.tree / "README.md").open("r+b") as file:
        file.truncate(1 << 40)
    assert workplace.grade(python=python) == (0, "0.0")


def test_a_large_file_that_nobody_touched_is_no_fault(tmp_path: Path, grader: Path):
    workplace = Workplace(tmp_path, grader)
    large = {"data.bin": bytes(60_000_000)}
    workplace.begin({**workplace.case.files, **large})
    write(workplace.tree, large)
    assert workplace.grade() == (0, "1.0")
    with (workplace.tree / "data.bin").open("r+b") as file:
        file.write(b"x")
    assert workplace.grade() == (0, "0.0")


def test_what_tools_leave_behind_may_be_part_of_the_start_state(tmp_path: Path, grader: Path):
    workplace = Workplace(tmp_path, grader)
    kept = {"tests/__pycache__/golden.pyc": b"\0", "a.egg-info/PKG-INFO": b"Name: a\n", ".hypothesis/x/y": b"z"}
    workplace.begin({**workplace.case.files, **kept})
    assert workplace.grade() == (0, "0.0")
    write(workplace.tree, {**kept, ".coverage": b"", "b.egg-info/PKG-INFO": b"", "tests/__pycache__/new.pyc": b""})
    assert workplace.grade() == (0, "1.0")


def test_modes_that_git_does_not_keep_and_dates_do_not_matter(workplace: Workplace):
    for file in workplace.tree.rglob("*.py"):
        file.chmod(0o4466)
        os.utime(file, (0, 0))
    workplace.tree.chmod(0o555)
    assert workplace.grade() == (0, "1.0")
    workplace.tree.chmod(0o755)


def test_git_in_the_tree_is_never_asked(workplace: Workplace):
    hook = b"#!/bin/sh\ntouch /tmp/never\n"
    config = b"[core]\n\tfsmonitor = touch ../ran\n\tsshCommand = touch ../ran\n[include]\n\tpath = /dev/zero\n"
    write(
        workplace.tree, {".git/config": config, ".git/hooks/post-checkout": hook, ".git/HEAD": b"x", ".git/index": b""}
    )
    assert workplace.grade() == (0, "1.0")
    assert not (workplace.tree.parent / "ran").exists()


def test_a_folder_in_place_of_the_reward_file_moves_aside(workplace: Workplace):
    write(workplace.reward, {"kept/by.txt": b"agent"})
    assert workplace.grade() == (0, "1.0")


def test_a_reward_that_cannot_be_written_is_no_verdict(workplace: Workplace):
    workplace.reward = workplace.tree / "README.md" / "reward.txt"
    assert workplace.grade() == (3, "none")


def test_folders_nested_beyond_all_names_are_refused(workplace: Workplace):
    folder = os.open(workplace.tree, os.O_RDONLY)
    for _ in range(1000):
        os.mkdir("as-deep", dir_fd=folder)
        inner = os.open("as-deep", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)
    try:
        assert workplace.grade() == (0, "0.0")
    finally:
        # Too deep for pytest to remove.
        subprocess.run(["rm", "-rf", "--", workplace.tree], check=True)


def test_the_answer_cannot_be_read_out_of_the_tree_before_grading(workplace: Workplace):
    secret = workplace.answer.read_bytes()[:40]
    assert all(secret not in file.read_bytes() for file in workplace.tree.rglob("*") if file.is_file())


def test_a_link_in_place_of_the_reward_file_is_not_followed(workplace: Workplace):
    precious = workplace.tree.parent / "precious"
    precious.write_text("kept", encoding="utf-8")
    workplace.reward.parent.mkdir()
    workplace.reward.symlink_to(precious)
    assert workplace.grade() == (0, "1.0")
    assert precious.read_text(encoding="utf-8") == "kept"


def test_a_planted_reward_is_gone_without_a_verdict(workplace: Workplace):
    workplace.answer.write_bytes(b"{}")
    write(workplace.reward.parent, {"reward.txt": b"1.0\n", "details.json": b"{}"})
    details = workplace.reward.with_name("details.json")
    assert workplace.grade("--tree", str(workplace.tree), "--details-file", str(details)) == (3, "none")
    assert not details.exists()


def test_the_reasons_go_to_a_file_of_their_own(workplace: Workplace):
    (workplace.tree / "shop/cart.py").write_bytes(workplace.case.files["shop/cart.py"])
    workplace.reward = workplace.reward.with_name("reward.json")
    details = workplace.reward.with_name("details.json")
    code, text = workplace.grade("--tree", str(workplace.tree), "--details-file", str(details))
    assert code == 0
    assert json.loads(text) == {"reward": 0.0, "resolved": 0.0, "docstrings": 0.0, **dict.fromkeys(PLACES, 0.0)}
    told = json.loads(details.read_text(encoding="utf-8"))
    assert told["instance_id"] == workplace.case.task["instance_id"]
    assert [reason["code"] for reason in told["reasons"]] == ["empty-patch"]


def test_a_damaged_answer_file_is_no_verdict(workplace: Workplace):
    whole = workplace.answer.read_bytes()
    for damaged in (
        b"",
        b"{}",
        b"null",
        whole[:100],
        whole.replace(b'"listing": "', b'"listing": "zz'),
        whole.replace(b'"format": 6', b'"format": 5'),
    ):
        workplace.answer.write_bytes(damaged)
        assert workplace.grade() == (3, "none")


def test_an_answer_may_be_one_of_an_archive(workplace: Workplace):
    whole = workplace.answer.read_bytes()
    with zipfile.ZipFile(workplace.answer, "w") as answers:
        answers.writestr("one.json", whole)
    assert workplace.grade() == (0, "1.0")
    with zipfile.ZipFile(workplace.answer, "a") as answers:
        answers.writestr("other.json", "{}")
    tree = ("--tree", str(workplace.tree), "--task")
    assert workplace.grade(*tree, "one") == (0, "1.0")
    assert [workplace.grade(*tree, name) for name in ("", "other", "neither")] == [(3, "none")] * 3
    workplace.answer.write_bytes(workplace.answer.read_bytes().replace(whole[40:60], b"\0" * 20))
    assert workplace.grade(*tree, "one") == (3, "none")


def test_links_of_the_start_state_may_stay(tmp_path: Path, grader: Path):
    workplace = Workplace(tmp_path, grader)
    workplace.begin(workplace.case.files, {"link": "./README.md"})
    assert workplace.grade() == (0, "0.0")
    (workplace.tree / "link").symlink_to("./README.md")
    assert workplace.grade() == (0, "1.0")


def graded(python: str, grader: Path, rows: list[dict[str, object]], folder: Path) -> list[dict[str, object]]:
    cases = folder / "cases.jsonl"
    cases.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = subprocess.run(
        [python, "-I", "-S", RUN, grader, cases], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def verdict(row: Mapping[str, object]) -> tuple[object, ...]:
    return tuple(row[key] for key in ("reward", "resolved", "precision", "recall", "f1"))


def write(root: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def test_real_tasks_are_graded_like_the_library_does(undisturbed: Path, grader: Path, tmp_path: Path):
    """Gold and empty answers to tasks of a real run, as diffs and as trees."""
    store = Store(undisturbed / "snapshots")
    tasks = [
        record.task
        for shard in sorted((undisturbed / "validate").glob("0000?.jsonl"))
        for record in read_shard(shard, Validated)
    ]
    rows: list[dict[str, object]] = []
    for number, task in enumerate(tasks[::9]):
        with store.open(task.snapshot) as snapshot:
            text = answer_file(task, snapshot).decode()
            given = {"answer": text, "start": str(store.archive(task.snapshot))}
            gold = Patched(Patched(snapshot, task.setup_patch), task.patch)
            write(tmp_path / str(number), gold)
            for path, target in snapshot.links.items():
                (tmp_path / str(number) / path).symlink_to(target)
        rows += [{**given, "patch": task.patch}, {**given, "tree": str(tmp_path / str(number))}]
        rows += [{**given, "patch": ""}]
    rewards = [row["reward"] for row in graded(sys.executable, grader, rows, tmp_path)]
    assert rewards == [1.0, 1.0, 0.0] * len(tasks[::9])
