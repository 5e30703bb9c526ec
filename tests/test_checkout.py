"""``hgen checkout``: a task's start state with git on this machine, or a shell in its sandbox; nothing is left."""

import json
import os
import pty
import select
import subprocess
import time
from pathlib import Path

import pytest

from hgen.errors import ConfigError, MachineError, ShardError
from hgen.records import Task
from hgen.run import checkout, materialise, sandbox, tasks
from hgen.sandbox import discovery
from hgen.sandbox.client import Client
from hgen.sandbox.removal import left_behind
from hgen.scoring import diffs
from hgen.snapshots import Store, TreeLimits
from tests.command import HGEN, environment, hgen

ODD = [
    "a b.py",
    "-rf",
    "$(touch owned).py",
    "é\n'\"\\.txt",
    ".gitattributes",
    ".gitmodules",
    "x" * 200,
    ".githooks/post-checkout",
]
FILES = {
    "pkg/a.py": b"x = 1\n",
    "run.sh": b"#!/bin/sh\n",
    "dos.txt": b"one\r\ntwo\r\n",
    "tests/test_a.py": b"def test_a(): pass\n",
    **dict.fromkeys(ODD, b"$Id$\n"),
    ".gitattributes": b"* text eol=crlf ident filter=evil diff=evil\n*.txt working-tree-encoding=UTF-16\n",
    ".gitmodules": b'[submodule "x"]\n\tpath = x\n\turl = https://example.org/x\n',
}  # fmt: skip


@pytest.fixture
def repair(undisturbed: Path, tmp_path: Path) -> Task:
    """A task of which every patch does something, in a tree of odd names and attributes."""
    task = next(iter(tasks(undisturbed))).task
    tree = tmp_path / "tree"
    for path, content in FILES.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    (tree / "run.sh").chmod(0o755)
    (tree / "link.py").symlink_to("pkg/a.py")
    added = Store(tmp_path / "out/snapshots").add(tree, TreeLimits(files=99, total_bytes=10**6, file_bytes=10**6))
    a = FILES["pkg/a.py"]
    return task.model_copy(
        update={
            "snapshot": added.digest,
            "setup_patch": diffs.render({"tests/test_a.py": FILES["tests/test_a.py"]}, {}),
            "candidate_patch": diffs.render({"pkg/a.py": a}, {"pkg/a.py": b"x = 2\n"}),
            "patch": diffs.render({"pkg/a.py": b"x = 2\n"}, {"pkg/a.py": b"x = 3\n"}),
        }
    )


def git(folder: Path, *arguments: str) -> str:
    """What the user's own git says, which is configured to run what attributes name."""
    evil = {"filter.evil.clean": "touch owned", "filter.evil.smudge": "touch owned", "diff.evil.command": "false"}
    settings = [word for name, value in {**evil, "core.autocrlf": "true"}.items() for word in ("-c", f"{name}={value}")]
    done = subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_tree_is_a_clean_repository_of_one_commit(repair: Task, tmp_path: Path) -> None:
    done = checkout(repair.model_copy(update={"candidate_patch": ""}), tmp_path / "work", out=tmp_path / "out")
    assert done.folder == tmp_path / "work"
    assert git(done.folder, "status", "--porcelain", "--ignored") == ""
    assert git(done.folder, "log", "--all", "--format=%an %ae %at %P %s") == "hgen hgen@localhost 946684800  Start\n"
    for empty in (
        ["remote"],
        ["reflog", "--all"],
        ["stash", "list"],
        ["for-each-ref", "--format=%(refname)", "refs/tags"],
    ):
        assert git(done.folder, *empty) == ""
    assert git(done.folder, "fsck", "--full", "--strict", "--no-dangling") == ""
    assert not (done.folder / ".git/hooks").exists()
    assert not list(tmp_path.rglob("owned"))
    assert git(done.folder, "branch", "--show-current") == "main\n"


def contents(folder: Path) -> dict[str, tuple[str, bytes]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = ("link", str(path.readlink()).encode())
        elif path.is_file() and not name.startswith(".git/"):
            found[name] = (oct(path.stat().st_mode), path.read_bytes())
    return found


@pytest.mark.parametrize("gold", [False, True])
def test_what_lies_there_is_the_state_and_what_is_committed_is_the_agents(
    repair: Task, gold: bool, tmp_path: Path
) -> None:
    for state in ("committed", "start", "gold"):
        materialise(repair, tmp_path / state, out=tmp_path / "out", state=state)  # type: ignore[arg-type]
    work = checkout(repair, tmp_path / "work", out=tmp_path / "out", gold=gold).folder
    assert contents(work) == contents(tmp_path / ("gold" if gold else "start"))
    assert git(work, "status", "--porcelain") == " M pkg/a.py\n"
    assert f"+x = {3 if gold else 2}\n" in git(work, "diff", "--no-ext-diff", "--binary")
    git(work, "checkout", "-q", ".")
    assert contents(work) == contents(tmp_path / "committed")


def test_everybody_has_the_same_commit(repair: Task, tmp_path: Path) -> None:
    heads = set()
    for number in range(2):
        heads.add(git(checkout(repair, tmp_path / f"w{number}", out=tmp_path / "out").folder, "rev-parse", "HEAD"))
    assert len(heads) == 1


def test_the_folder_is_named_after_the_task_or_is_empty(
    repair: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert checkout(repair, out="out").folder == Path(repair.instance_id)
    assert Path(repair.instance_id, ".git").is_dir()
    odd = checkout(repair.model_copy(update={"instance_id": "../A b/$(x)"}), out="out").folder
    assert odd.parent == Path()
    assert (tmp_path / odd / ".git").is_dir()
    Path("empty").mkdir()
    assert checkout(repair, "empty", out="out").folder == Path("empty")
    Path("here").mkdir()
    with monkeypatch.context() as moved:
        moved.chdir("here")
        checkout(repair, ".", out=tmp_path / "out")
        assert Path(".git").is_dir()
    Path("file").touch()
    Path("dangling").symlink_to("nowhere")
    for name in ("empty", "file", "dangling", repair.instance_id):
        with pytest.raises(ConfigError, match="is there already and no empty folder; name another one"):
            checkout(repair, name, out="out")
    with pytest.raises(MachineError):
        checkout(repair, "file/below", out="out")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_damaged_task_leaves_no_folder(repair: Task, tmp_path: Path) -> None:
    bad = [
        {"setup_patch": repair.candidate_patch.replace("x = 1", "y = 1")},
        {"setup_patch": "--- /dev/null\n+++ b/../x.py\n@@ -0,0 +1 @@\n+x\n"},
        {"setup_patch": "--- /dev/null\n+++ b/.git/hooks/post-checkout\n@@ -0,0 +1 @@\n+x\n"},
        {"snapshot": "0" * 64},
        {"snapshot": "../../etc"},
    ]
    for change in bad:
        with pytest.raises(ShardError):
            checkout(repair.model_copy(update=change), tmp_path / "work", out=tmp_path / "out")
        assert not (tmp_path / "work").exists()
    assert not list(tmp_path.rglob("hooks"))


def test_the_command_says_what_to_do_next(undisturbed: Path, tmp_path: Path) -> None:
    task = next(iter(tasks(undisturbed))).task
    done = hgen("checkout", task.instance_id[:-6], tmp_path / "my work", "-o", undisturbed)
    assert (done.returncode, done.stderr) == (0, "")
    show, diff = (line.partition(":  ")[2] for line in done.stdout.splitlines()[1:])
    assert task.problem_statement.splitlines()[0] not in "".join(map(str, contents(tmp_path / "my work").values()))
    shown = subprocess.run([*HGEN, *show.split()[1:]], capture_output=True, text=True, check=True, env=environment())
    assert task.problem_statement.splitlines()[0] in shown.stdout
    (tmp_path / "my work/new.py").write_text("x = 1\n")
    printed = subprocess.run(["sh", "-c", diff], capture_output=True, text=True, check=True)
    assert "+++ b/new.py" in printed.stdout
    again = hgen("checkout", task.instance_id, tmp_path / "my work", "-o", undisturbed)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    as_json = hgen("checkout", task.instance_id, tmp_path / "other", "--json", "-o", undisturbed)
    assert json.loads(as_json.stdout) == {"instance_id": task.instance_id, "folder": str(tmp_path / "other")}


def test_a_command_without_a_container_is_refused(undisturbed: Path, tmp_path: Path) -> None:
    done = hgen("checkout", "installed", tmp_path / "work", "git", "log", "-o", undisturbed)
    assert (done.returncode, done.stderr) == (
        2, "hgen: too many arguments: git log; a command is run with --container\n",
    )  # fmt: skip
    assert not (tmp_path / "work").exists()


def nothing_is_left() -> bool:
    engine = discovery.choose("auto")
    client = Client(engine.url)
    try:
        # Others may be testing.
        return not [name for name in left_behind(client) if name in _of_dead(client)]
    finally:
        client.close()


def _of_dead(client: Client) -> set[str]:
    from hgen.sandbox import labels

    return {
        each.name
        for each in client.containers(labels.MARK) + client.volumes(labels.MARK)
        if labels.abandoned(each.labels)
    }


@pytest.mark.container
def test_a_piped_script_and_a_command_run_in_the_sandbox(undisturbed: Path) -> None:
    task = next(sound.task for sound in tasks(undisturbed) if sound.task.family == "func-localize")
    command = [*HGEN, "checkout", task.instance_id, "--container", "-o", str(undisturbed)]
    script = "git status --short; git log --oneline | wc -l; pwd; ls /sys/class/net; id -u; exit 7\n"
    piped = subprocess.run(command, input=script, capture_output=True, text=True, check=False, env=environment())
    assert (piped.returncode, piped.stdout.split(), piped.stderr) == (7, ["1", "/sandbox/repo", "lo", "60101"], "")
    asked = [*command, "--gold", "--json", "--", "git", "diff", "--stat"]
    done = subprocess.run(asked, input="", capture_output=True, text=True, check=True, env=environment())
    found = json.loads(done.stdout)
    assert (found["instance_id"], found["status"], found["ended"]) == (task.instance_id, 0, "exited")
    assert "changed" in found["stdout"]
    missing = subprocess.run(
        [*command, "--", "no-such-program"], capture_output=True, text=True, check=False, env=environment()
    )
    assert (missing.returncode, "no-such-program" in missing.stderr) == (127, True)
    assert nothing_is_left()


@pytest.mark.container
def test_a_script_opens_the_same_sandbox(undisturbed: Path) -> None:
    task = next(iter(tasks(undisturbed))).task
    with sandbox(task.instance_id, out=undisturbed, gold=True) as (opened, box):
        assert opened == task
        assert box.exec(["git", "log", "--format=%s"], timeout=60).stdout == b"Start\n"
        changed = box.exec(["git", "diff", "--name-only"], timeout=60).stdout.decode().split()
        assert set(changed) == {target.file for target in task.targets}


@pytest.mark.container
@pytest.mark.parametrize("end", ["exit 3\r", "\x04", "hang up"])
def test_a_shell_of_ones_own_in_the_sandbox(undisturbed: Path, end: str) -> None:
    """As from a terminal: keys go in, characters come out, Ctrl-C stops a command there and not hgen."""
    child, terminal = pty.fork()
    if child == 0:
        command = [*HGEN, "checkout", "installed__docker", "--container", "-o", str(undisturbed)]
        task = next(sound.task for sound in tasks(undisturbed) if "docker" in sound.task.instance_id)
        command[len(HGEN) + 1] = task.instance_id
        os.execve(command[0], command, environment())
    _wait_for(terminal, b"$ ")
    os.write(terminal, b"echo $((40 + 2)) $(tty | cut -c1-8); stty size\r")
    _wait_for(terminal, b"42 /dev/pts")
    os.write(terminal, b"sleep 1000\r")
    _wait_for(terminal, b"sleep 1000")
    time.sleep(0.5)
    os.write(terminal, b"\x03")
    os.write(terminal, b"echo still $((1 + 1)) here\r")
    # A key that comes before the shell listens again is no end of its input.
    _wait_for(terminal, b"still 2 here", b"$ ")
    if end == "hang up":
        os.close(terminal)
    else:
        os.write(terminal, end.encode())
        _wait_for(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == {"exit 3\r": 3, "\x04": 0}.get(end, status)
    assert nothing_is_left()


def _wait_for(terminal: int, *words: bytes) -> None:
    """Read until one thing after the other is said, or to the end if that is nothing."""
    said, at = b"", 0
    while piece := _read(terminal):
        said += piece
        while words and words[0] in said[at:]:
            at = said.index(words[0], at) + len(words[0])
            words = words[1:]
            if not words:
                return
    assert not words, said.decode(errors="replace")


def _read(terminal: int) -> bytes:
    assert select.select([terminal], [], [], 120)[0], "nothing was said for two minutes"
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        # Linux says so when the other side is closed.
        return b""
