"""A right answer is one, in whatever form git writes it and whatever came and went on the way."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hgen.scoring import Score, score
from tests.scoring import git

START = {
    "shop/cart.py": b"import math\n\n\ndef total(prices):\n    return sum(prices)\n\n\ndef last(x):\n    return x\n",
    "shop/other.py": b"def helper(value):\n    return value\n",
    "setup.py": b"def version():\n    return 1\n",
}
TARGETS = [
    {"file": "shop/cart.py", "qualname": "total", "kind": "function", "def_line": 4},
    {"file": "setup.py", "qualname": "version", "kind": "function", "def_line": 1},
]
TASK = {"graded_by": "docstrings", "targets": TARGETS}


class Work:
    """A repository of one commit in which an agent works."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for path, content in START.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(content)
        self.git("init", "--quiet")
        self.commit()

    def git(self, *arguments: str) -> str:
        who = {f"GIT_{role}_{key}": "x" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env={**git.ENVIRONMENT, **who}, capture_output=True, check=True
        )
        return done.stdout.decode("utf-8", "surrogateescape")

    def commit(self) -> None:
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--message=x")

    def answer(self) -> None:
        for path, line in (("shop/cart.py", "    return sum"), ("setup.py", "    return 1")):
            self.write(path, START[path].decode().replace(line, f'    """Say what it does."""\n{line}').encode())

    def write(self, path: str, content: bytes) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(content)

    def history(self, *options: str) -> str:
        first = self.git("rev-list", "--max-parents=0", "HEAD").strip()
        return self.git("log", "--patch", "--reverse", *options, f"{first}..")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    made = Work(tmp_path)
    made.answer()
    return made


def graded(patch: str) -> Score:
    return score(TASK, patch, START)


FORMS = [
    ("-U0",), ("--no-prefix",), ("--color=always",), ("-U0", "--no-prefix", "--color=always"),
    ("--src-prefix=old/", "--dst-prefix=new/"), ("--color=always", "--color-moved", "--ws-error-highlight=all"),
    ("--stat", "--patch"), ("--patch-with-raw",), ("--full-index", "--binary"), ("-W",), ("--no-prefix", "-U1"),
]  # fmt: skip


@pytest.mark.parametrize("options", FORMS, ids=" ".join)
def test_every_form_of_a_diff_says_the_same(options: tuple[str, ...], work: Work):
    assert graded(work.git("diff", *options)).resolved
    work.write("shop/other.py", b"def helper(value):\n    return None\n")
    assert [reason.code for reason in graded(work.git("diff", *options)).reasons] == ["code-changed"]


@pytest.mark.parametrize("prefix", ["mnemonicPrefix", "noprefix"])
def test_what_a_users_configuration_makes_of_a_diff_says_the_same(prefix: str, work: Work):
    assert graded(work.git("-c", f"diff.{prefix}=true", "diff")).resolved


def _scratch(work: Work) -> None:
    work.write("scratch.py", b"print(1)\n")
    work.commit()
    work.write("scratch.py", b"print(2)\nprint(3)\n")
    work.commit()
    (work.folder / "scratch.py").unlink()
    work.commit()


def _renamed_scratch(work: Work) -> None:
    work.write("scratch.py", b"print(1)\n")
    work.commit()
    work.git("mv", "scratch.py", "try.py")
    work.commit()
    (work.folder / "try.py").unlink()
    work.commit()


def _gone_and_back(work: Work) -> None:
    (work.folder / "shop/other.py").unlink()
    work.commit()
    work.write("shop/other.py", START["shop/other.py"])
    work.commit()


def _executable_and_back(work: Work) -> None:
    for mode in (0o755, 0o644):
        (work.folder / "shop/other.py").chmod(mode)
        work.commit()


def _binary_scratch(work: Work) -> None:
    work.write("core.bin", b"\0\1")
    work.commit()
    (work.folder / "core.bin").unlink()
    work.commit()


def _cache_and_gone(work: Work) -> None:
    for number in range(2):
        work.write("shop/__pycache__/cart.pyc", b"\0%d" % number)
        work.commit()
    (work.folder / "shop/__pycache__/cart.pyc").unlink()
    work.commit()


DETOURS = [_scratch, _renamed_scratch, _gone_and_back, _executable_and_back, _binary_scratch, _cache_and_gone]


@pytest.mark.parametrize("options", [(), ("-U0",), ("--no-prefix",), ("--binary",)], ids=" ".join)
@pytest.mark.parametrize("detour", DETOURS)
def test_of_several_commits_the_net_effect_counts(detour: Callable[[Work], None], options: tuple[str, ...], work: Work):
    detour(work)
    assert graded(work.history(*options)).resolved


def test_what_is_left_in_the_end_counts(work: Work):
    _gone_and_back(work)
    (work.folder / "shop/other.py").unlink()
    work.commit()
    assert [reason.code for reason in graded(work.history()).reasons] == ["file-deleted"]
    work.write("shop/other.py", b"def helper(value):\n    return 2\n")
    work.commit()
    assert [reason.code for reason in graded(work.history()).reasons] == ["code-changed"]
    (work.folder / "shop/other.py").unlink()
    (work.folder / "shop/other.py").symlink_to("cart.py")
    work.commit()
    assert [reason.code for reason in graded(work.history()).reasons] == ["not-regular"]


def test_a_file_that_comes_goes_and_comes_is_there(work: Work):
    _scratch(work)
    work.write("scratch.py", b"print(1)\n")
    work.commit()
    assert [reason.code for reason in graded(work.history()).reasons] == ["file-added"]


CACHES = [
    "shop/__pycache__/cart.cpython-311.pyc", ".pytest_cache/v/cache/lastfailed", ".mypy_cache/x.json", ".coverage",
    ".coverage.host.1.x", "shop.egg-info/PKG-INFO", ".hypothesis/a", ".ruff_cache/0/x", "htmlcov/index.html",
]  # fmt: skip


@pytest.mark.parametrize("option", ["--binary", "--text", "--no-prefix"])
def test_what_tools_left_is_no_part_of_what_git_adds(option: str, work: Work):
    for path in CACHES:
        work.write(path, b"\0\xff" if path.endswith("pyc") else b"x\n")
    work.git("add", "--all", "--force")
    assert graded(work.git("diff", "--cached", option)).resolved
    work.write("shop/cart.pyc", b"\0")
    work.git("add", "--all", "--force")
    assert [reason.code for reason in graded(work.git("diff", "--cached", option)).reasons] == ["file-added"]
