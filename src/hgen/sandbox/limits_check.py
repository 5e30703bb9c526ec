"""Are the limits real? Asked of an engine before it is trusted with foreign code."""

import json
from dataclasses import dataclass
from importlib.resources import files

from hgen.errors import SandboxError
from hgen.sandbox.base import Limits
from hgen.sandbox.client import Client
from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState

# Small, so that going past them is quick.
_LIMITS = Limits(memory=96 << 20, cpus=0.5, processes=24, disk=4 << 20, inodes=200, scratch=4 << 20, lifetime=120.0)

# Podman's own filter lets programs make user namespaces, in which they stay as confined as before.
_ADVISORY = frozenset({"no user namespaces"})


@dataclass(frozen=True)
class LimitsProbe:
    """What was tried, and whether the engine held it."""

    held: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def refused(self) -> tuple[str, ...]:
        """The broken limits without which hgen does not run foreign code."""
        return tuple(name for name in self.broken if name not in _ADVISORY)


def probe_limits(client: Client, image: str) -> LimitsProbe:
    """Try to get past every limit in a sandbox with small ones; takes about a second."""
    source = (files("hgen.sandbox") / "limits_inside.py").read_bytes()
    limits = _LIMITS
    with (
        Containers(client, image, limits) as containers,
        containers.start(StartState({"limits_inside.py": source})) as sandbox,
    ):
        numbers = [limits.memory, limits.processes, limits.disk, limits.inodes, limits.cpus]
        done = sandbox.exec(["python3", "-I", "limits_inside.py", *map(str, numbers)], timeout=60.0)
    if not done.ok:
        said = (done.stdout + done.stderr).decode(errors="replace").strip()[-500:]
        raise SandboxError(
            f"{client.kind} at {client.url}: the probe of its limits {done.ended}, {done.exit_code}: {said}"
        )
    answers: dict[str, bool] = json.loads(done.stdout)
    held = tuple(sorted(name for name, holds in answers.items() if holds))
    return LimitsProbe(held, tuple(sorted(answers.keys() - set(held))))


def insist(client: Client, image: str) -> LimitsProbe:
    """Probe, and raise ``SandboxError`` if foreign code would not be contained."""
    probe = probe_limits(client, image)
    if probe.refused:
        raise SandboxError(
            f"{client.kind} {client.version} at {client.url} does not hold these limits: {', '.join(probe.refused)}; "
            "rootless engines on cgroup v1 ignore limits: use a rootful engine, or one on cgroup v2 with delegation"
        )
    return probe
