"""The stages in their order, bound to a configuration and the folders they work in."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hgen.config import Config, ParseConfig
from hgen.records import Codebase, Reject, Repo, Source, Task, Validated
from hgen.runner import Stage
from hgen.snapshots import Store
from hgen.stages import synth as synthesis
from hgen.stages.mine import mine
from hgen.stages.parse import parse
from hgen.stages.synth import synth
from hgen.stages.validate import validate

ORDER = ("mine", "parse", "synth", "validate")


@dataclass(frozen=True)
class Folders:
    """Where things are: the out directory, and the cache of git mirrors that runs share."""

    out: Path
    cache: Path

    @property
    def snapshots(self) -> Path:
        """The snapshot store."""
        return self.out / "snapshots"


def stage(name: str, config: Config, folders: Folders) -> Stage:
    """One stage by name, ready for the runner."""
    match name:
        case "mine":
            apply = partial(mine, settings=config.mine, store=Store(folders.snapshots), cache=folders.cache)
            # Which sources there are decides which shards there are; it changes nothing in the others.
            settings = config.mine.model_copy(update={"sources": ()})
            return Stage("mine", "sources", Source, Repo, apply, _digest(settings.model_dump_json()))
        case "parse":
            apply_parse = partial(_parse, settings=config.parse, store=folders.snapshots)
            return Stage("parse", "mine", Repo, Codebase, apply_parse, _digest(config.parse.model_dump_json()))
        case "synth":
            apply_synth = partial(synth, config=config.synth, store=folders.snapshots)
            return Stage("synth", "parse", Codebase, Task, apply_synth, synthesis.fingerprint(config.synth))
        case "validate":
            apply_validate = partial(validate, store=folders.snapshots)
            return Stage(
                "validate", "synth", Task, Validated, apply_validate, _digest(config.validate_.model_dump_json())
            )
    raise ValueError(name)


def _parse(repo: Repo, *, settings: ParseConfig, store: Path) -> Iterator[Codebase | Reject]:
    with Store(store).open(repo.snapshot) as files:
        yield parse(repo, files, settings)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
