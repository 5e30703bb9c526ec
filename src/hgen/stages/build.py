"""Build: make a repository's tests run in containers, and note what they execute and what they notice."""

from collections.abc import Iterator
from pathlib import Path

from hgen.config import BuildConfig, SandboxConfig
from hgen.engines import worker_engine
from hgen.errors import Skip
from hgen.records import Codebase, Reject
from hgen.runner import name_of
from hgen.snapshots import Store
from hgen.testbed.environment.install import RepositoryTree
from hgen.testbed.measure import assemble


def build(
    codebase: Codebase, *, config: BuildConfig, sandbox: SandboxConfig, store: Path, cache_folder: Path
) -> Iterator[Codebase | Reject]:
    """The codebase with its testbed; without one, and with a reject that says why, if its tests do not run.

    Raises ``SandboxError`` or ``NetworkError`` if the machine is at fault: then nothing is known about the repository.
    """
    engine = worker_engine(sandbox, store, cache_folder)
    with Store(store).open(codebase.repo.snapshot) as snapshot:
        tree = RepositoryTree.of(snapshot)
    try:
        testbed = assemble(codebase, tree, engine.house, engine.limits, config)
    except Skip as skip:
        yield Reject(source=name_of(codebase), reason=skip.reason, detail=skip.detail)
        yield codebase
    else:
        yield codebase.model_copy(update={"testbed": testbed})
