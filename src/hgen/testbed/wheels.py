"""Wheels for a test environment: pip alone chooses and downloads them, in a container that holds nothing foreign.

What has to be built by running code is not taken, so that no repository's code ever sees a network.
"""

import hashlib
import io
import json
import os
import re
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from packaging.utils import parse_wheel_filename

from hgen.errors import MachineError, NetworkError, SandboxError, ShardError, Skip
from hgen.records import Wheel
from hgen.sandbox import execution, labels
from hgen.sandbox.base import Result
from hgen.sandbox.client import Client
from hgen.sandbox.layout import AGENT, KEEPER, ROOT, single
from hgen.shards import file_digest, write_whole
from hgen.sources.pip_config import Index, read_index

_FOLDER = "/var/tmp/wheels"  # noqa: S108 - inside
_PROGRAM = f"""
import subprocess, sys
subprocess.run([sys.executable, "-m", "venv", "{_FOLDER}/venv"], check=True)
pip = ["{_FOLDER}/venv/bin/python", "-m", "pip", "download", "--no-input", "--no-cache-dir", "--progress-bar=off"]
pip += ["--only-binary=:all:", "--dest={_FOLDER}/found", *sys.argv[1:]]
sys.exit(subprocess.run(pip).returncode)
"""
_ABOUT = "import json, platform, sys; print(json.dumps(['%d.%d' % sys.version_info[:2], platform.machine()]))"
_NETWORK = re.compile(
    r"Retrying \(|ConnectionError|Connection broken|ReadTimeout|SSLError|HTTPError|Could not fetch URL"
)
_SECONDS = 900.0
_LOG = 1_000_000


@dataclass(frozen=True)
class Wheelhouse:
    """Chooses and keeps wheels: ``cache`` is shared between runs, and its files are named by their digests."""

    client: Client
    image: str
    """The generic image, whose Python the wheels are for."""
    cache: Path
    index: Index

    def choose(self, requirements: Sequence[str]) -> tuple[Wheel, ...]:
        """What an installation of the requirements consists of today, all of it in the cache.

        Raises ``Skip("no-wheels")`` if there is no such set of wheels, ``NetworkError`` if that cannot be known.
        """
        with self._fetcher() as container:
            text = "".join(f"{requirement}\n" for requirement in requirements)
            self.client.put(container, "/var/tmp", _owned("requirements.txt", text.encode()))  # noqa: S108
            _download(self.client, container, self.index, ["-r", "/var/tmp/requirements.txt"])  # noqa: S108
            return self._keep(container)

    def complete(self, wheels: Sequence[Wheel]) -> None:
        """Have all of some wheels in the cache, by their digests.

        Raises ``NetworkError`` if the index cannot be reached or has one no more.
        """
        missing = [wheel for wheel in wheels if not self.path(wheel).exists()]
        if not missing:
            return
        lines = []
        for wheel in missing:
            name, version, _, _ = parse_wheel_filename(wheel.name)
            lines.append(f"{name}=={version} --hash=sha256:{wheel.sha256}\n")
        with self._fetcher() as container:
            self.client.put(container, "/var/tmp", _owned("requirements.txt", "".join(lines).encode()))  # noqa: S108
            options = ["--no-deps", "--require-hashes", "-r", "/var/tmp/requirements.txt"]  # noqa: S108
            try:
                _download(self.client, container, self.index, options)
            except Skip as skip:
                raise NetworkError(f"the index does not give the wheels of an environment: {skip.detail}") from skip
            found = {wheel.sha256 for wheel in self._keep(container)}
        if gone := [wheel.name for wheel in missing if wheel.sha256 not in found]:
            raise NetworkError(f"the index has other files for {', '.join(gone)}")

    def path(self, wheel: Wheel) -> Path:
        """Where a wheel is kept."""
        return self.cache / "wheels" / wheel.sha256 / wheel.name

    def read(self, wheel: Wheel) -> bytes:
        """A wheel from the cache, checked; raises ``ShardError`` if it is damaged."""
        path = self.path(wheel)
        if file_digest(path) != wheel.sha256:
            raise ShardError(f"{path} is damaged; delete it and run again")
        return path.read_bytes()

    def python(self) -> tuple[str, str]:
        """The version of the image's Python, ``3.11``, and the machine that it is for."""
        with self._fetcher() as container:
            done = _execute(self.client, container, ["python3", "-I", "-c", _ABOUT], {})
        if not done.ok:
            raise SandboxError(f"the image's python3 does not run: {_tail(done)}")
        version, machine = json.loads(done.stdout)
        return version, machine

    def _keep(self, container: str) -> tuple[Wheel, ...]:
        wheels = []
        with TemporaryFile() as file:
            self.client.get(container, f"{_FOLDER}/found", file)
            file.seek(0)
            with tarfile.open(fileobj=file, mode="r:") as archive:
                for member in archive:
                    content = archive.extractfile(member)
                    if content is not None and member.name.endswith(".whl"):
                        wheels.append(self._kept(Path(member.name).name, content.read()))
        return tuple(sorted(wheels, key=lambda wheel: wheel.name))

    def _kept(self, name: str, content: bytes) -> Wheel:
        wheel = Wheel(name=name, sha256=hashlib.sha256(content).hexdigest())
        path = self.path(wheel)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        return wheel

    @contextmanager
    def _fetcher(self) -> Iterator[str]:
        marks = labels.own(_SECONDS * 2)
        container = self.client.create_fetcher(
            self.image, ["sleep", f"{_SECONDS * 2:.0f}"], user=f"{KEEPER}:{KEEPER}", labels=marks
        )
        try:
            self.client.start(container)
            folder = tarfile.TarInfo("wheels")
            folder.type, folder.mode, folder.uid, folder.gid = tarfile.DIRTYPE, 0o755, AGENT, AGENT
            self.client.put(container, "/var/tmp", _tar(folder))  # noqa: S108
            yield container
        finally:
            self.client.remove_container(container)


def open_wheelhouse(client: Client, image: str, cache: Path, environ: Mapping[str, str] = os.environ) -> Wheelhouse:
    """A wheelhouse that asks the index that pip would ask."""
    return Wheelhouse(client, image, cache, read_index(environ))


def _download(client: Client, container: str, index: Index, arguments: Sequence[str]) -> None:
    """Run pip, with the index and the certificates that it would use on this machine."""
    environment = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "HOME": _FOLDER}
    if index.urls:
        environment["PIP_INDEX_URL"] = index.urls[0]
        environment["PIP_EXTRA_INDEX_URL"] = " ".join(index.urls[1:])
    if index.proxy:
        environment["PIP_PROXY"] = index.proxy
    if index.cert:
        client.put(container, "/var/tmp", _owned("certificates.pem", index.cert.read_bytes()))  # noqa: S108
        environment["PIP_CERT"] = "/var/tmp/certificates.pem"  # noqa: S108
    done = _execute(client, container, ["python3", "-I", "-c", _PROGRAM, *arguments], environment)
    if done.ok:
        return
    if done.ended != "exited":
        raise NetworkError(f"downloading wheels: {done.ended} after {done.seconds:.0f} s; {_tail(done)}")
    if _NETWORK.search(done.stderr.decode(errors="replace")):
        raise NetworkError(f"the package index cannot be reached from a container: {_tail(done)}")
    raise Skip("no-wheels", _tail(done))


def _execute(client: Client, container: str, argv: Sequence[str], environment: Mapping[str, str]) -> Result:
    done, _ = execution.run(
        client,
        container,
        argv,
        user=AGENT,
        environment={"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **environment},
        cwd="/",
        timeout=_SECONDS,
        output_limit=_LOG,
    )
    if done.ended == "died":
        raise MachineError("the container that downloads wheels died; is there enough memory?")
    return done


def _tail(done: Result) -> str:
    lines = [line for line in done.stderr.decode(errors="replace").split("\n") if line.startswith("ERROR")]
    return " | ".join(lines)[-800:] or (done.stdout + done.stderr).decode(errors="replace").strip()[-800:]


def _owned(name: str, content: bytes) -> bytes:
    return single(name, content, owner=ROOT, mode=0o644)


def _tar(member: tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.addfile(member)
    return packed.getvalue()
