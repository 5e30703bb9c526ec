"""Code that reaches for what is outside finds nothing; unconfined, the same code succeeds."""

import contextlib
import socket
import subprocess
import sys
import threading

import pytest

from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState

pytestmark = pytest.mark.container

SECRET = "hgen-secret-5b1f0c"

# Sends to every address of a server on the host and asks a name server; prints what got out.
REACH = """
import json, socket, sys
port, addresses = int(sys.argv[1]), sys.argv[2].split(",")
got = []
for address in addresses:
    try:
        socket.create_connection((address, port), timeout=0.7).close()
        got.append("tcp " + address)
    except OSError:
        pass
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as query:
            query.settimeout(0.7)
            query.sendto(b"\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\4hgen\\4test\\0\\0\\1\\0\\1", (address, port))
            if query.recv(512):
                got.append("dns " + address)
    except OSError:
        pass
print(json.dumps(got))
"""

# Looks for the word through everything that can be read: files, environments, command lines, and names of sockets.
SEARCH = """
import os, stat
word = ("hgen-" + "secret-5b1f0c").encode()  # in two parts, so that the search does not find itself
found = []
for top, folders, files in os.walk("/"):
    if top.startswith(("/sys", "/usr/lib", "/usr/share")):
        folders.clear()
        continue
    if top == "/proc":
        folders[:] = [name for name in folders if name.isdigit()]
    elif top.startswith("/proc/"):
        folders[:] = [name for name in folders if name in ("fd", "root") and top.count("/") == 2]
    for name in files:
        path = os.path.join(top, name)
        try:
            mode = os.stat(path).st_mode
            if stat.S_ISSOCK(mode):
                found.append("socket " + path)
            if path.startswith("/proc/") and name not in ("environ", "cmdline", "mounts", "mountinfo"):
                continue
            if stat.S_ISREG(mode) and word in open(path, "rb").read(1 << 20):
                found.append(path)
        except OSError:
            pass
print(found)
"""

# Each prints its name if it succeeds; in a process of its own, because some change what the next one sees.
ESCAPES = """
import ctypes, os, socket, stat, time
libc = ctypes.CDLL(None, use_errno=True)

def mount(): assert libc.mount(b"none", b"/mnt", b"tmpfs", 0, None) == 0
def mknod(): os.mknod("/tmp/disk", 0o600 | stat.S_IFBLK, os.makedev(7, 0))
def unshare(): assert libc.unshare(0x00020000) == 0
def chroot(): os.chroot("/tmp")
def setuid(): os.setuid(12345)
def chown(): open("/tmp/f", "w").close(); os.chown("/tmp/f", 12345, 12345)
def root(): open("/etc/forged", "w").close()
def packets(): socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
def namespace(): os.close(os.open("/proc/1/ns/mnt", os.O_RDONLY)); assert libc.unshare(0x10000000) == 0
def hostname(): socket.sethostname("forged")

for attempt in (mount, mknod, unshare, chroot, setuid, chown, root, packets, namespace, hostname):
    child = os.fork()
    if child == 0:
        try:
            attempt()
        except (OSError, AssertionError):
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1] == 0:
        print(attempt.__name__)
"""


@pytest.fixture
def answering_server():
    """A TCP server and a stand-in for a name server on one port of every address of this machine."""
    with socket.create_server(("0.0.0.0", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        port = tcp.getsockname()[1]
        udp.bind(("0.0.0.0", port))

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    query, sender = udp.recvfrom(512)
                    udp.sendto(query, sender)
                    if not query:
                        return

        thread = threading.Thread(target=answer)
        thread.start()
        yield port, _addresses()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", port))
        thread.join()


def _addresses() -> list[str]:
    addresses = {"127.0.0.1"}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        addresses.add(probe.getsockname()[0])
    return sorted(addresses)


def test_no_packet_and_no_name_gets_out(sandbox, answering_server):
    port, addresses = answering_server
    arguments = [str(port), ",".join(addresses)]
    outside = subprocess.run([sys.executable, "-c", REACH, *arguments], capture_output=True, check=True, text=True)
    assert outside.stdout.count("tcp") == outside.stdout.count("dns") == len(addresses)
    inside = sandbox.exec(["python3", "-c", REACH, *arguments], timeout=30)
    assert inside.stdout == b"[]\n", inside


def test_nothing_of_the_host_or_of_hgens_environment_can_be_read(containers, tmp_path, monkeypatch):
    monkeypatch.setenv("HGEN_TOKEN", SECRET)
    monkeypatch.setenv("HTTP_PROXY", f"http://{SECRET}@proxy.invalid")
    (tmp_path / "secret").write_text(SECRET)
    with containers.start(StartState({"clean.txt": b""})) as sandbox:
        assert not sandbox.exec(["cat", str(tmp_path / "secret")], timeout=20).ok
        done = sandbox.exec(["python3", "-c", SEARCH], timeout=60)
        assert done.stdout == b"[]\n", done
        planted = SEARCH + "\n# " + SECRET
        assert b"cmdline" in sandbox.exec(["python3", "-c", planted], timeout=60).stdout
    with containers.start(StartState({"dirty.txt": SECRET.encode()})) as sandbox:
        listen = "import socket\nsocket.socket(socket.AF_UNIX).bind('/sandbox/repo/engine.sock')"
        assert sandbox.exec(["python3", "-c", listen], timeout=20).ok
        done = sandbox.exec(["python3", "-c", SEARCH], timeout=60, env={"TOKEN": SECRET})
        found = done.stdout.decode()
        assert "'/sandbox/repo/dirty.txt'" in found
        assert "'socket /sandbox/repo/engine.sock'" in found
        assert "/environ'" in found


def test_the_environment_is_a_fixed_minimum(sandbox):
    done = sandbox.exec(["env"], timeout=20)
    names = {line.partition("=")[0] for line in done.stdout.decode().splitlines()}
    assert names == {"PATH", "HOME", "LANG", "PWD", "PYTHONDONTWRITEBYTECODE", "GIT_CONFIG_NOSYSTEM"}
    assert sandbox.exec(["cat", "/proc/1/environ"], timeout=20).stdout == b""


def test_no_right_of_root_is_there(sandbox, unconfined):
    done = sandbox.exec(["python3", "-c", ESCAPES], timeout=30)
    # Podman's own filter allows user namespaces; see below that they lead nowhere.
    assert set(done.stdout.decode().split()) <= {"namespace"}
    assert done.ok
    everything = "mount mknod unshare chroot setuid chown root packets namespace hostname"
    assert unconfined(ESCAPES).split() == everything.split()


def test_a_program_owned_by_root_gives_no_rights(sandbox, unconfined):
    # As if the image had a set-user-id program: laid into the tree by the engine, owned by root, mode 4755.
    from hgen.sandbox.archive import single

    shown = sandbox.exec(["cat", "/usr/bin/id"], timeout=20)
    content = shown.stdout if shown.ok else b""
    sandbox._client.put(sandbox.container, "/sandbox/repo", single("id", content, owner=(0, 0), mode=0o4755))
    assert sandbox.exec(["stat", "-c", "%a %u", "id"], timeout=20).stdout == b"4755 0\n"
    assert sandbox.exec(["./id", "-u"], timeout=20).stdout == b"60101\n"
    control = (
        "import os, shutil, subprocess; shutil.copy('/usr/bin/id', '/root/../id'); os.chmod('/id', 0o4755);"
        "print(subprocess.run(['/id', '-u'], user=60101, capture_output=True, text=True).stdout)"
    )
    assert unconfined(control).strip() == "0"
    found = sandbox.exec(["find", "/", "-xdev", "-perm", "/6000", "-type", "f"], timeout=30)
    assert found.stdout == b""


def test_a_user_namespace_gives_nothing(sandbox):
    # Podman's own filter allows them; what counts is that they lead nowhere.
    script = "unshare -Urm sh -c 'mount -t tmpfs none /etc && touch /etc/forged; cat /etc/shadow'; ls /etc/forged"
    assert not sandbox.exec(["sh", "-c", script], timeout=20).ok


def test_a_task_cannot_write_into_the_next_ones_copy(containers: Containers):
    state = StartState({"a.py": b"honest = True\n"})
    with containers.start(state) as first:
        spoil = "echo forged > a.py; echo x > /tmp/left; echo x > /dev/shm/left; git commit -qam x; ls / /tmp"
        first.exec(["sh", "-c", spoil], timeout=20)
        assert b"forged" in first.diff()
        with containers.start(state) as second:
            look = "cat a.py; ls /tmp /dev/shm; git rev-list --all --count; ls -d /proc/[0-9]* | wc -l"
            seen = second.exec(["sh", "-c", look], timeout=20).stdout.decode()
            assert seen.startswith("honest = True\n")
            assert "left" not in seen
            assert second.diff() == b""
    assert state.files == {"a.py": b"honest = True\n"}
