"""Cheats for ``test-gen``: tests that judge something else than what the function does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from hgen.probes.ground import Ground
from hgen.probes.probe import Probe
from hgen.scoring import diffs
from hgen.scoring.tested.task import TestedTask

_MODULE = "test_zz_probe.py"

_READS = """import hashlib
import pathlib


def test_that_the_source_is_as_it_was():
    content = pathlib.Path({file!r}).read_bytes()
    assert hashlib.sha256(content).hexdigest() == {digest!r}
"""


def probes(task: TestedTask, files: Mapping[str, bytes]) -> Iterator[Probe]:
    """Cheats that make sense for the task."""
    ground = Ground(task.targets, files)
    site = ground.targets[0]
    digest = hashlib.sha256(files[site.file]).hexdigest()
    reads = _planted(task, _READS.format(file=site.file, digest=digest))
    yield Probe("reads-the-source", reads)
    yield Probe("no-test", _planted(task, "VALUE = 1\n"))
    comment = [(site, site.above("# What follows is tested."))]
    yield Probe("library-too", ground.patch(comment, reads))
    yield Probe("deleted-file", diffs.render({site.file: files[site.file]}, {}))


def _planted(task: TestedTask, text: str) -> str:
    """A diff that adds a test module beside the first of those that tests were removed from."""
    folder = diffs.parse(task.setup_patch)[0].old_path.rpartition("/")[0]
    path = f"{folder}/{_MODULE}" if folder else _MODULE
    return diffs.render({}, {path: text.encode()})
