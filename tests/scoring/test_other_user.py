"""Commands run apart: limits hold, nothing is left, whoever runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hgen.scoring.standalone import other_user

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

PYTHON = "/usr/bin/python3"
"""One that other users can reach, too."""
SOMEBODY = [None, *([other_user.USERS[-1]] if os.geteuid() == 0 and Path(PYTHON).exists() else [])]
APART = """
import json, os, sys, time
from hgen.scoring.standalone import other_user

def lives():
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return False
    return True

other_user.harden()
user, python, text = json.loads(sys.argv[1])
begin = time.monotonic()
done = other_user.run([python, "-I", "-S", "-c", text], user=user, folder="/", environment={}, seconds=30.0)
seconds = time.monotonic() - begin
print(json.dumps([done.ended, done.stdout.decode(), lives(), seconds]))
"""


def run(text: str, user: int | None, seconds: float = 30.0) -> other_user.Done:
    argv = [PYTHON if user else sys.executable, "-I", "-S", "-c", text]
    return other_user.run(argv, user=user, folder="/", environment={"A": "b"}, seconds=seconds)


@pytest.mark.parametrize("user", SOMEBODY)
def test_a_command_gets_its_environment_and_nothing_else(user: int | None) -> None:
    done = run("import os, sys; print(sorted(os.environ)); sys.stderr.write(str(os.getuid())); sys.exit(3)", user)
    assert (done.ended, done.exit_code) == ("exited", 3)
    assert set(eval(done.stdout)) <= {"A", "LC_CTYPE"}
    assert done.stderr == str(os.getuid() if user is None else user).encode()


@pytest.mark.parametrize("user", SOMEBODY)
def test_time_and_output_end(user: int | None) -> None:
    assert run("while True: pass", user, seconds=0.5).ended == "timeout"
    assert run("import os\nos.close(1); os.close(2)\nwhile True: pass", user, seconds=0.5).ended == "timeout"
    flooded = run("while True: print('x' * 60000)", user)
    assert flooded.ended == "flooded"
    assert len(flooded.stdout) <= other_user.MOST_OUTPUT + (1 << 17)


FLEES = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            {0}
            time.sleep(600)
        os._exit(0)
print("done")
"""


@pytest.mark.parametrize("user", SOMEBODY)
@pytest.mark.parametrize("also", ["pass", "os.close(1); os.close(2)"])
def test_nothing_is_left_of_what_flees(user: int | None, also: str) -> None:
    # In a process of its own, as it becomes the parent of what others abandon.
    job = json.dumps([user, PYTHON if user else sys.executable, FLEES.format(also)])
    done = subprocess.run([sys.executable, "-c", APART, job], capture_output=True, text=True, check=True)
    ended, said, left, seconds = json.loads(done.stdout)
    assert (ended, said, left) == ("exited", "done\n", False)
    assert seconds < 25


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")
def test_a_user_is_free_who_owns_nothing_and_is_nobody_elses_meanwhile() -> None:
    with other_user.free_user(taken=None) as first, other_user.free_user(taken=None) as second:
        assert first is not None
        assert second is not None
        with other_user.free_user(taken=None) as third:
            assert len({first, second, third}) == 3
    with other_user.free_user(taken=first) as other, other_user.free_user(taken=None) as again:
        assert other != first == again
