"""Sandboxes against the engine's own floor, measured in the same run: how soon ready, how many a minute, what is left.

    python -m benchmarks.sandbox [--engine docker|podman|auto] [--rounds N] [--leftovers N]

The floor is a bare docker-py loop with the same limits and one ready-made archive of the same files. Both sides take
turns, so that a busy machine slows both.
"""

import argparse
import io
import os
import random
import statistics
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir

import docker
from docker.types import Mount

from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState
from hgen.sandbox.opening import open_sandboxes
from hgen.sandbox.removal import left_behind


def a_module(number: int) -> bytes:
    """4.6 kB of code that no other file has: git must pack all of it."""
    draw = random.Random(number)
    lines = [f"def f{draw.getrandbits(40):x}(a, b):\n    return a * {draw.getrandbits(20)} + b\n" for _ in range(85)]
    return "\n".join(lines).encode()


FILES = {f"pkg{number // 50:02}/module{number:04}.py": a_module(number) for number in range(1000)}

_TURN = 5
"""How many sandboxes each flight has in one turn."""


def main() -> None:
    """Measure and print, one line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", choices=["auto", "docker", "podman"], default="auto")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--leftovers", type=int, default=300)
    options = parser.parse_args()
    with open_sandboxes(options.engine) as containers:
        bare = Bare(containers.client.url, containers.image)
        print(f"{containers.client.kind} {containers.client.version}, {os.cpu_count()} processors")
        print(f"{len(FILES)} files, {sum(map(len, FILES.values())) / 1e6:.1f} MB, load {os.getloadavg()[0]:.1f}")
        readiness(containers, bare, options.rounds)
        throughput(containers, bare, options.rounds)
        leftovers(containers, options.leftovers)


class Bare:
    """What one would write with docker-py and nothing else."""

    def __init__(self, url: str, image: str) -> None:
        self.api = docker.APIClient(base_url=url, version="auto")
        self.image = image
        self.counter = iter(range(10**9))
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for folder in sorted({path.split("/")[0] for path in FILES}):
                entry = tarfile.TarInfo(folder)
                entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, 0o755, 65534, 65534
                archive.addfile(entry)
            for path, content in FILES.items():
                entry = tarfile.TarInfo(path)
                entry.size, entry.uid, entry.gid = len(content), 65534, 65534
                archive.addfile(entry, io.BytesIO(content))
        self.archive = buffer.getvalue()

    def start(self) -> tuple[str, str]:
        """Create, start and copy."""
        name = f"hgen-bench-{os.getpid()}-{next(self.counter)}"
        options = {"type": "tmpfs", "device": "tmpfs", "o": "nr_blocks=40000,nr_inodes=30000,mode=1777,nosuid,nodev"}
        self.api.create_volume(name, driver="local", driver_opts=options)
        host = self.api.create_host_config(
            init=True, read_only=True, network_mode="none", mem_limit="512m", memswap_limit="512m", pids_limit=64,
            nano_cpus=10**9, cap_drop=["ALL"], security_opt=["no-new-privileges"], shm_size="16m",
            tmpfs={"/tmp": "size=64m,mode=1777", "/run": "size=1m", "/var/tmp": "size=1m"},
            mounts=[Mount("/sandbox", name, type="volume")],
        )  # fmt: skip
        container = self.api.create_container(
            self.image, ["sleep", "300"], user="65534:65534", working_dir="/sandbox", host_config=host
        )["Id"]
        self.api.start(container)
        self.api.put_archive(container, "/sandbox", self.archive)
        return container, name

    def run(self, container: str) -> None:
        """Run a trivial command."""
        command = self.api.exec_create(container, ["python3", "-c", "pass"])["Id"]
        self.api.exec_start(command)
        assert self.api.exec_inspect(command)["ExitCode"] == 0

    def remove(self, container: str, volume: str) -> None:
        """Remove both."""
        self.api.remove_container(container, force=True)
        self.api.remove_volume(volume)

    def whole(self) -> None:
        """All of it, one sandbox."""
        container, volume = self.start()
        self.run(container)
        self.remove(container, volume)


def readiness(containers: Containers, bare: Bare, rounds: int) -> None:
    """From request to a sandbox in which a command could run."""
    kept, ready, fresh, floor = StartState(FILES), [], [], []
    containers.start(kept).close()
    for _ in range(rounds):
        began = time.perf_counter()
        started = bare.start()
        floor.append(time.perf_counter() - began)
        bare.remove(*started)
        for state, times in ((kept, ready), (None, fresh)):
            began = time.perf_counter()
            sandbox = containers.start(state or StartState(FILES))
            times.append(time.perf_counter() - began)
            sandbox.close()
            wait_until_removed(containers)
    print(f"ready: floor (create, start, copy) {statistics.median(floor) * 1e3:.0f} ms")
    for name, times in (("a start state seen before", ready), ("a new start state, packed and committed", fresh)):
        print(f"ready: hgen, {name}: {statistics.median(times) * 1e3:.0f} ms, {ratio(times, floor)}")


def ratio(ours: list[float], theirs: list[float]) -> str:
    """How many times the other, round by round: what else the machine does in a round slows both."""
    found = sorted(one / other for one, other in zip(ours, theirs, strict=True))
    quarter = len(found) // 4
    return f"{statistics.median(found):.2f} x (half of the rounds: {found[quarter]:.2f} to {found[-1 - quarter]:.2f})"


def wait_until_removed(containers: Containers) -> None:
    """So that one side's removals do not slow the other side."""
    while containers._remover._waiting.unfinished_tasks:
        time.sleep(0.005)


def throughput(containers: Containers, bare: Bare, rounds: int) -> None:
    """Sandboxes in which one trivial command runs, removal included.

    Two processors of a busy machine are not two: how many they are, two loops that only count say.
    """
    state = StartState(FILES)

    def ours() -> None:
        with containers.start(state) as sandbox:
            assert sandbox.exec(["python3", "-c", "pass"], timeout=60).ok

    def ours_and_its_removal() -> None:
        ours()
        wait_until_removed(containers)

    works = {"loop": spin, "bare": bare.whole, "hgen": ours, "awaited": ours_and_its_removal}
    turns = [(name, flights) for name in works for flights in (1, 2) if (name, flights) != ("awaited", 2)]
    rates: dict[tuple[str, int], list[float]] = {}
    share, spent = [], []
    for _ in range(rounds):
        for name, flights in turns:
            busy, own = machine_cpu(), time.process_time()
            seconds = timed(works[name], flights, _TURN, lambda: wait_until_removed(containers))
            rates.setdefault((name, flights), []).append(_TURN * flights / seconds)
            if (name, flights) == ("hgen", 2):
                spent.append((time.process_time() - own) / (_TURN * flights))
                share.append((time.process_time() - own) / max(0.01, machine_cpu() - busy))
    for name in ("bare", "hgen"):
        each = [statistics.median(rates[name, flights]) * 60 for flights in (1, 2)]
        print(f"throughput: {name}: {each[0]:.0f} a minute with one in flight, {each[1]:.0f} with two")
    for said, one, other in (
        ("two over one: hgen", ("hgen", 2), ("hgen", 1)),
        ("two over one: hgen, against one whose removal is waited for", ("hgen", 2), ("awaited", 1)),
        ("two over one: bare", ("bare", 2), ("bare", 1)),
        ("two over one: two loops that only count", ("loop", 2), ("loop", 1)),
        ("hgen over bare, two in flight", ("hgen", 2), ("bare", 2)),
        ("hgen over bare, one in flight", ("hgen", 1), ("bare", 1)),
    ):
        print(f"throughput: {said}: {ratio(rates[one], rates[other])}")
    print(f"throughput: hgen's own CPU time: {statistics.median(spent) * 1e3:.0f} ms for each sandbox, ", end="")
    print(f"{statistics.median(share):.1%} of what the whole machine spent meanwhile")


def spin() -> None:
    """Keep one processor busy, in a process of its own."""
    subprocess.run([sys.executable, "-S", "-c", "for _ in range(4_000_000): pass"], check=True)


def timed(work: Callable[[], None], flights: int, times: int, settle: Callable[[], None]) -> float:
    """Seconds until ``flights`` threads have each done the work so many times and everything is removed."""

    def repeat() -> None:
        for _ in range(times):
            work()

    began = time.perf_counter()
    threads = [threading.Thread(target=repeat) for _ in range(flights)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settle()
    return time.perf_counter() - began


def machine_cpu() -> float:
    """Seconds that all processors of this machine have worked."""
    user, nice, system, _, _, irq, softirq, *_ = map(
        int, Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def leftovers(containers: Containers, count: int) -> None:
    """What many sandboxes in a row leave behind."""
    state = StartState({"a.py": b"x = 1\n"})
    with containers.start(state) as sandbox:
        sandbox.exec(["true"], timeout=60)
    wait_until_removed(containers)
    time.sleep(15)  # Podman's helpers stay for ten seconds after a command.
    before = inventory(containers)
    began = time.perf_counter()
    for _ in range(count):
        with containers.start(state) as sandbox:
            sandbox.exec(["sh", "-c", "sleep 1000 & echo x > y"], timeout=60)
    wait_until_removed(containers)
    seconds = time.perf_counter() - began
    time.sleep(15)
    after = inventory(containers)
    print(f"leftovers: {count} sandboxes in {seconds:.0f} s")
    for name, there in after.items():
        new = sorted(there - before[name])
        print(f"leftovers: {name}: {len(before[name])} before, {len(there)} after, new: {new[:3]}")


def inventory(containers: Containers) -> dict[str, set[str]]:
    """What could be left: by name, so that one gone and another come does not look like nothing."""
    mounts = Path("/proc/mounts").read_text(encoding="utf-8").splitlines()
    return {
        "containers and volumes": set(left_behind(containers.client)),
        "all volumes": {volume["Name"] for volume in containers.client._api.volumes()["Volumes"] or ()},
        "mounts": {line.split()[1] for line in mounts if "overlay" in line or "/volumes/" in line or "shm" in line},
        "container processes": set(container_processes()),
        "temporary files": {path.name for path in Path(gettempdir()).glob("hgen-*")},
        "open files of hgen": {f"number {number}" for number in range(len(list(Path("/proc/self/fd").iterdir())))},
    }


def container_processes() -> list[str]:
    """Processes of the users of a sandbox, and the engines' helpers."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if 60101 <= folder.stat().st_uid <= 60103 or "containerd-shim" in command or "conmon" in command:
                found.append(f"{folder.name} {command}")
        except OSError:
            continue
    return found


if __name__ == "__main__":
    main()
