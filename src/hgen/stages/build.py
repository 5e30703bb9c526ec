"""Build: make a repository's tests run in containers, and note what they execute and what they notice."""

from collections.abc import Iterator
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

from hgen.config import BuildConfig, ValidateConfig
from hgen.errors import Skip
from hgen.records import Codebase, Reject
from hgen.runner import name_of
from hgen.snapshots import Store
from hgen.testbed.assembling import Effort, assemble
from hgen.testbed.building import Tree
from hgen.testbed.opening import Engine, open_engine


def build(
    codebase: Codebase, *, config: BuildConfig, sandbox: ValidateConfig, store: Path, cache_folder: Path
) -> Iterator[Codebase | Reject]:
    """The codebase with its testbed; without one, and with a reject that says why, if its tests do not run.

    Raises ``SandboxError`` or ``NetworkError`` if the machine is at fault: then nothing is known about the repository.
    """
    effort = Effort(**config.model_dump())
    with Store(store).open(codebase.repo.snapshot) as snapshot:
        tree = Tree.of(snapshot)
    try:
        testbed = assemble(codebase, tree, engine(sandbox, store, cache_folder).house, effort)
    except Skip as skip:
        yield Reject(source=name_of(codebase), reason=skip.reason, detail=skip.detail)
        yield codebase
    else:
        yield codebase.model_copy(update={"testbed": testbed})


@cache
def engine(sandbox: ValidateConfig, store: Path, cache_folder: Path) -> Engine:
    """One engine per worker, left when the worker ends: opening it probes its limits."""
    choice = "auto" if sandbox.sandbox == "none" else sandbox.sandbox
    opened = open_engine(choice, base=sandbox.base_image, cache=cache_folder, store=store)
    Finalize(None, opened.close, exitpriority=10)
    return opened
