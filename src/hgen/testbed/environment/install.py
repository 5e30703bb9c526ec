"""Build a repository's test environment: installed without a network, kept as one layer on the generic image."""

import hashlib
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from tempfile import TemporaryFile
from typing import BinaryIO

from packaging.version import InvalidVersion, Version

from hgen.errors import SandboxError, Skip
from hgen.records import Environment, Wheel
from hgen.sandbox.archive import ROOT, single
from hgen.sandbox.base import Limits
from hgen.sandbox.client import Client
from hgen.sandbox.container import VENV, Containers, ContainerSandbox
from hgen.sandbox.layout import JOB, StartState
from hgen.snapshots import Snapshot
from hgen.testbed.environment.images import MARK, NAME
from hgen.testbed.environment.wheels import Wheelhouse

_RECIPE = b"ARG BASE\nFROM ${BASE}\n# Its files belong to root, whoever made them.\nADD venv.tar /opt/\n"
_LIMITS = Limits(
    memory=3 << 30, processes=256, disk=256 << 20, scratch=256 << 20, venv=1536 << 20, inodes=100_000, lifetime=1800.0
)
_SECONDS = 600.0
_MADE_UP = "999.0"
VERSION_VARIABLES = ("SETUPTOOLS_SCM_PRETEND_VERSION", "PBR_VERSION", "POETRY_DYNAMIC_VERSIONING_BYPASS")
"""How build backends are told a version that they would ask the history for."""


@dataclass(frozen=True)
class RepositoryTree:
    """The files of a snapshot, as a sandbox is given them."""

    files: Mapping[str, bytes]
    executable: frozenset[str]
    links: Mapping[str, str]

    @classmethod
    def of(cls, snapshot: Snapshot) -> "RepositoryTree":
        """A snapshot's tree, read whole."""
        executable = frozenset(path for path in snapshot if snapshot.is_executable(path))
        return cls(dict(snapshot), executable, snapshot.links)

    def state(self, *, job: Mapping[str, bytes], also: Mapping[str, str] | None = None) -> StartState:
        """The tree as a start state, with text files beside its own."""
        added = {path: text.encode() for path, text in (also or {}).items() if path not in self.files}
        return StartState({**self.files, **added}, self.executable, self.links, job)


@dataclass(frozen=True)
class Installation:
    """What installing into a fresh environment led to."""

    editable: bool
    missing: tuple[str, ...]
    """What the repository's own metadata asks for and is not there."""
    generated: dict[str, str]
    compiled: tuple[str, ...]
    """Extension modules that were built into the tree."""


def install(sandbox: ContainerSandbox, *, installable: bool, version: str) -> Installation:
    """Fill ``/opt/venv`` from the wheels in the sandbox's job folder, and install the tree in editable form.

    Raises ``Skip("install")`` with the end of the log if the wheels themselves cannot be installed.
    """
    environment = {**dict.fromkeys(VERSION_VARIABLES, version), "HOME": "/tmp"}  # noqa: S108 - inside
    argv = ["python3", "-I", "-c", _program(), VENV, str(JOB), "install" if installable else "path"]
    done = sandbox.exec(argv, timeout=_SECONDS, env=environment)
    said = done.stderr.decode(errors="replace").strip()[-1500:]
    if not done.ok:
        raise Skip("install", f"{done.ended} {done.exit_code}: {said}")
    # The last line is the installer's own; whatever a build printed went to the standard error.
    try:
        report = json.loads(done.stdout)
        return Installation(
            bool(report["editable"]),
            tuple(map(str, report["missing"])),
            {str(path): str(text) for path, text in report["generated"].items()},
            tuple(map(str, report["compiled"])),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Skip("install", f"what the installation reports cannot be read: {error}") from None


def _program() -> str:
    return (files("hgen.testbed.environment") / "installer.py").read_text(encoding="utf-8")


def builder(client: Client, image: str) -> Containers:
    """Sandboxes in which environments are built."""
    return Containers(client, image, _LIMITS)


def packed(house: Wheelhouse, wheels: Sequence[Wheel]) -> dict[str, bytes]:
    """The wheels as files of a job."""
    return {wheel.name: house.read(wheel) for wheel in wheels}


def image_name(environment: Environment, image: str) -> str:
    """The tag of an environment's image: it depends on what is installed, and on the generic image below it."""
    said = environment.model_dump_json(include={"snapshot", "python", "machine", "wheels", "editable"})
    return f"{NAME}:{hashlib.sha256(_RECIPE + _program().encode() + said.encode() + image.encode()).hexdigest()[:16]}"


def keep(client: Client, container: str, environment: Environment, image: str) -> str:
    """Make an image of the generic one and a container's ``/opt/venv``; gives its identifier.

    Nothing foreign runs for it: the engine copies files.
    """
    tag = image_name(environment, image)
    if (there := client.image(tag)) is not None:
        return there
    with TemporaryFile() as venv, TemporaryFile() as context:
        client.get(container, VENV, venv)
        with TemporaryFile() as owned:
            _give_to_root(venv, owned)
            _pack(context, owned)
        marks = {MARK: environment.snapshot}
        client.build(context, tag=tag, arguments={"BASE": image}, labels=marks)
    found = client.image(tag)
    if found is None:
        raise SandboxError(f"{client.kind} at {client.url} built {tag} but does not have it")
    return found


def ensure(
    house: Wheelhouse, environment: Environment, tree: Callable[[], RepositoryTree], *, version: str, name: str
) -> str:
    """The identifier of an environment's image; it is built again from the same wheels if it is not there.

    ``tree`` reads the repository's; ``name`` is its name, for messages. Raises ``SandboxError`` if the generic image
    has another Python.
    """
    client, image = house.client, house.image
    found = client.image(image_name(environment, image))
    if found is not None:
        return found
    have = house.fetcher.python()
    if have != (environment.python, environment.machine):
        raise SandboxError(
            f"the environment of {name} is for Python {environment.python} on {environment.machine}, and the image "
            f"has Python {have[0]} on {have[1]}; set sandbox.base_image, or build again"
        )
    house.complete(environment.wheels)
    with builder(Client(client.url), image) as sandboxes:
        state = tree().state(job=packed(house, environment.wheels))
        with sandboxes.start(state) as sandbox:
            try:
                again = install(sandbox, installable=environment.editable, version=version)
            except Skip as skip:
                raise SandboxError(f"the environment of {name} cannot be built again: {skip.detail}") from skip
            if again.editable != environment.editable:
                raise SandboxError(f"the environment of {name} was installed once, and now it is not")
            return keep(sandboxes.client, sandbox.container, environment, image)


def _give_to_root(venv: BinaryIO, owned: BinaryIO) -> None:
    """Copy a tar archive; nobody but root can write to what it holds.

    Sandboxes have a root file system that is read-only; the containers in which people run agents may not.
    """
    venv.seek(0)
    with (
        tarfile.open(fileobj=venv, mode="r:") as members,
        tarfile.open(fileobj=owned, mode="w", format=tarfile.GNU_FORMAT) as copy,
    ):
        for member in members:
            member.uid = member.gid = 0
            member.uname = member.gname = "root"
            member.mode &= 0o755
            copy.addfile(member, members.extractfile(member) if member.isreg() else None)


def _pack(context: BinaryIO, venv: BinaryIO) -> None:
    """A build context: the recipe, and the tar archive as one file of it."""
    context.write(single("Containerfile", _RECIPE, owner=ROOT, mode=0o644)[:-1024])
    with tarfile.open(fileobj=context, mode="w", format=tarfile.GNU_FORMAT) as archive:
        member = tarfile.TarInfo("venv.tar")
        member.size = venv.tell()
        venv.seek(0)
        archive.addfile(member, venv)
    context.seek(0)


def version_of(base_commit: str) -> str:
    """A version for builds that want one: the repository's, or a made-up one where all we have is a commit.

    It is one by PEP 440, so that no text of somebody else's stands in a command.
    """
    if "." not in base_commit:
        return _MADE_UP
    try:
        return str(Version(base_commit))
    except InvalidVersion:
        return _MADE_UP
