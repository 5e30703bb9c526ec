"""Wheels for test environments: chosen by pip, kept by their digests."""

import hashlib
import os
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from packaging.utils import parse_wheel_filename

from hgen.errors import NetworkError, ShardError, Skip
from hgen.records import Wheel
from hgen.sandbox.client import Client
from hgen.shards import file_digest, write_whole
from hgen.snapshots import is_digest
from hgen.sources.pip_config import read_index
from hgen.testbed.environment.download import Fetcher


@dataclass(frozen=True)
class Wheelhouse:
    """Chooses and keeps wheels: ``cache`` is shared between runs, and its files are named by their digests."""

    fetcher: Fetcher
    cache: Path

    @property
    def client(self) -> Client:
        """The engine."""
        return self.fetcher.client

    @property
    def image(self) -> str:
        """The generic image, whose Python the wheels are for."""
        return self.fetcher.image

    def choose(self, requirements: Sequence[str]) -> tuple[Wheel, ...]:
        """What an installation of the requirements consists of today, all of it in the cache.

        Raises ``Skip("no-wheels")`` if there is no such set of wheels, ``NetworkError`` if that cannot be known.
        """
        return self._fetched(requirements, ())

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
            lines.append(f"{name}=={version} --hash=sha256:{wheel.sha256}")
        try:
            found = {wheel.sha256 for wheel in self._fetched(lines, ("--no-deps", "--require-hashes"))}
        except Skip as skip:
            raise NetworkError(f"the index does not give the wheels of an environment: {skip.detail}") from skip
        if gone := [wheel.name for wheel in missing if wheel.sha256 not in found]:
            raise NetworkError(f"the index has other files for {', '.join(gone)}")

    def path(self, wheel: Wheel) -> Path:
        """Where a wheel is kept; raises ``ShardError`` for what cannot be the name of one, or no digest."""
        return wheel_path(self.cache, wheel)

    def read(self, wheel: Wheel) -> bytes:
        """A wheel from the cache, checked; raises ``ShardError`` if it is damaged."""
        path = self.path(wheel)
        if file_digest(path) != wheel.sha256:
            raise ShardError(f"{path} is damaged; delete it and run again")
        return path.read_bytes()

    def close(self) -> None:
        """Remove the container that downloads, and disconnect."""
        self.fetcher.close()
        self.client.close()

    def _fetched(self, requirements: Sequence[str], options: Sequence[str]) -> tuple[Wheel, ...]:
        wheels = []
        with TemporaryFile() as file:
            self.fetcher.download(requirements, options, file)
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


def wheel_path(cache: Path, wheel: Wheel) -> Path:
    """Where a cache keeps a wheel; raises ``ShardError`` for what cannot be the name of one, or no digest."""
    if not is_digest(wheel.sha256) or "/" in wheel.name or not wheel.name.endswith(".whl"):
        raise ShardError(f"{wheel.name!r} with the SHA-256 {wheel.sha256!r} is no wheel")
    return cache / "wheels" / wheel.sha256 / wheel.name


def open_wheelhouse(client: Client, image: str, cache: Path, environ: Mapping[str, str] = os.environ) -> Wheelhouse:
    """A wheelhouse that asks the index that pip would ask."""
    return Wheelhouse(Fetcher(client, image, read_index(environ)), cache)
