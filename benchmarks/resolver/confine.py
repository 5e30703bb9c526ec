"""Run foreign code where it can do no harm: bubblewrap, no network, nobody's rights, a throw-away copy of the tree."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

NOBODY = "65534"
SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc/alternatives")
ETC = ("ld.so.cache", "mime.types", "passwd", "group", "hosts", "nsswitch.conf")


@dataclass(frozen=True)
class Confinement:
    """What a confined process sees of this machine."""

    tree: Path
    """Writable, seen as ``/confined/tree``."""
    python: Path
    """The interpreter of the environment that the tests need."""
    code: Path
    """The folder with the ``benchmarks`` package, read-only, seen as ``/confined/code``."""
    memory_bytes: int = 6 * 1024**3
    seconds: int = 1500


def run(confinement: Confinement, command: Sequence[str], *, confined: bool) -> subprocess.CompletedProcess[str]:
    """Run ``command`` confined, or as this user with the machine's network if the developer said so explicitly."""
    if not confined:
        argv = ["env", f"PYTHONPATH={confinement.code}", str(confinement.python), *command]
    else:
        argv = _bubblewrap(confinement, command)
    return subprocess.run(argv, capture_output=True, text=True, timeout=confinement.seconds, check=False)


def available() -> bool:
    """Whether bubblewrap is installed and can start a process here."""
    if shutil.which("bwrap") is None:
        return False
    probe = ["bwrap", "--ro-bind", "/", "/", "--unshare-all", "--uid", NOBODY, "true"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def _bubblewrap(confinement: Confinement, command: Sequence[str]) -> list[str]:
    argv = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    argv += ["--uid", NOBODY, "--gid", NOBODY, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/etc"]
    # Only what a Python needs: no home folder, no configuration, no sockets. A process that is root outside keeps
    # root's right to read, so what should not be read must not be there.
    for path in (*SYSTEM, *(f"/etc/{name}" for name in ETC), *_python_folders(confinement.python)):
        if Path(path).exists():
            argv += ["--ro-bind", path, path]
    argv += ["--bind", str(confinement.tree), "/confined/tree", "--ro-bind", str(confinement.code), "/confined/code"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "PYTHONPATH": "/confined/code"}
    for name, value in environment.items():
        argv += ["--setenv", name, value]
    limits = ["prlimit", f"--as={confinement.memory_bytes}", "--nproc=512", "--fsize=1073741824", "--core=0"]
    return [*argv, "--chdir", "/confined/tree", *limits, str(confinement.python), *command]


def _python_folders(python: Path) -> list[str]:
    """The virtual environment and the installation that it was made from."""
    return sorted({str(python.parents[1]), str(python.parents[1].resolve()), str(python.resolve().parents[1])})
