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
    Path | None,
    typer.Option(
        "-c",
        "--config",
        metavar="FILE",
        help="YAML configuration: yours, or configs/default.yaml, quickstart.yaml and offline.yaml, which hgen brings.",
    ),
]
OutOption = Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Where shards and snapshots are kept.")]
JobsOption = Annotated[int, typer.Option("-j", "--jobs", min=0, metavar="N", help="Worker processes; 0: one per core.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override one configuration key.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
OUT = Path("out")
_INTERRUPTED = 130


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
            help="path, git URL\\[@rev], owner/name\\[@rev], pypi:NAME[==VERSION], installed:NAME, hf:DATASET[:SPLIT], "
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
def build(
    config: ConfigOption = None,
    out: OutOption = OUT,
    jobs: JobsOption = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build what was parsed: make each repository's tests run in containers, for tasks that are graded by them.

    Needs a container engine; see [bold]hgen doctor[/bold]. Example: [bold]hgen build -o out -j 2[/bold]
    """
    _run_stages(["build"], _settings(config, assignments), out, jobs, as_json=as_json)


@app.command()
def synth(
    task: Annotated[
        list[str] | None,
        typer.Option("--task", metavar="FAMILY", help="Task family; repeatable; default: all that need no container."),
    ] = None,
    config: ConfigOption = None,
    out: OutOption = OUT,
    jobs: JobsOption = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Synthesize tasks from what was parsed; for a family that is judged by tests, build their environments first.

    Examples: [bold]hgen synth --task dep-search --set synth.options.dep-search.cap=100[/bold];
    [bold]hgen synth --task func-gen --task test-gen[/bold]
    """
    from hgen.stages.pipeline import order

    settings = _settings(config, assignments)
    if task:
        section = settings.synth.model_copy(update={"families": tuple(task)})
        settings = settings.model_copy(update={"synth": section})
    needed = [name for name in order(settings) if name in {"build", "synth"}]
    _run_stages(needed, settings, out, jobs, as_json=as_json)


@app.command()
def validate(
    sandbox: Annotated[
        str | None,
        typer.Option("--sandbox", metavar="ENGINE", help="Prove in containers too: auto, docker, podman; or none."),
    ] = None,
    config: ConfigOption = None,
    out: OutOption = OUT,
    jobs: JobsOption = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Validate tasks: keep those that are proven sound, with the evidence.

    Examples: [bold]hgen validate -o out[/bold]; [bold]hgen validate --sandbox auto[/bold]
    """
    chosen = [f"validate.in_sandbox={'false' if sandbox == 'none' else 'true'}"] if sandbox else []
    chosen += [f"sandbox.engine={sandbox}"] if sandbox and sandbox != "none" else []
    _run_stages(["validate"], _settings(config, [*(assignments or ()), *chosen]), out, jobs, as_json=as_json)


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
    from hgen.stages.pipeline import order

    settings = _settings(config, assignments)
    _run_stages(order(settings), settings, out, jobs, as_json=as_json)
    _export(settings, out, settings.export.formats, None, private=True, as_json=as_json)


@app.command()
def export(
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format", metavar="FORMAT", help="hf (parquet, a card), jsonl, grader; repeatable; default: hf, jsonl."
        ),
    ] = None,
    hf_push: Annotated[
        str | None, typer.Option("--hf-push", metavar="ORG/NAME", help="Upload the hf folder to the Hugging Face Hub.")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="A dataset made by --hf-push is public.")] = False,
    config: ConfigOption = None,
    out: OutOption = OUT,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export sound tasks to OUT/export/FORMAT.

    Examples: [bold]hgen export --format hf[/bold]; [bold]hgen export --hf-push my-org/my-tasks[/bold]
    """
    settings = _settings(config, assignments)
    wanted = tuple(formats or settings.export.formats)
    if hf_push and "hf" not in wanted:
        wanted = ("hf", *wanted)
    _export(settings, out, wanted, hf_push, private=not public, as_json=as_json)


@app.command()
def score(
    tasks: Annotated[Path, typer.Argument(metavar="TASKS", help="JSONL of tasks, or a stage's folder.")],
    predictions: Annotated[
        Path,
        typer.Argument(metavar="PREDICTIONS", help="JSONL: instance_id and model_patch, or OpenHands' rows."),
    ],
    rewards: Annotated[
        Path | None, typer.Option("--rewards", metavar="FILE", help="Default: PREDICTIONS with .rewards.jsonl.")
    ] = None,
    config: ConfigOption = None,
    out: OutOption = OUT,
    jobs: JobsOption = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score agents' diffs: one JSON line with the reward and its reasons for each, and a table per family.

    Goes on where it stopped; needs a container engine for families that are judged by running tests. Exits with 1 if a
    prediction has no task or no verdict.

    Example: [bold]hgen score out/export/jsonl/dep_search.jsonl predictions.jsonl[/bold]
    """
    from dataclasses import asdict

    from hgen.console import score_table
    from hgen.executors import local
    from hgen.stages.score import EngineChoice, score_predictions

    written = rewards or predictions.with_suffix(".rewards.jsonl")
    engine = EngineChoice(_settings(config, assignments).sandbox, _cache())
    with local(jobs or os.cpu_count() or 1) as executor:
        found = score_predictions(
            tasks, predictions, written, store=out / "snapshots", engine=engine, executor=executor
        )
    _answer(asdict(found) | {"rewards": str(written)}, score_table(found), as_json=as_json)
    print(f"hgen: the rewards are in {written}", file=sys.stderr)
    for problem, names in (("without a task", found.unknown), ("without a verdict", found.ungradable)):
        if names:
            _complain(f"{len(names)} predictions {problem}: {', '.join(names[:5])}{', …' if len(names) > 5 else ''}", 1)
    for place in found.unreadable[:5]:
        _complain(place, 1)
    if found.unknown or found.ungradable or found.unreadable:
        raise typer.Exit(1)


@app.command()
def deps(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A folder, a snapshot, or anything that can be mined.")],
    config: ConfigOption = None,
    out: OutOption = OUT,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what each function directly calls in its repository: a tree in a terminal, JSON lines elsewhere.

    Example: [bold]hgen deps ~/src/project --json | jq 'select(.complete)'[/bold]
    """
    from hgen.stages.deps import deps_rows, deps_tree
    from hgen.stages.reading import read_files

    settings = _settings(config, assignments)
    most = settings.parse.max_file_bytes
    files = read_files(path, settings.mine, store=out / "snapshots", cache=_cache(), max_bytes=most)
    rows = deps_rows(files, max_bytes=most)
    if as_json or not sys.stdout.isatty():
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    else:
        _answer(None, deps_tree(rows, title=path), as_json=False)


@app.command()
def show(
    task_id: Annotated[str | None, typer.Argument(metavar="TASK_ID", help="An id, or the beginning of one.")] = None,
    out: OutOption = OUT,
    as_json: JsonOption = False,
) -> None:
    """Show one task in full: the problem statement, both patches, the checks. Without an id, the first one.

    Example: [bold]hgen show pypi__boltons-26.2.0.dep-search.1f[/bold]
    """
    from hgen.stages.show import find, render, to_json

    found = find(out, task_id)
    _answer(to_json(found), render(found), as_json=as_json, soft_wrap=True)


@app.command()
def stats(out: OutOption = OUT, as_json: JsonOption = False) -> None:
    """Show what an out directory holds: stages, rejects, families, difficulty, lazy baselines.

    Example: [bold]hgen stats -o out --json | jq .families[/bold]
    """
    from hgen.console import progress
    from hgen.stages.stats import render, to_json
    from hgen.stages.stats import stats as count

    with progress("stats") as report:
        found = count(out, report)
    _answer(to_json(found), render(found), as_json=as_json)


@app.command()
def doctor(
    clean: Annotated[
        bool,
        typer.Option(
            "--clean", help="Remove what a killed hgen left behind, and images of testbeds that nothing uses."
        ),
    ] = False,
    out: OutOption = OUT,
    as_json: JsonOption = False,
) -> None:
    """Check this machine: versions, git, container engines, disk, network, and how to get what is missing.

    Example: [bold]hgen doctor[/bold]
    """
    from hgen.doctor import examine, findings_table, sweep

    swept = sweep() if clean else []
    for each in swept:
        for name in each.left_behind:
            print(f"removed {name}", file=sys.stderr)
        print(each, file=sys.stderr)
    findings = examine(out)
    rows = [*(each.row() for each in swept), *(finding.row() for finding in findings)]
    _answer(rows, findings_table(findings), as_json=as_json)
    if any(finding.needed and finding.remedy for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; every foreseen failure is one line on stderr."""
    sys.exit(_guarded(lambda: app(standalone_mode=False)))


def _guarded(command: Callable[[], Any]) -> int:
    try:
        status = command()
    except (ConfigError, Skip) as error:
        return _complain(error, 2)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (MachineError, ShardError, OSError) as error:
        return _complain(error, 1)
    except KeyboardInterrupt:
        status = _INTERRUPTED
    except TyperException as error:
        return _complain(f"{error.format_message()} (see --help)", 2)
    if status == _INTERRUPTED:
        # Typer, too, turns Ctrl-C into this status, and says nothing.
        return _complain("interrupted; the same command goes on from here", _INTERRUPTED)
    return status if isinstance(status, int) else 0


def _complain(problem: object, status: int) -> int:
    print(f"hgen: {problem}", file=sys.stderr)
    return status


def _settings(path: Path | None, assignments: list[str] | None) -> "Config":
    from hgen.config import load

    return load(path, tuple(assignments or ()))


def _answer(value: object, renderable: "RenderableType", *, as_json: bool, soft_wrap: bool = False) -> None:
    from rich.console import Console

    if as_json:
        print(json.dumps(value, ensure_ascii=False))
        return

    console = Console()
    # Piped output is for grep: not cut at 80 columns.
    Console(width=max(console.width, 160) if not console.is_terminal else None).print(renderable, soft_wrap=soft_wrap)


def _run_stages(names: list[str], settings: "Config", out: Path, jobs: int, *, as_json: bool) -> None:
    """Run stages until one fails; the tables come last, also when one failed."""
    from hgen.config import dump
    from hgen.console import progress, summary_table
    from hgen.executors import local
    from hgen.runner import run as run_stage
    from hgen.runner import write_sources
    from hgen.shards import write_whole
    from hgen.stages.pipeline import Folders, specs, stage

    folders = Folders(out=out, cache=_cache())
    stages = [stage(name, settings, folders) for name in names]
    if "mine" in names and not settings.mine.sources:
        raise ConfigError("nothing to mine: name a source, or list some under mine.sources in the configuration")
    sources = specs(settings.mine) if "mine" in names else ()
    summaries: list[Summary] = []
    with _locked(out), local(jobs or os.cpu_count() or 1) as executor:
        write_whole(out / "config.yaml", dump(settings).encode())
        if "mine" in names:
            write_sources(out, sources, settings.run.sources_per_shard)
        for each in stages:
            with progress(each.name) as report:
                summaries.append(run_stage(each, out, executor, report))
            if summaries[-1].failed:
                break
    _answer([summary.row() for summary in summaries], summary_table(summaries), as_json=as_json)
    for failure in summaries[-1].failures:
        _complain(failure, 1)
    if bugs := summaries[-1].rejects["bug"]:
        _complain(f"{bugs} records met a bug in hgen; see {out / summaries[-1].stage}/*.rejects.jsonl", 1)
    if summaries[-1].failed:
        raise typer.Exit(1)


def _export(
    settings: "Config", out: Path, formats: tuple[str, ...], push_to: str | None, *, private: bool, as_json: bool
) -> None:
    from hgen import __version__
    from hgen.console import export_table, progress
    from hgen.export import hub
    from hgen.stages.export import export as write

    if push_to:
        hub.require(push_to)
    with _locked(out), progress("export") as report:
        summaries = write(out, formats, shard_bytes=settings.export.shard_bytes, progress=report)
        url = ""
        if push_to:
            url = hub.push(out / "export" / "hf", push_to, private=private, message=f"Tasks made by hgen {__version__}")
    rows = [{"format": each.format, "folder": str(each.folder), "tasks": each.tasks} for each in summaries]
    _answer({"formats": rows, "url": url}, export_table(summaries), as_json=as_json)
    if url and not as_json:
        print(url)


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
