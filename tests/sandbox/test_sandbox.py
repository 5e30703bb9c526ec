"""What every sandbox promises, on every engine."""

import re
import subprocess
import threading
import time
from pathlib import PurePosixPath

import pytest

from hgen.errors import SandboxError
from hgen.sandbox.base import Unreadable
from hgen.sandbox.container import Containers, ContainerSandbox
from hgen.sandbox.layout import StartState
from tests.sandbox.conftest import TREE as TREE_FILES

pytestmark = pytest.mark.container


def shell(sandbox: ContainerSandbox, script: str, timeout: float = 20.0) -> str:
    done = sandbox.exec(["sh", "-c", script], timeout=timeout)
    assert done.ok, done
    return done.stdout.decode()


def test_the_start_state_is_a_repository_of_one_commit_without_a_past(sandbox):
    assert shell(sandbox, "git rev-list --all --count") == "1\n"
    assert shell(sandbox, "git status --porcelain") == ""
    assert shell(sandbox, "git remote; git reflog; git stash list; git tag") == ""
    assert shell(sandbox, "find .git -name logs; ls .git/hooks .git/packed-refs 2>/dev/null || true") == ""
    assert shell(sandbox, "git count-objects -v | grep -E '^(count|garbage)'") == "count: 0\ngarbage: 0\n"
    assert shell(sandbox, "git fsck --strict 2>&1 | grep -v '^Checking' || true") == ""


def test_the_files_are_there_with_their_modes(containers):
    files = {"run.sh": b"#!/bin/sh\necho ran\n", "a b/ü.py": b"x = 1\r\n", "d" * 90 + "/" + "f" * 90: b""}
    state = StartState(files, frozenset({"run.sh"}), {"link": "a b/ü.py", "l" * 120: "d" * 90})
    with containers.start(state) as sandbox:
        assert shell(sandbox, "./run.sh") == "ran\n"
        assert sandbox.exec(["cat", "a b/ü.py"], timeout=30).stdout == b"x = 1\r\n"
        assert shell(sandbox, "git ls-files -s | cut -c1-6") == "100644\n100644\n120000\n120000\n100755\n"
        assert shell(sandbox, "cat link; git status --porcelain") == "x = 1\r\n"
        assert sandbox.diff() == b""


def test_an_empty_start_state_is_one_too(containers):
    with containers.start(StartState({})) as sandbox:
        assert shell(sandbox, "git status --porcelain; git rev-list --count HEAD; ls") == "1\n"
        assert sandbox.diff() == b""


def test_git_apply_works_with_and_without_the_index(sandbox):
    patch = b"--- a/pkg/core.py\n+++ b/pkg/core.py\n@@ -1,2 +1,3 @@\n def answer():\n+    # why\n     return 42\n"
    sandbox.write_file(PurePosixPath("/tmp/p.diff"), patch)
    shell(sandbox, "git apply /tmp/p.diff && git checkout -q . && git apply --index /tmp/p.diff")
    assert b"+    # why\n" in sandbox.diff()


def test_a_command_is_answered_with_status_output_and_error(sandbox):
    done = sandbox.exec(["sh", "-c", "echo out; echo err >&2; exit 3"], timeout=20)
    assert (done.ended, done.exit_code, done.stdout, done.stderr) == ("exited", 3, b"out\n", b"err\n")


def test_a_command_that_fails_to_run_is_a_result(sandbox):
    for argv, code in (["no-such-program"], 127), (["/sandbox/repo/README.md"], 126), (["sh", "-c", "kill -9 $$"], 137):
        done = sandbox.exec(argv, timeout=20)
        assert (done.ended, done.exit_code) == ("exited", code)


def test_arguments_and_environment_arrive_as_they_were_given(sandbox):
    argv = ["", " ", "-x", "$HOME", "a'b\"c", "ü\n", "--", "%s"]
    done = sandbox.exec(["python3", "-c", "import sys; print(sys.argv[1:])", *argv], timeout=20)
    assert done.stdout.decode() == f"{argv}\n"

    done = sandbox.exec(
        ["sh", "-c", 'pwd; echo "$COLOUR"'], timeout=20, env={"COLOUR": "a b"}, cwd=PurePosixPath("/tmp")
    )
    assert done.stdout == b"/tmp\na b\n"
    assert sandbox.exec(["true"], timeout=20, cwd=PurePosixPath("/no/such/folder")).exit_code == 125
    assert sandbox.exec(["pwd"], timeout=20, cwd=PurePosixPath("pkg")).stdout == b"/sandbox/repo/pkg\n"
    assert len(sandbox.exec(["echo", *["y" * 99] * 1000, "x" * 100_000], timeout=20).stdout) == 200_001

    assert sandbox.exec(["cat"], timeout=20).stdout == b""


@pytest.mark.parametrize(
    "wrong",
    [
        {"argv": []},
        {"argv": ["a=b"]},
        {"argv": ["echo", "a\0b"]},
        {"argv": ["echo", "\udcff"]},
        {"argv": ["echo", "x" * 140_000]},
        {"argv": ["echo", *["x"] * 150_000]},
        {"env": {"A\0": ""}},
        {"env": {"A": "\0"}},
        {"env": {"-i": ""}},
        {"env": {"": "x"}},
        {"env": {"a b": "x"}},
        {"cwd": PurePosixPath("a\0b")},
        {"timeout": 0.0},
        {"timeout": -1.0},
        {"timeout": float("inf")},
        {"timeout": float("nan")},
    ],
    ids=repr,
)
def test_what_cannot_be_passed_on_is_the_callers_mistake_and_not_the_engines(sandbox, wrong):
    with pytest.raises(ValueError, match="can"):
        sandbox.exec(**{"argv": ["true"], "timeout": 20.0, **wrong})
    assert sandbox.exec(["true"], timeout=20.0).ok


def test_the_environment_of_a_command_is_not_its_supervisors(sandbox):
    shell(sandbox, "mkdir bin; printf '#!/bin/sh\\necho forged\\n' > bin/timeout; chmod +x bin/timeout")
    for env in {"PATH": "/sandbox/repo/bin:/usr/bin:/bin"}, {"LD_PRELOAD": "/no/such.so"}, {"IFS": "/"}:
        done = sandbox.exec(["/bin/sh", "-c", "echo ran; sleep 30"], timeout=1.0, env=env)
        assert (done.ended, done.stdout) == ("timeout", b"ran\n")
        assert done.seconds < 3.0


def test_a_timeout_is_a_result_and_the_sandbox_lives_on(sandbox):
    done = sandbox.exec(["sh", "-c", "echo before; sleep 100"], timeout=1.0)
    assert (done.ended, done.exit_code, done.stdout) == ("timeout", None, b"before\n")
    assert done.seconds < 4.0
    assert sandbox.exec(["echo", "again"], timeout=20).stdout == b"again\n"


def test_a_process_left_behind_does_not_delay_the_result_and_is_gone(sandbox):
    done = sandbox.exec(["sh", "-c", "setsid sleep 1000 & echo started"], timeout=30)
    assert (done.ended, done.stdout) == ("exited", b"started\n")
    assert done.seconds < 10.0
    assert "sleep 1000" not in shell(sandbox, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")


def test_files_go_in_and_come_out(sandbox):
    content = bytes(range(256)) * 1000
    sandbox.write_file(PurePosixPath("new/folder/blob"), content)
    assert sandbox.exec(["cat", "new/folder/blob"], timeout=30).stdout == content
    sandbox.write_file(PurePosixPath("tool"), b"#!/bin/sh\necho tool\n", executable=True)
    assert shell(sandbox, "./tool; stat -c %U tool") == "tool\nagent\n"


def test_what_cannot_be_written_says_so(sandbox):
    with pytest.raises(Unreadable, match="/etc/passwd"):
        sandbox.write_file(PurePosixPath("/etc/passwd"), b"")


def test_writing_never_follows_a_link_with_more_rights_than_the_user(sandbox):
    sandbox.hide_file("grader.py", b"honest")
    shell(sandbox, "ln -s /sandbox/hidden/grader.py link; ln -s /sandbox/hidden folder")
    for path in ("link", "folder/grader.py"):
        # ``install`` replaces a link, and the user may not write what is behind a folder.
        try:
            sandbox.write_file(PurePosixPath(path), b"forged")
        except Unreadable:
            continue
    done = sandbox.exec(["cat", "/sandbox/hidden/grader.py"], timeout=20, as_grader=True)
    assert done.stdout == b"honest"


def test_the_diff_is_complete_and_trusts_nothing_inside(sandbox):
    shell(
        sandbox,
        "git config diff.external 'echo forged'; git config core.fileMode false; echo '* -diff' > .gitattributes;"
        "echo '*.txt' > .gitignore; echo new > new.txt; rm README.md; chmod +x pkg/core.py; ln -s /etc/passwd link;"
        "printf '\\000\\377' > binary; mkfifo pipe; chmod 000 pkg/__init__.py; touch -d @1 pkg/__init__.py;"
        "git add -A . 2>/dev/null; rm -rf .git",
    )
    diff = sandbox.diff().decode()
    files = re.findall(r"^diff --git a/(\S+) b/\1$", diff, re.MULTILINE)
    assert files == [".gitattributes", ".gitignore", "README.md", "binary", "link", "new.txt", "pkg/core.py"]
    assert "new file mode 120000" in diff
    assert "old mode 100644\nnew mode 100755" in diff
    assert "GIT binary patch" in diff


def test_a_tree_that_was_locked_is_read_all_the_same(sandbox):
    shell(
        sandbox,
        "chmod 6755 README.md; mkdir -m 2777 set; echo x > set/x; chmod 000 pkg/core.py; chmod 000 pkg; chmod 000 .",
    )
    files = re.findall(rb"^diff --git a/(\S+) ", sandbox.diff(), re.MULTILINE)
    assert files == [b"README.md", b"set/x"]


ODD_NAMES = [b"\xff\xfe.py", b"new\nline", b'quote"', b"back\\slash", b" ", b"--checkpoint-action=exec=id", b"n" * 255]

ODD_FILES = f"""
import os, shutil, socket
for name in {ODD_NAMES}:
    open(name, "w").write("x\\n")
os.symlink(b"\\xfe", b"link\\xff")
os.symlink("/dev/zero", "zero")
os.mkfifo("pipe")
socket.socket(socket.AF_UNIX).bind("socket")
os.link("README.md", "hard")
os.remove("pkg/core.py")
os.mkfifo("pkg/core.py")
shutil.move(".git", "/tmp/moved")
os.symlink("/tmp/moved", ".git")
"""


def test_odd_names_are_in_the_diff_and_files_that_are_no_files_are_not(sandbox, tmp_path):
    assert sandbox.exec(["python3", "-c", ODD_FILES], timeout=20).ok
    for name, content in TREE_FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)

    def git(*words: str, stdin: bytes = b"") -> bytes:
        # In the index only, because not every file system takes such names.
        command = ["git", "-c", "core.protectNTFS=false", *words]
        return subprocess.run(command, cwd=tmp_path, input=stdin, capture_output=True, check=True).stdout

    git("init", "-q")
    git("add", ".")
    git("apply", "--cached", stdin=sandbox.diff())
    found = git("ls-files", "-z").split(b"\0")[:-1]
    assert found == sorted([*ODD_NAMES, b"link\xff", b"zero", b"hard", b"README.md", b"pkg/__init__.py"])
    assert git("show", ":hard") == TREE_FILES["README.md"]


def test_a_tree_of_as_many_files_as_fit_has_a_diff(sandbox):
    shell(sandbox, "mkdir many; cd many; seq 1 19900 | xargs touch")
    assert sandbox.diff().count(b"diff --git ") == 19900


def test_a_sparse_file_of_a_terabyte_is_unreadable_and_costs_nothing(sandbox):
    shell(sandbox, "truncate -s 1T huge")
    with pytest.raises(Unreadable):
        sandbox.diff()


def test_a_closed_sandbox_refuses_and_closing_twice_is_nothing(containers):
    sandbox = containers.start(StartState({}))
    sandbox.close()
    sandbox.close()
    with pytest.raises(SandboxError, match="closed"):
        sandbox.exec(["true"], timeout=1)


def test_sandboxes_start_and_work_side_by_side(containers: Containers):
    said: dict[int, bytes] = {}

    def work(number: int) -> None:
        with containers.start(StartState({"n": str(number).encode()})) as sandbox:
            said[number] = sandbox.exec(["cat", "n"], timeout=30).stdout

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {number: str(number).encode() for number in range(4)}


def test_a_sandbox_ends_by_itself_when_its_lifetime_is_over(limited):
    sandbox = limited(lifetime=1.0)
    time.sleep(1.5)
    assert sandbox.exec(["true"], timeout=5).ended == "died"
