"""The command line: the only module that knows argv, stdout, logging and exit statuses."""

import fcntl
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from hgen.errors import ConfigError, MachineError, ShardError, Skip

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hgen.config import Config
    from hgen.runner import Summary

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Turn real Python repositories into proven training tasks for coding agents.",
    epilog="First time? [bold]hgen run -c configs/quickstart.yaml[/bold], then [bold]hgen show[/bold].",
)

ConfigOption = Annotated[
    Path | None, typer.Option("-c", "--config", metavar="FILE", help="YAML configuration; see configs/default.yaml.")
]
OutOption = Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Where shards and snapshots are kept.")]
JobsOption = Annotated[int, typer.Option("-j", "--jobs", min=0, metavar="N", help="Worker processes; 0: one per core.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override one configuration key.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
OUT = Path("out")


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Log more, to stderr.")] = False,
) -> None:
    """Options of every command."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="hgen: %(message)s", force=True)
    if version:
        from hgen import __version__

        print(f"hgen {__version__}")
        raise typer.Exit


@app.command()
def mine(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE...",
            help="path, git URL[@rev], owner/name[@rev], pypi:NAME[==VERSION], installed:NAME, hf:DATASET[:SPLIT], "
            "or a .jsonl/.parquet file of rows with repo and base_commit.",
        ),
    ] = None,
    config: ConfigOption = None,
    out: OutOption = OUT,
    jobs: JobsOption = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Mine repositories: fetch each one, check it, keep a snapshot.

    Examples: [bold]hgen mine pypi:markdown ~/src/project owner/name@v1.2[/bold]; [bold]hgen mine installed:rich[/bold]
    """
    settings = _settings(config, assignments)
    if sources:
        section = settings.mine.model_copy(update={"sources": tuple(sources)})
        settings = settings.model_copy(update={"mine": section})
    _run_stages(["mine"], settings, out, jobs, as_json=as_json)


@app.command()
def parse(
    config: ConfigOption = None,
    out: OutOption = OUT,
    jobs: JobsOption = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Parse what was mined: symbols, their spans, and what each function calls.

    Example: [bold]hgen parse -o out -j 2[/bold]
    """
    _run_stages(["parse"], _settings(config, assignments), out, jobs, as_json=as_json)


@app.command()
def synth(
    task: Annotated[
        list[str] | None, typer.Option("--task", metavar="FAMILY", help="Task family; repeatable; default: all.")
    ] = None,
    config: ConfigOption = None,
    out: OutOption = OUT,
    jobs: JobsOption = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Synthesize tasks from what was parsed.

    Example: [bold]hgen synth --task dep-search --set synth.options.dep-search.cap=100[/bold]
    """
    settings = _settings(config, assignments)
    if task:
        section = settings.synth.model_copy(update={"families": tuple(task)})
        settings = settings.model_copy(update={"synth": section})
    _run_stages(["synth"], settings, out, jobs, as_json=as_json)


@app.command()
def validate(
    config: ConfigOption = None,
    out: OutOption = OUT,
    jobs: JobsOption = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Validate tasks: keep those that are proven sound, with the evidence.

    Example: [bold]hgen validate -o out[/bold]
    """
    _run_stages(["validate"], _settings(config, assignments), out, jobs, as_json=as_json)


@app.command()
def run(
    config: ConfigOption = None,
    out: OutOption = OUT,
    jobs: JobsOption = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run all stages in order, from one YAML file; what is up to date is not done again.

    Example: [bold]hgen run -c configs/quickstart.yaml -o out -j 2[/bold]
    """
    from hgen.stages.pipeline import ORDER

    settings = _settings(config, assignments)
    _run_stages(list(ORDER), settings, out, jobs, as_json=as_json)
    _export(settings, out, settings.export.formats, None, private=True, as_json=as_json)


def main() -> None:
    """Run the command line; every foreseen failure is one line on stderr."""
    sys.exit(_guarded(lambda: app(standalone_mode=False)))


def _guarded(command: Callable[[], Any]) -> int:
    try:
        status = command()
    except (ConfigError, Skip) as error:
        return _complain(error, 2)
    except (MachineError, ShardError, OSError) as error:
        return _complain(error, 1)
    except (KeyboardInterrupt, typer.Abort):
        return _complain("interrupted; the same command goes on from here", 130)
    except typer.Exit as leave:
        return leave.exit_code
    except TyperException as error:
        return _complain(f"{error.format_message()} (see --help)", 2)
    return status if isinstance(status, int) else 0


def _complain(problem: object, status: int) -> int:
    print(f"hgen: {problem}", file=sys.stderr)
    return status


def _settings(path: Path | None, assignments: list[str] | None) -> "Config":
    from hgen.config import load

    return load(path, tuple(assignments or ()))


def _print(renderable: "RenderableType") -> None:
    from rich.console import Console

    console = Console()
    # Piped output is for grep: not cut at 80 columns.
    Console(width=max(console.width, 160) if not console.is_terminal else None).print(renderable)


def _run_stages(names: list[str], settings: "Config", out: Path, jobs: int, *, as_json: bool) -> None:
    """Run stages until one fails; the tables come last, also when one failed."""
    from hgen.config import dump
    from hgen.console import progress, summary_table
    from hgen.executors import local
    from hgen.runner import run as run_stage
    from hgen.runner import write_sources
    from hgen.shards import write_whole
    from hgen.stages.pipeline import Folders, stage

    folders = Folders(out=out, cache=_cache())
    stages = [stage(name, settings, folders) for name in names]
    if "mine" in names and not settings.mine.sources:
        raise ConfigError("nothing to mine: name a source, or list some under mine.sources in the configuration")
    summaries: list[Summary] = []
    with _locked(out), local(jobs or os.cpu_count() or 1) as executor:
        write_whole(out / "config.yaml", dump(settings).encode())
        if "mine" in names:
            write_sources(out, settings.mine.sources, settings.run.sources_per_shard)
        for each in stages:
            with progress(each.name) as report:
                summaries.append(run_stage(each, out, executor, report))
            if summaries[-1].failed:
                break
    if as_json:
        print(json.dumps([summary.row() for summary in summaries]))
    else:
        _print(summary_table(summaries))
    for failure in summaries[-1].failures:
        _complain(failure, 1)
    if bugs := summaries[-1].rejects["bug"]:
        _complain(f"{bugs} records met a bug in hgen; see {out / summaries[-1].stage}/*.rejects.jsonl", 1)
    if summaries[-1].failed:
        raise typer.Exit(1)


def _cache() -> Path:
    """Where git mirrors are shared between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("HGEN_CACHE") or Path(base) / "hgen")


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Keep a second hgen off the same folder; a killed one holds no lock."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"another hgen is working in {out}") from None
        yield
