"""Code that takes more than its share is held, and the same code gets further where it is given more."""

import json
import time

import pytest

from hgen.sandbox.base import Limits
from hgen.sandbox.container import ContainerSandbox
from hgen.sandbox.layout import JOB, TREE

pytestmark = pytest.mark.container

COUNT_CHILDREN = """
import os, signal
children = []
try:
    while len(children) < 300:
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
except OSError:
    pass
print(len(children))
"""

FILL_BYTES = """
import sys
written = 0
try:
    with open(sys.argv[1] + "/filler", "wb", buffering=0) as file:
        while written < 400 << 20:
            written += file.write(bytes(1 << 20))
except OSError as error:
    print(error.strerror, file=sys.stderr)
print(written)
"""

FILL_INODES = """
import os, sys
made = 0
try:
    while made < 3000:
        os.close(os.open(f"{sys.argv[1]}/{made}", os.O_CREAT))
        made += 1
except OSError as error:
    print(error.strerror, file=sys.stderr)
print(made)
"""

# Everywhere that this user may write, found by trying.
WRITABLE = """
import os, json
folders = set()
for line in open("/proc/self/mounts"):
    folder = line.split()[1]
    try:
        os.close(os.open(folder + "/hgen-try", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.unlink(folder + "/hgen-try")
        folders.add(folder)
    except OSError:
        pass
for top, names, _ in os.walk("/"):
    names[:] = [n for n in names if top != "/" or n not in ("proc", "sys")]
    if os.access(top, os.W_OK):
        folders.add(top)
        names[:] = []
print(json.dumps(sorted(folders)))
"""


def python(sandbox: ContainerSandbox, program: str, *arguments: str, timeout: float = 30.0) -> str:
    done = sandbox.exec(["python3", "-c", program, *arguments], timeout=timeout)
    assert done.ok, done
    return done.stdout.decode().strip()


def test_processes_are_counted(sandbox, limited):
    assert int(python(sandbox, COUNT_CHILDREN)) < Limits().processes
    assert 150 < int(python(limited(processes=200), COUNT_CHILDREN)) < 200


def test_a_fork_bomb_ends_at_its_time_limit_and_the_sandbox_can_still_be_used(sandbox, containers):
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    done = sandbox.exec(["python3", "-c", bomb], timeout=2.0)
    assert done.ended == "timeout"
    assert done.seconds < 12.0
    after = sandbox.exec(["sh", "-c", "ls -d /proc/[0-9]* | wc -l"], timeout=20)
    assert after.ended == "died" or int(after.stdout) < 10


def test_a_memory_hog_is_killed(sandbox, limited):
    hog = "block = bytearray(700 << 20)\nfor i in range(0, len(block), 4096): block[i] = 1\nprint(len(block))"
    done = sandbox.exec(["python3", "-c", hog], timeout=30)
    assert done.exit_code in (1, 137)
    assert done.stdout == b""
    assert sandbox.exec(["echo", "alive"], timeout=20).stdout == b"alive\n"
    assert python(limited(memory=1 << 30), hog) == str(700 << 20)


def test_swap_and_shared_memory_do_not_add_to_memory(sandbox, limited):
    share = (
        "import mmap\nblock = mmap.mmap(-1, 700 << 20)\n"
        "for i in range(0, len(block), 4096): block[i] = 1\nprint(len(block))"
    )
    assert sandbox.exec(["python3", "-c", share], timeout=30).exit_code in (1, 137, 135)
    assert python(limited(memory=1 << 30), share) == str(700 << 20)


def test_a_loop_that_ignores_signals_is_ended_with_its_daemon(sandbox):
    stubborn = """
import os, signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            open("/sandbox/repo/heartbeat", "a").write("x")
            time.sleep(0.05)
    os._exit(0)
while True:
    pass
"""
    done = sandbox.exec(["python3", "-c", stubborn], timeout=2.0)
    assert done.ended == "timeout"
    assert done.seconds < 6.0
    beats = len(sandbox.exec(["cat", "heartbeat"], timeout=30).stdout)
    assert beats > 5, "the daemon did run"
    time.sleep(0.5)
    assert len(sandbox.exec(["cat", "heartbeat"], timeout=30).stdout) == beats


def test_a_command_that_kills_its_supervisor_gains_no_time(sandbox):
    # Its parent's parent enforces the time limit from inside; without it, the one outside does.
    script = "kill -9 $PPID; kill -9 $(ps -o ppid= $PPID); setsid sleep 60 & while :; do :; done"
    started = time.monotonic()
    assert sandbox.exec(["sh", "-c", script], timeout=1.0).ended in ("timeout", "exited", "died")
    assert time.monotonic() - started < 20.0
    after = sandbox.exec(["sh", "-c", "ps ax"], timeout=20)
    assert b"sleep 60" not in after.stdout


@pytest.mark.parametrize("folder", [str(TREE), str(JOB), "/tmp", "/dev/shm"])
def test_every_writable_folder_is_bounded(limited, folder):
    small = limited(memory=128 << 20, disk=8 << 20, scratch=8 << 20, inodes=500)
    assert int(python(small, FILL_BYTES, folder)) <= 9 << 20
    python(small, "import os, sys; os.unlink(sys.argv[1] + '/filler')", folder)
    assert 100 < int(python(small, FILL_INODES, folder)) <= 550
    large = limited(memory=256 << 20, disk=64 << 20, scratch=64 << 20, inodes=5000)
    assert int(python(large, FILL_INODES, folder)) == 3000
    assert int(python(large, FILL_BYTES, folder)) >= 15 << 20


def test_nothing_else_is_writable(sandbox, limited):
    # The queue file system holds no bytes of ordinary files; the engine bounds it.
    assert set(json.loads(python(sandbox, WRITABLE))) - {"/dev/mqueue"} == {str(TREE), str(JOB), "/tmp", "/dev/shm"}
    queues = (
        python(sandbox, FILL_INODES, "/dev/mqueue") if sandbox.exec(["test", "-w", "/dev/mqueue"], timeout=9).ok else 0
    )
    assert int(queues) < 3000


def test_all_folders_full_at_once_leave_the_sandbox_answering(sandbox):
    for folder in (str(TREE), "/tmp", "/dev/shm"):
        python(sandbox, FILL_BYTES, folder)
    assert sandbox.exec(["echo", "alive"], timeout=20).stdout == b"alive\n"


def test_a_flood_on_standard_output_is_cut_and_ended(sandbox, limited):
    gigabyte = "import os\nblock = b'x' * 65536\nfor _ in range(16384): os.write(1, block)\n"
    done = sandbox.exec(["python3", "-c", gigabyte], timeout=60)
    assert (done.ended, done.exit_code, len(done.stdout)) == ("flooded", None, Limits().output)
    assert done.seconds < 15.0
    assert sandbox.exec(["echo", "alive"], timeout=20).stdout == b"alive\n"
    megabytes = gigabyte.replace("16384", "48")
    assert len(limited(output=4 << 20).exec(["python3", "-c", megabytes], timeout=60).stdout) == 3 << 20


def test_standard_error_counts_too(sandbox):
    done = sandbox.exec(["sh", "-c", "yes a & yes b >&2; wait"], timeout=60)
    assert done.ended == "flooded"
    assert len(done.stdout) + len(done.stderr) == Limits().output


def test_processor_time_is_limited(limited):
    burn = """
import os, resource, time
start = time.monotonic()
for _ in range(2):
    if os.fork() == 0:
        while time.monotonic() < start + 1.0: pass
        os._exit(0)
for _ in range(2): os.wait()
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print((usage.ru_utime + usage.ru_stime) / (time.monotonic() - start))
"""
    assert float(python(limited(cpus=0.1), burn)) < 0.18
    assert float(python(limited(cpus=2.0), burn)) > 0.2
