"""Whatever happens to hgen, nothing of its sandboxes stays; what a living hgen uses is left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hgen.sandbox import labels
from hgen.sandbox.base import Limits
from hgen.sandbox.client import Client
from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState
from hgen.sandbox.removal import reap

# Starts two sandboxes in which commands run, says so, and waits to be killed.
HGEN = """
import sys, threading, time
from hgen.sandbox.base import Limits
from hgen.sandbox.client import Client
from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState
containers = Containers(Client(sys.argv[1]), sys.argv[2], Limits())
state = StartState({"a.py": b""})
for _ in range(2):
    sandbox = containers.start(state)
    threading.Thread(target=sandbox.exec, args=(["sleep", "500"],), kwargs={"timeout": 600}, daemon=True).start()
time.sleep(0.5)
print("started", flush=True)
while True:
    containers.start(state).close()
"""


def owned(client: Client, process: int) -> set[str]:
    """The containers and volumes of one process of this machine; others may use the engine at the same time."""
    place = labels.own(60.0)["hgen.owner"].rsplit("/", 2)[0]
    found = client.containers(labels.MARK) + client.volumes(labels.MARK)
    return {item.name for item in found if item.labels.get("hgen.owner", "").startswith(f"{place}/{process}/")}


@pytest.mark.container
def test_a_used_sandbox_leaves_nothing_even_if_nobody_closed_it(client: Client, image: str):
    before = owned(client, os.getpid())
    with Containers(Client(client.url), image, Limits()) as containers:
        for number in range(3):
            sandbox = containers.start(StartState({"n": str(number).encode()}))
            assert len(owned(client, os.getpid()) - before) >= 4, "one container and three volumes while it lives"
            sandbox.exec(["true"], timeout=20)
            if number:
                sandbox.close()
    assert owned(client, os.getpid()) == before


@pytest.mark.container
def test_closing_does_not_wait_for_the_removal(containers):
    sandbox = containers.start(StartState({}))
    started = time.monotonic()
    sandbox.close()
    assert time.monotonic() - started < 0.02


@pytest.mark.container
def test_a_start_that_fails_leaves_nothing(client: Client):
    before = owned(client, os.getpid())
    with (
        Containers(Client(client.url), "sha256:" + "0" * 64, Limits()) as containers,
        pytest.raises(Exception, match="o such"),
    ):
        containers.start(StartState({}))
    assert owned(client, os.getpid()) == before


@pytest.mark.container
def test_a_killed_hgen_leaves_nothing_that_the_reaper_does_not_find(client: Client, image: str):
    before = owned(client, os.getpid())
    with Containers(Client(client.url), image, Limits()) as living, living.start(StartState({})) as sandbox:
        argv = [sys.executable, "-c", HGEN, client.url, image]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "started\n"
            time.sleep(0.3)  # somewhere in the middle of a start or a removal
            orphans = owned(client, process.pid)
            process.send_signal(signal.SIGKILL)
        assert len(orphans) >= 2 * 4, "a positive control: there was something to remove"
        # What the engine was still doing for the killed process may finish a moment later.
        for _ in range(3):
            reap(client)
            time.sleep(0.3)
        assert not owned(client, process.pid)
        assert sandbox.exec(["echo", "alive"], timeout=20).stdout == b"alive\n", "the living keep what they use"
    assert owned(client, os.getpid()) == before
    assert (
        "sleep 500" not in subprocess.run(["ps", "ax", "-o", "args"], capture_output=True, text=True, check=True).stdout
    )


@pytest.mark.container
def test_the_reaper_leaves_what_hgen_did_not_make(client: Client, image: str):
    api = client._api
    container = api.create_container(image, ["/bin/sleep", "60"], labels={"somebody": "else"})["Id"]
    try:
        assert container not in reap(client)
        assert api.inspect_container(container)["Id"] == container
    finally:
        api.remove_container(container, force=True)


def test_ownership_is_by_process_and_not_by_number():
    mine = labels.own(60.0)
    assert not labels.abandoned(mine)
    place, pid, started = mine["hgen.owner"].rsplit("/", 2)
    assert labels.abandoned({**mine, "hgen.owner": f"{place}/{pid}/{int(started) + 1}"}), "the number was used again"
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        gone = process.pid
    assert labels.abandoned({**mine, "hgen.owner": f"{place}/{gone}/{started}"})
    assert not labels.abandoned({**mine, "hgen.owner": f"another-boot-1/{os.getpid()}/1"}), "its time is not over"
    assert labels.abandoned({**mine, "hgen.owner": f"another-boot-1/{os.getpid()}/1", "hgen.until": "1"})
    assert labels.abandoned({labels.MARK: "1"})


@pytest.mark.container
def test_a_temporary_folder_of_a_killed_hgen_is_found(client: Client):
    script = "import sys, time\nfrom hgen.sandbox import hostgit\nwith hostgit.repository() as folder:\n"
    script += "    print(folder, flush=True)\n    time.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert str(folder) not in reap(client)
        assert folder.is_dir()
        process.kill()
    # By this call, or by that of another hgen that has just begun.
    reap(client)
    assert not folder.exists()
