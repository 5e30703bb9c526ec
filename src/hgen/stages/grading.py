"""One answer graded as its task's family says: by a static scorer, or by running tests in a container."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from hgen.records import Environment
from hgen.scoring import SCORERS, Reason, Score, diffs, refused, score
from hgen.scoring.executable import FAMILIES
from hgen.snapshots import Snapshot, Store

# What talks to container engines, and other packages' families, take longer to load than many answers to score.
if TYPE_CHECKING:
    from hgen.testbed.opening import Testbeds

Row = Mapping[str, object]
"""A task as the JSON row that graders read."""


@dataclass(frozen=True)
class EngineChoice:
    """Which container engine runs the tests of executable families, and where it keeps their wheels."""

    kind: Literal["auto", "docker", "podman"]
    base: str
    """The image that sandboxes are made from; empty for the default."""
    cache: Path


def graded(task: Row, patch: object, *, store: Path, engine: EngineChoice) -> Score:
    """The verdict on an answer; ``bad-task`` or ``start-state`` if the task is at fault.

    Raises ``ShardError`` if the snapshot is missing or damaged, ``SandboxError`` if the engine is at fault.
    """
    family = str(task["family"])
    if family in FAMILIES:
        return _graded_by_tests(task, patch, store, engine)
    try:
        files = diffs.Patched(_snapshot(store, str(task["snapshot"])), str(task["setup_patch"]))
    except diffs.DiffError as error:
        return refused(Reason("start-state", f"the setup patch does not apply to its snapshot: {error}"))
    if family in SCORERS:
        return score(task, patch, files)
    from hgen.families import families  # noqa: PLC0415

    if family not in families():
        return refused(Reason("bad-task", f"no family is called {family!r} here"))
    return families()[family].score(task, patch, files)


def _graded_by_tests(task: Row, patch: object, store: Path, engine: EngineChoice) -> Score:
    from hgen.testbed.building import version_of  # noqa: PLC0415
    from hgen.testbed.grading import grade  # noqa: PLC0415

    with Store(store).open(str(task["snapshot"])) as snapshot:
        try:
            environment = Environment.model_validate(task.get("environment"))
        except ValidationError as error:
            return refused(Reason("bad-task", f"its environment is damaged: {error.errors()[0]['msg']}"))
        version = version_of(str(task.get("base_commit", "")))
        name = str(task.get("repo", task["instance_id"]))
        # The image is built if it is not there.
        sandboxes = _testbeds(engine, store).of(environment, version=version, name=name)
        return grade(task, patch, snapshot, sandboxes)


@cache
def _testbeds(engine: EngineChoice, store: Path) -> "Testbeds":
    from hgen.testbed.opening import Testbeds, open_engine  # noqa: PLC0415

    opened = Testbeds(open_engine(engine.kind, base=engine.base, cache=engine.cache, store=store))
    Finalize(None, opened.close, exitpriority=10)
    return opened


class _Remembering(Mapping[str, bytes]):
    """A snapshot that keeps the last files read: tasks that follow each other are often about the same ones."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._read = lru_cache(maxsize=64)(snapshot.__getitem__)

    def __getitem__(self, path: str) -> bytes:
        return self._read(path)

    def __contains__(self, path: object) -> bool:
        return path in self._snapshot

    def __iter__(self) -> Iterator[str]:
        return iter(self._snapshot)

    def __len__(self) -> int:
        return len(self._snapshot)


@lru_cache(maxsize=2)
def _snapshot(store: Path, digest: str) -> Mapping[str, bytes]:
    return _Remembering(Store(store).open(digest))
