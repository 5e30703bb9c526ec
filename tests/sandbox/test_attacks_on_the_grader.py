"""Code that lays traps for the command that judges it gets caught in none; without the precautions, each trap works."""

import pytest

from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState

pytestmark = pytest.mark.container

# A grader as the travelling one runs: standard library only, ``python3 -I``.
GRADER = b"""
import json, subprocess, sys
print(json.dumps({"reward": 0, "shadowed": "forged" in sys.modules}))
"""

TRAPS = r"""
mkdir -p bin site "$HOME/.local/lib" && cd /work/repo
forge='import sys, types; sys.modules["forged"] = types.ModuleType("forged")'
for place in . site; do
    echo "$forge" > $place/sitecustomize.py
    echo "$forge" > $place/usercustomize.py
    printf '%s\ndumps = lambda *_: "forged"\n' "$forge" > $place/json.py
done
version=$(python3 -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
mkdir -p "$HOME/.local/lib/$version/site-packages"
cp site/sitecustomize.py "$HOME/.local/lib/$version/site-packages/usercustomize.py"
echo "$forge" > "$HOME/.local/lib/$version/site-packages/forged.pth"
for tool in git python3 env sh timeout; do printf '#!/bin/sh\necho forged\n' > bin/$tool; chmod +x bin/$tool; done
cp -r bin "$HOME/bin"; mkdir -p "$HOME/.config"
printf '[alias]\n\tapply = !echo forged\n[core]\n\tfsmonitor = "echo forged >> /tmp/ran; false"\n' > "$HOME/.gitconfig"
printf 'export PATH=/work/repo/bin:$PATH\n' | tee "$HOME/.profile" "$HOME/.bashrc" > .env
ls "$HOME/.local/lib/$version/site-packages"
"""


def test_planted_modules_and_programs_do_not_reach_the_grader(sandbox):
    done = sandbox.exec(["sh", "-ec", TRAPS], timeout=30)
    assert done.ok, done
    grader = str(sandbox.hide_file("grader.py", GRADER))
    honest = b'{"reward": 0, "shadowed": false}\n'
    assert sandbox.exec(["python3", "-I", grader], timeout=20, as_grader=True).stdout == honest
    # Each trap works on a command that takes no such care.
    program = GRADER.decode()
    for care, env in (
        (["python3", "-c", program], {}),  # json.py in the working folder
        (["python3", "-c", "import sys; print('forged' if 'forged' in sys.modules else '')"], {}),  # user site
        (["python3", "-P", "-s", "-c", program], {"PYTHONPATH": "/work/repo/site"}),  # sitecustomize
        (["python3", "-I", grader], {"PATH": "/work/repo/bin:/usr/bin:/bin"}),  # a fake python3
        (["git", "status"], {"PATH": "/work/repo/bin:/usr/bin:/bin"}),  # a fake git
    ):
        assert b"forged" in sandbox.exec(care, timeout=20, env=env).stdout, (care, env)


def test_a_planted_conftest_turns_tests_green_but_not_the_grader(containers: Containers):
    # pytest is not in the image: a runner that imports conftest.py as pytest does stands in for it.
    files = {
        "conftest.py": b"import os, sys\nsys.stdout.write('1 passed\\n'); sys.stdout.flush(); os._exit(0)\n",
        "test_it.py": b"def test_it():\n    assert False\n",
        "run.py": b"import conftest, test_it\ntest_it.test_it()\n",
    }
    with containers.start(StartState(files)) as sandbox:
        assert sandbox.exec(["python3", "run.py"], timeout=20).stdout == b"1 passed\n"
        grader = str(
            sandbox.hide_file("grader.py", b"import importlib.util\nprint(importlib.util.find_spec('conftest'))\n")
        )
        assert sandbox.exec(["python3", "-I", grader], timeout=20, as_grader=True).stdout == b"None\n"


def test_the_grader_and_its_answer_can_neither_be_read_nor_replaced(sandbox):
    answer = str(sandbox.hide_file("answer.json", b'{"gold": "secret"}'))
    for attempt in (
        f"cat {answer}",
        f"echo forged > {answer}",
        f"rm -f {answer}; test -e {answer}",
        "ls /work/hidden",
        "mv /work/hidden /work/elsewhere",
        "mkdir /work/new",
        "ln -s /tmp/forged /work/hidden/grader.py",
        "rm -rf /work/repo && ln -s /tmp /work/repo",
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
