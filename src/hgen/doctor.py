"""Look at the machine: what hgen needs, what is missing, and how to get it."""

import os
import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from huggingface_hub import get_token
from rich.table import Table

from hgen import __version__
from hgen.errors import ConfigError
from hgen.families import families
from hgen.sandbox.client import Client
from hgen.sandbox.discovery import ADVICE, engines
from hgen.sandbox.removal import at_work, reap
from hgen.sources.pip_config import read_index
from hgen.testbed.environment.images import Kept, kept, remove_unused

_LOW_DISK = 5 * 10**9
_ANSWER_SECONDS = 5.0
"""How long the package index is waited for."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``remedy`` is empty when nothing needs to be done."""

    what: str
    needed: bool
    """Whether hgen's main job fails without it."""
    found: str
    remedy: str

    def row(self) -> dict[str, object]:
        """The finding for machines."""
        return asdict(self) | {"ok": not self.remedy}


def examine(out: Path) -> list[Finding]:
    """Look at everything; nothing is changed and no repository's code is run."""
    return [
        Finding("hgen", True, f"{__version__} on Python {platform.python_version()}, {sys.platform}", ""),
        Finding("tree-sitter", True, f"{version('tree-sitter')}, grammar {version('tree-sitter-python')}", ""),
        _git(),
        _families(),
        _disk(out),
        _index(),
        *_engines(),
        _hub(),
    ]


@dataclass(frozen=True)
class Swept:
    """What was removed from one engine."""

    engine: str
    left_behind: tuple[str, ...]
    """Containers, volumes and folders of an hgen that was killed."""
    images: tuple[str, ...]
    """Images of testbeds that nothing used."""
    bytes: int
    """What these took up."""
    others_at_work: bool
    """Whether another hgen uses the engine; images of testbeds are left to it then."""

    def __str__(self) -> str:
        """For people."""
        if self.others_at_work:
            return f"{self.engine}: another hgen is at work there, so images of testbeds are left to it"
        if not self.images:
            return f"{self.engine}: no image of a testbed to remove"
        what = f"{len(self.images)} (they are built again when needed), {self.bytes / 1e6:,.0f} MB freed"
        return f"{self.engine}: images of testbeds removed: {what}"

    def row(self) -> dict[str, object]:
        """For machines, like a finding."""
        return Finding("clean-up", False, str(self), "").row() | asdict(self)


def sweep() -> list[Swept]:
    """Remove from every engine that answers what a killed hgen left there, and images of testbeds that are not used."""
    swept = []
    for engine in engines():
        if not engine.problem:
            with closing(Client(engine.url)) as client:
                left = tuple(reap(client))
                busy = at_work(client)
                freed = Kept((), 0) if busy else remove_unused(client)
            swept.append(Swept(engine.url, left, freed.tags, freed.size, busy))
    return swept


def findings_table(findings: list[Finding]) -> Table:
    """For people."""
    table = Table(header_style="bold")
    for column in ("", "what", "found", "what to do"):
        table.add_column(column, overflow="fold")
    for finding in findings:
        mark = "[green]✓[/]" if not finding.remedy else "[red]✗[/]" if finding.needed else "[yellow]–[/]"
        table.add_row(mark, finding.what, finding.found, finding.remedy)
    return table


def _git() -> Finding:
    try:
        from git import Git  # noqa: PLC0415 - cannot be imported where there is no git

        return Finding("git", True, ".".join(map(str, Git().version_info)), "")
    except ImportError:
        return Finding("git", True, "not found", "install git, for example: apt-get install git")


def _families() -> Finding:
    try:
        return Finding("task families", True, ", ".join(families()), "")
    except (ConfigError, ImportError) as error:
        return Finding("task families", True, str(error), "uninstall or mend the package that registers the family")


def _disk(out: Path) -> Finding:
    place = out.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    remedy = "free some space, or choose another folder with --out" if free < _LOW_DISK else ""
    return Finding("disk", True, f"{free / 1e9:.1f} GB free for {out}", remedy)


def _index() -> Finding:
    urls = read_index(os.environ).urls
    for url in urls:
        try:
            host = urlsplit(url)
            port = host.port or (443 if host.scheme == "https" else 80)
            socket.create_connection((host.hostname or "", port), _ANSWER_SECONDS).close()
        except (OSError, ValueError) as error:
            return Finding(
                "package index",
                False,
                f"cannot be reached ({error})",
                "without it, mine paths, git repositories and installed:NAME; check PIP_INDEX_URL and the network",
            )
    return Finding("package index", False, "answers" if urls else "only local folders are configured", "")


def _engines() -> Iterator[Finding]:
    found = engines()
    for engine in found:
        name = f"{engine.kind or 'container engine'} {engine.version}".strip()
        yield Finding("container engine", False, engine.problem or f"{name} at {engine.url}", engine.problem and ADVICE)
        if not engine.problem:
            yield _testbeds(engine.url)
    if not found:
        yield Finding("container engine", False, "no socket found", f"for tasks that run code, {ADVICE}")


def _testbeds(url: str) -> Finding:
    with closing(Client(url)) as client:
        images = kept(client)
    size = f"{len(images.tags)}, {images.size / 1e6:,.0f} MB of their own"
    return Finding("testbeds", False, f"images at {url}: {size}; --clean removes those that nothing uses", "")


def _hub() -> Finding:
    if get_token():
        return Finding("Hugging Face", False, "a token is set", "")
    return Finding(
        "Hugging Face", False, "no token", "for `hgen export --hf-push`, run `hf auth login` or set HF_TOKEN"
    )
