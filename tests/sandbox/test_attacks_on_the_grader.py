"""Code that lays traps for the command that judges it gets caught in none; without the precautions, each trap works."""

from importlib.metadata import distribution

import pytest

from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState

pytestmark = pytest.mark.container

# A grader as the travelling one runs: standard library only, ``python3 -I``.
GRADER = b"""
import json, subprocess, sys
print(json.dumps({"reward": 0, "caught": sorted(name for name in sys.modules if name.startswith("trap_"))}))
"""

# Every trap that runs leaves its name among the modules, or prints ``forged``.
TRAPS = r"""
mkdir -p bin site
trap_named() { echo "import sys, types; sys.modules['trap_$1'] = types.ModuleType('trap_$1')"; }
for place in . site; do
    for name in sitecustomize usercustomize; do trap_named $name > $place/$name.py; done
    printf 'dumps = lambda *_: "forged"\n' > $place/json.py
done
user_site="$HOME/.local/lib/$(python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')/site-packages"
mkdir -p "$user_site"
trap_named usercustomize > "$user_site/usercustomize.py"
trap_named pth > "$user_site/planted.pth"
for tool in git python3 env sh timeout; do printf '#!/bin/sh\necho forged\n' > bin/$tool; chmod +x bin/$tool; done
cp -r bin "$HOME/bin"
printf '[alias]\n\tapply = !echo forged\n[core]\n\tfsmonitor = "echo forged >> /tmp/ran; false"\n' > "$HOME/.gitconfig"
printf 'export PATH=/sandbox/repo/bin:$PATH\n' | tee "$HOME/.profile" "$HOME/.bashrc" > .env
"""


def test_planted_modules_and_programs_do_not_reach_the_grader(sandbox):
    done = sandbox.exec(["sh", "-ec", TRAPS], timeout=30)
    assert done.ok, done
    grader = str(sandbox.hide_file("grader.py", GRADER))
    honest = b'{"reward": 0, "caught": []}\n'
    for options in ["-I"], ["-I", "-S", "-B"]:
        assert sandbox.exec(["python3", *options, grader], timeout=20, as_grader=True).stdout == honest
    # Each trap works on a command that takes no such care.
    program = GRADER.decode()
    fake = {"PATH": "/sandbox/repo/bin:/usr/bin:/bin"}
    for careless, env, caught in (
        (["python3", "-c", program], {}, b"forged"),  # json.py in the working folder
        (["python3", "-P", "-c", program], {}, b"trap_pth"),
        (["python3", "-P", "-c", program], {}, b"trap_usercustomize"),
        (["python3", "-P", "-s", "-c", program], {"PYTHONPATH": "/sandbox/repo/site"}, b"forged"),
        (["python3", "-s", "-c", "import sys; print(*sys.modules)"], {"PYTHONPATH": "."}, b"trap_sitecustomize"),
        (["python3", "-I", "-c", program], fake, b"forged"),
        (["git", "status"], fake, b"forged"),
        (["sh", "-c", ". ./.env; git status"], {}, b"forged"),
    ):
        assert caught in sandbox.exec(careless, timeout=20, env=env).stdout, (careless, env)


GREEN = b"""
import pytest

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    report.outcome = "passed"
    return report
"""


def pytest_itself() -> dict[str, bytes]:
    """The pytest that runs this test, as files for a start state."""
    found = {}
    for name in ("pytest", "pluggy", "iniconfig", "packaging", "pygments"):
        for file in distribution(name).files or ():
            if file.suffix == ".py" and ".." not in file.parts:
                found[f"lib/{file.as_posix()}"] = file.locate().read_bytes()
    return found


def test_a_planted_conftest_turns_tests_green_but_not_the_grader(containers: Containers):
    test = {"test_it.py": b"def test_it():\n    assert False\n"}
    planted = {"conftest.py": GREEN}
    run = ["python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    env = {"PYTHONPATH": "/sandbox/repo/lib"}
    with containers.start(StartState({**pytest_itself(), **test})) as sandbox:
        done = sandbox.exec(run, timeout=60, env=env)
        assert done.exit_code == 1, done
        assert b"1 failed" in done.stdout
    with containers.start(StartState({**pytest_itself(), **test, **planted})) as sandbox:
        done = sandbox.exec(run, timeout=60, env=env)
        assert done.exit_code == 0, "the attack works on who believes pytest"
        assert b"1 passed" in done.stdout
        search = b"import importlib.util\nprint(importlib.util.find_spec('conftest'))\n"
        grader = str(sandbox.hide_file("grader.py", search))
        assert sandbox.exec(["python3", "-I", grader], timeout=20, as_grader=True).stdout == b"None\n"


def test_the_grader_and_its_answer_can_neither_be_read_nor_replaced(sandbox):
    answer = str(sandbox.hide_file("answer.json", b'{"gold": "secret"}'))
    for attempt in (
        f"cat {answer}",
        f"echo forged > {answer}",
        f"rm -f {answer}; test -e {answer}",
        "ls /sandbox/hidden",
        "mv /sandbox/hidden /sandbox/elsewhere",
        "mkdir /sandbox/new",
        "ln -s /tmp/forged /sandbox/hidden/grader.py",
        "rm -rf /sandbox/repo && ln -s /tmp /sandbox/repo",
    ):
        done = sandbox.exec(["sh", "-c", attempt], timeout=20)
        assert not done.ok, attempt
        assert b"secret" not in done.stdout
    assert sandbox.exec(["cat", answer], timeout=20, as_grader=True).stdout == b'{"gold": "secret"}'


PTRACE = r"""
import ctypes, glob, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
end = time.monotonic() + float(sys.argv[2])
touched, seen = set(), set()
while time.monotonic() < end:
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        pid = int(path.split("/")[2])
        try:
            argv = open(path, "rb").read()
            if sys.argv[1].encode() not in argv or b"libc.ptrace" in argv:
                continue
        except OSError:
            continue
        seen.add(pid)
        if libc.ptrace(16, pid, None, None) == 0:
            touched.add("ptrace")
            libc.ptrace(17, pid, None, None)
        try:
            os.kill(pid, 0)
            touched.add("signal")
        except OSError:
            pass
        try:
            open(f"/proc/{pid}/mem", "rb").close()
            touched.add("memory")
        except OSError:
            pass
        try:
            os.readlink(f"/proc/{pid}/fd/1")
            touched.add("descriptors")
        except OSError:
            pass
    time.sleep(0.005)
print(len(seen) > 0, sorted(touched))
"""


def test_the_grader_can_be_neither_traced_nor_signalled(sandbox):
    # The victim runs as the grader while foreign code that outlived its supervisor is still there: started by the
    # engine directly, because sandbox.exec would have swept it away.
    grader = str(sandbox.hide_file("grader.py", b"import time\ntime.sleep(2)\nprint('graded')\n"))
    client = sandbox._client

    def attack(victim: str) -> str:
        argv = ["python3", "-c", PTRACE, victim, "1.2"]
        _, pieces = client.execute(sandbox.container, argv, user="60101:60101")
        return b"".join(out for out, _ in pieces).decode().strip()

    _, victim = client.execute(sandbox.container, ["python3", "-I", grader], user="60102:60102")
    assert attack("hidden/grader.py") == "True []"
    assert b"".join(out for out, _ in victim) == b"graded\n"
    # A victim of the same user is defenceless.
    _, victim = client.execute(sandbox.container, ["sleep", "1006"], user="60101:60101")
    assert attack("1006") == "True ['descriptors', 'memory', 'ptrace', 'signal']"
    victim_still_running = sandbox.exec(["true"], timeout=20)
    assert victim_still_running.ok
    assert list(victim) == []


def test_the_first_process_can_be_neither_traced_nor_signalled(sandbox):
    done = sandbox.exec(["python3", "-c", PTRACE, "/bin/sleep", "0.5"], timeout=20)
    assert done.stdout == b"True []\n"


def test_nothing_of_the_agents_runs_while_the_grader_does(sandbox):
    grader = str(
        sandbox.hide_file(
            "grader.py",
            b"import os\nothers = [p for p in os.listdir('/proc') if p.isdigit() and p != '1']\n"
            b"print(sorted({os.stat('/proc/' + p).st_uid for p in others}))\n",
        )
    )
    client = sandbox._client
    sandbox.exec(["true"], timeout=20)
    _, survivor = client.execute(sandbox.container, ["sleep", "1007"], user="60101:60101")
    assert sandbox.exec(["python3", "-I", grader], timeout=20, as_grader=True).stdout == b"[60102]\n"
    assert list(survivor) == []
