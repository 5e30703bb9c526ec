"""Source distributions from a package index: found, downloaded, checked against their hash, never executed."""

import logging
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

import requests
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from pypi_simple import (
    DigestMismatchError,
    DistributionPackage,
    NoSuchProjectError,
    PyPISimple,
    UnsupportedContentTypeError,
    UnsupportedRepoVersionError,
)
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from hgen.errors import ConfigError, NetworkError, Skip
from hgen.passwords import without_passwords
from hgen.shards import file_digest, sync_folder
from hgen.sources.archives import unpack
from hgen.sources.origin import Origin, Settings
from hgen.sources.pip_config import PackageIndex

log = logging.getLogger(__name__)

_KINDS = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip", ".tar")
"""Kinds of archives, the best liked first."""

_RETRIES = Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504), raise_on_status=False)


_PROJECT = re.compile(r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==(?P<version>[A-Za-z0-9.!+_-]+))?")


@dataclass(frozen=True)
class Project:
    """A project on the package index; without a version its newest."""

    name: str
    version: str | None

    def fetch(self, into: Path, settings: Settings) -> Origin:
        """See ``fetch_project``."""
        return fetch_project(self.name, self.version, into, settings)


def parse_project(text: str) -> Project | None:
    """What stands behind ``pypi:``."""
    match = _PROJECT.fullmatch(text)
    return Project(match["name"], match["version"]) if match else None


def fetch_project(name: str, version: str | None, into: Path, settings: Settings) -> Origin:
    """Download and unpack the source distribution of a version, or of the newest that has one.

    Raises ``NetworkError`` if an index cannot be reached or sends something else than it announces, ``Skip`` for
    projects, versions and distributions that do not exist.
    """
    project = canonicalize_name(name)
    with _session(settings.index) as session:
        with _failures_of_the_network():
            client, packages = _find_project(session, project, settings)
        chosen = _choose(project, version, packages)
        log.info("%s: %s", project, chosen.filename)
        with _failures_of_the_network():
            archive = _kept(client, chosen, settings)
    unpacked = unpack(archive, into, settings.limits, max_ratio=settings.max_ratio)
    found = str(_version(chosen))
    return Origin(f"pypi:{project}", found, unpacked.tree, projects=(project,), dropped=unpacked.dropped)


class _Session(requests.Session):
    """A session whose certificates are those it was given; requests would let its own variables override them."""

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        return super().merge_environment_settings(url, proxies, stream, self.verify if verify is None else verify, cert)


def _session(index: PackageIndex) -> requests.Session:
    session = _Session()
    for scheme in ("http", "https"):
        session.mount(f"{scheme}://", HTTPAdapter(max_retries=_RETRIES))
        if index.proxy:
            session.proxies[scheme] = index.proxy
    if index.cert:
        if not index.cert.exists():
            raise ConfigError(
                f"the certificates {index.cert} do not exist; pip's configuration or SSL_CERT_FILE names them"
            )
        session.verify = str(index.cert)
    return session


@contextmanager
def _failures_of_the_network() -> Iterator[None]:
    try:
        yield
    except (
        requests.RequestException,
        DigestMismatchError,
        UnsupportedContentTypeError,
        UnsupportedRepoVersionError,
        # Pages that are announced as JSON and are something else.
        ValueError,
    ) as error:
        raise NetworkError(f"the package index cannot be reached, or fails: {without_passwords(str(error))}") from error


def _find_project(
    session: requests.Session, project: str, settings: Settings
) -> tuple[PyPISimple, list[DistributionPackage]]:
    for url in settings.index.urls:
        client = PyPISimple(url, session=session)
        try:
            return client, client.get_project_page(project, timeout=settings.silence).packages
        except NoSuchProjectError:
            continue
    raise Skip("no-such-project", f"no index has {project}")


def _choose(project: str, version: str | None, packages: list[DistributionPackage]) -> DistributionPackage:
    usable = [package for package in packages if _version(package) and package.package_type == "sdist"]
    if version is not None:
        wanted = _parse(version)
        matching = [package for package in packages if wanted and _version(package) == wanted]
        if not matching:
            raise Skip("no-such-version", f"{project} has no version {version}")
        usable = [package for package in usable if package in matching]
    else:
        usable = (
            [package for package in usable if not package.is_yanked and not _is_early(package)]
            or [package for package in usable if not package.is_yanked]
            or usable
        )
    if not usable:
        raise Skip("no-source-distribution", f"{project} {version or ''}".strip())
    return max(usable, key=lambda package: (_version(package), -_liking(package), package.filename))


def _version(package: DistributionPackage) -> Version | None:
    return _parse(package.version or "")


def _parse(version: str) -> Version | None:
    try:
        return Version(version)
    except InvalidVersion:
        return None


def _is_early(package: DistributionPackage) -> bool:
    version = _version(package)
    return version is not None and version.is_prerelease


def _liking(package: DistributionPackage) -> int:
    return next((place for place, kind in enumerate(_KINDS) if package.filename.endswith(kind)), len(_KINDS))


def _kept(client: PyPISimple, package: DistributionPackage, settings: Settings) -> Path:
    """The archive in the cache; downloaded if it is not there, checked in either case."""
    sha256 = package.digests.get("sha256")
    if not sha256:
        raise Skip("no-hash", f"the index gives no SHA-256 for {package.filename}")
    archive = settings.cache / "sdists" / sha256[:16] / PurePosixPath(package.filename).name
    if archive.is_file() and file_digest(archive) == sha256:
        return archive
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".incoming-", dir=archive.parent) as folder:
        temporary = Path(folder) / "archive"
        deadline = time.monotonic() + settings.timeout
        client.download_package(
            package,
            temporary,
            progress=lambda size: _Meter(package.filename, size, settings.limits.total_bytes, deadline),
            timeout=settings.silence,
        )
        # The page may have announced weaker hashes too; this is the one that counts.
        if file_digest(temporary) != sha256:
            raise NetworkError(f"{package.filename} is not what the index announced")
        temporary.replace(archive)
        sync_folder(archive.parent)
    return archive


@dataclass
class _Meter:
    """Gives up on a download that is too large or too slow."""

    name: str
    announced: int | None
    limit: int
    deadline: float
    seen: int = 0

    def __enter__(self) -> Self:
        self.update(0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def update(self, increment: int) -> None:
        self.seen += increment
        if max(self.seen, self.announced or 0) > self.limit:
            raise Skip("too-big", f"{self.name} has more than {self.limit} bytes")
        if time.monotonic() > self.deadline:
            raise NetworkError(f"{self.name} was not there in time")
