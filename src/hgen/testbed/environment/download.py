"""The one place with a network: a container in which pip alone downloads wheels, and nothing foreign ever is.

Wheels only: what has to be built by running code is not taken, so that no repository's code sees a network.
"""

import io
import json
import os
import re
import tarfile
import time
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from hgen.errors import MachineError, NetworkError, SandboxError, Skip
from hgen.sandbox import execution, labels
from hgen.sandbox.archive import ROOT, single
from hgen.sandbox.base import Result
from hgen.sandbox.client import Client
from hgen.sandbox.layout import AGENT, KEEPER
from hgen.sources.pip_config import PackageIndex

_PLACE = "/var/tmp"  # noqa: S108 - inside
_FOLDER = f"{_PLACE}/wheels"
_PROGRAM = f"""
import os, shutil, subprocess, sys
if not os.path.exists("{_FOLDER}/venv/bin/pip"):
    subprocess.run([sys.executable, "-m", "venv", "--clear", "{_FOLDER}/venv"], check=True)
shutil.rmtree("{_FOLDER}/found", ignore_errors=True)
pip = ["{_FOLDER}/venv/bin/python", "-m", "pip", "download", "--no-input", "--progress-bar=off"]
pip += ["--only-binary=:all:", "--dest={_FOLDER}/found", "-r", "{_PLACE}/requirements.txt", *sys.argv[1:]]
sys.exit(subprocess.run(pip).returncode)
"""
_ABOUT = "import json, platform, sys; print(json.dumps(['%d.%d' % sys.version_info[:2], platform.machine()]))"
_NETWORK = re.compile(
    r"Retrying \(|ConnectionError|Connection broken|ReadTimeout|SSLError|HTTPError|Could not fetch URL"
)
_SECONDS = 900.0
"""What one download may take."""
_LIFETIME = 3600.0
_LOG = 1_000_000


class Fetcher:
    """Downloads for the Python of an image, in one container for all downloads, so that pip's own cache serves them."""

    def __init__(self, client: Client, image: str, index: PackageIndex) -> None:
        self.client = client
        self.image = image
        self._index = index
        self._container = ""
        self._until = 0.0
        self._python: tuple[str, str] | None = None

    def python(self) -> tuple[str, str]:
        """The version of the image's Python, ``3.11``, and the machine that it is for."""
        if self._python is None:
            done = self._execute(["python3", "-I", "-c", _ABOUT], {})
            if not done.ok:
                raise SandboxError(f"the image's python3 does not run: {_tail(done)}")
            version, machine = json.loads(done.stdout)
            self._python = version, machine
        return self._python

    def download(self, requirements: Sequence[str], options: Sequence[str], file: BinaryIO) -> None:
        """Write the wheels that pip chooses for lines of a requirements file into a file, as a tar archive.

        Raises ``Skip("no-wheels")`` if there is no such set of wheels, ``NetworkError`` if that cannot be known.
        """
        environment = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "HOME": _FOLDER}
        if self._index.urls:
            environment["PIP_INDEX_URL"] = self._index.urls[0]
            environment["PIP_EXTRA_INDEX_URL"] = " ".join(self._index.urls[1:])
        if self._index.proxy:
            environment["PIP_PROXY"] = self._index.proxy
        if self._index.cert:
            self._lay("certificates.pem", self._index.cert.read_bytes())
            environment["PIP_CERT"] = f"{_PLACE}/certificates.pem"
        self._lay("requirements.txt", "".join(f"{line}\n" for line in requirements).encode())
        done = self._execute(["python3", "-I", "-c", _PROGRAM, *options], environment)
        if done.ended != "exited":
            raise NetworkError(f"downloading wheels: {done.ended} after {done.seconds:.0f} s; {_tail(done)}")
        if not done.ok and _NETWORK.search(done.stderr.decode(errors="replace")):
            raise NetworkError(f"the package index cannot be reached from a container: {_tail(done)}")
        if not done.ok:
            raise Skip("no-wheels", _tail(done))
        self.client.get(self._running(), f"{_FOLDER}/found", file)

    def close(self) -> None:
        """Remove the container."""
        if self._container:
            self.client.remove_container(self._container)
            self._container = ""

    def _running(self) -> str:
        """The container; a new one if there is none, or if its time is almost over."""
        if self._container and time.monotonic() > self._until:
            self.close()
        if not self._container:
            self._container = self.client.create_fetcher(
                self.image,
                ["sleep", f"{_LIFETIME:.0f}"],
                user=f"{KEEPER}:{KEEPER}",
                labels=labels.own(_LIFETIME),
            )
            self._until = time.monotonic() + _LIFETIME - _SECONDS
            self.client.start(self._container)
            self.client.put(self._container, _PLACE, _folder())
        return self._container

    def _lay(self, name: str, content: bytes) -> None:
        self.client.put(self._running(), _PLACE, single(name, content, owner=ROOT, mode=0o644))

    def _execute(self, argv: Sequence[str], environment: Mapping[str, str]) -> Result:
        done, _ = execution.run(
            self.client,
            self._running(),
            argv,
            user=AGENT,
            environment={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **environment},
            cwd="/",
            timeout=_SECONDS,
            output_limit=_LOG,
        )
        if done.ended == "died":
            self.close()
            raise MachineError("the container that downloads wheels died; is there enough memory?")
        return done


def _tail(done: Result) -> str:
    lines = [line for line in done.stderr.decode(errors="replace").split("\n") if line.startswith("ERROR")]
    return " | ".join(lines)[-800:] or (done.stdout + done.stderr).decode(errors="replace").strip()[-800:]


def _folder() -> bytes:
    """A tar archive of a folder that commands in the container may write to."""
    member = tarfile.TarInfo("wheels")
    member.type, member.mode, member.uid, member.gid = tarfile.DIRTYPE, 0o755, AGENT, AGENT
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(member)
    return packed.getvalue()
