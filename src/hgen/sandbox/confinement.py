"""What a container is denied: network, privileges, more than its share of the machine, files outside of its volumes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docker.types import Mount

_FETCHER_MEMORY = 2 << 30


@dataclass(frozen=True)
class Volume:
    """A file system in memory, its size and number of files fixed when it is made."""

    name: str
    mount: str
    size: int
    inodes: int
    mode: str


def in_memory(volume: Volume) -> dict[str, str]:
    """The options of an engine's local driver for a volume."""
    # In pages, because Podman refuses ``size=`` here.
    options = f"nr_blocks={-(-volume.size // 4096)},nr_inodes={volume.inodes},mode={volume.mode},nosuid,nodev"
    return {"type": "tmpfs", "device": "tmpfs", "o": options}


def confined(*, memory: int, cpus: float, processes: int, volumes: Sequence[Volume]) -> dict[str, Any]:
    """The host configuration of a container in which foreign code runs, as docker-py's arguments; memory in bytes."""
    return {
        "read_only": True,
        "network_mode": "none",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": memory,
        "memswap_limit": memory,
        "nano_cpus": int(cpus * 1e9),
        "pids_limit": processes,
        "mounts": [Mount(volume.mount, volume.name, type="volume", no_copy=True) for volume in volumes],
        # Podman would mount these with no limit; nobody but root can write here, as in the image.
        "tmpfs": {"/run": "size=1m,mode=755", "/var/tmp": "size=1m,mode=755"},  # noqa: S108 - inside
    }


def fetching() -> dict[str, Any]:
    """The host configuration of a container with the host's network, in which only code that is trusted runs."""
    return {
        "network_mode": "host",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": _FETCHER_MEMORY,
    }
