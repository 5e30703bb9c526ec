"""The stages in their order, bound to a configuration and the folders they work in."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from hgen.config import Config, MineConfig, ParseConfig
from hgen.endpoint.client import Endpoint, require_usable
from hgen.errors import ConfigError, Skip
from hgen.families import chosen
from hgen.records import Codebase, Reject, Repo, Source, Task, Validated
from hgen.runner import Stage
from hgen.snapshots import Store
from hgen.sources.commit_table import Row, Rows, read_rows
from hgen.sources.decontamination import lists_digest, load_list
from hgen.sources.mirror import GitUrl
from hgen.sources.spec import parse_spec
from hgen.stages import synth as synthesis
from hgen.stages.build import build
from hgen.stages.mine import mine
from hgen.stages.parse import parse
from hgen.stages.synth import synth
from hgen.stages.validate import validate


@dataclass(frozen=True)
class Folders:
    """Where things are: the out directory, and the cache of git mirrors that runs share."""

    out: Path
    cache: Path

    @property
    def snapshots(self) -> Path:
        """The snapshot store."""
        return self.out / "snapshots"

    @property
    def replies(self) -> Path:
        """What language models have said, and what that cost."""
        return self.out / "replies"


def order(config: Config) -> list[str]:
    """The stages of a whole run: ``build`` is one of them only if a chosen family needs repositories' tests."""
    return ["mine", "parse", *(["build"] if _needs_tests(config) else []), "synth", "validate"]


def specs(settings: MineConfig) -> tuple[str, ...]:
    """What to mine, one repository each: checked before anything runs, tables of commits written out.

    Raises ``ConfigError`` for what is no source or no decontamination list, ``NetworkError`` for a table out of reach.
    """
    for name in settings.decontaminate:
        load_list(name)
    found: list[str] = []
    for spec in settings.sources:
        location = parse_spec(spec)
        if isinstance(location, GitUrl) and urlsplit(location.url).password:
            raise ConfigError("a source holds a password; leave it to git's credential helper, so that no file has it")
        if isinstance(location, Rows):
            found += [_row_spec(row, settings.host) for row in read_rows(location)]
        else:
            found.append(spec)
    return tuple(dict.fromkeys(found))


def stage(name: str, config: Config, folders: Folders) -> Stage:
    """One stage by name, ready for the runner; raises ``ConfigError`` for a name that is none."""
    match name:
        case "mine":
            apply = partial(mine, settings=config.mine, store=Store(folders.snapshots), cache=folders.cache)
            # Which sources there are decides which shards there are; it changes nothing in the others.
            settings = config.mine.model_copy(update={"sources": ()})
            lists = lists_digest(settings.decontaminate)
            return Stage("mine", "sources", Source, Repo, apply, _digest(settings.model_dump_json() + lists))
        case "parse":
            apply_parse = partial(_parse, settings=config.parse, store=folders.snapshots)
            return Stage("parse", "mine", Repo, Codebase, apply_parse, _digest(config.parse.model_dump_json()))
        case "build":
            apply_build = partial(
                build,
                config=config.build,
                sandbox=config.sandbox,
                store=folders.snapshots,
                cache_folder=folders.cache,
            )
            settings_build = config.build.model_dump_json() + config.sandbox.fingerprint()
            return Stage("build", "parse", Codebase, Codebase, apply_build, _digest(settings_build))
        case "synth":
            describer = None
            if config.synth.describer == "llm":
                require_usable(config.endpoint)
                describer = partial(Endpoint, config.endpoint, folders.replies)
            apply_synth = partial(synth, config=config.synth, store=folders.snapshots, describer=describer)
            reads = "build" if _needs_tests(config) else "parse"
            made_of = synthesis.fingerprint(config.synth, config.endpoint)
            return Stage("synth", reads, Codebase, Task, apply_synth, made_of)
        case "validate":
            apply_validate = partial(
                validate,
                store=folders.snapshots,
                config=config.validate_,
                sandbox=config.sandbox,
                cache_folder=folders.cache,
                max_file_bytes=config.parse.max_file_bytes,
            )
            settings_validate = (
                config.validate_.model_dump_json() + config.parse.model_dump_json() + config.sandbox.fingerprint()
            )
            return Stage("validate", "synth", Task, Validated, apply_validate, _digest(settings_validate))
    raise ConfigError(f"unknown stage {name!r}; known: mine, parse, build, synth, validate")


def _needs_tests(config: Config) -> bool:
    return any(family.needs_tests for family in chosen(config.synth.families))


def _row_spec(row: Row, host: str) -> str:
    """A row as a URL, which no folder of the same name can be taken for; a bad one as it is, for ``mine`` to reject."""
    try:
        commit = row.location()
    except Skip:
        return row.spec
    return f"{host}{commit.name}.git@{commit.revision}"


def _parse(repo: Repo, *, settings: ParseConfig, store: Path) -> Iterator[Codebase | Reject]:
    with Store(store).open(repo.snapshot) as files:
        yield from parse(repo, files, settings)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
