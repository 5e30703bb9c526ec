"""The command ``hgen``: reads arguments and configuration, prints results, and turns errors into exit statuses.

What a command does is called in ``hgen.run`` and in the modules of ``hgen.pages``; those print nothing.
"""

import json
import logging
import os
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from hgen import run as library
from hgen.errors import ConfigError, MachineError, ShardError, Skip

if TYPE_CHECKING:
    from rich.console import RenderableType

    from hgen.config import Config
    from hgen.records import Task
    from hgen.runner import Summary

    Stages = Sequence[Summary]

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
DescriberOption = Annotated[
    str | None,
    typer.Option(
        "--describer",
        metavar="NAME",
        help="What describes code: template, or llm, the model endpoint.model at OPENAI_BASE_URL (needs hgen\\[llm]).",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
_TASKS_HELP = (
    "An out folder, a stage's, an export's or a format's, a file of JSON lines or parquet, or "
    "ORG/NAME\\[@REVISION] on the Hugging Face Hub."
)
TasksOption = Annotated[
    str | None, typer.Option("--tasks", metavar="TASKS", help=f"{_TASKS_HELP} Default: the out folder.")
]
_RUNS = "Runs: the format sft"
OUT = library.OUT
_INTERRUPTED = 130


def _say_version(wanted: bool) -> None:
    if wanted:
        from hgen import __version__

        print(f"hgen {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        # Eager: said before a command is missed.
        typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version and exit."),
    ] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Log more, to stderr.")] = False,
) -> None:
    """Options of every command."""
    del version
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="hgen: %(message)s", force=True)


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
    _require_whole(_run_stages(["mine"], settings, out, jobs, as_json=as_json))


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
    _require_whole(_run_stages(["parse"], _settings(config, assignments), out, jobs, as_json=as_json))


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
    _require_whole(_run_stages(["build"], _settings(config, assignments), out, jobs, as_json=as_json))


@app.command()
def synth(
    task: Annotated[
        list[str] | None,
        typer.Option("--task", metavar="FAMILY", help="Task family; repeatable; default: all that need no container."),
    ] = None,
    describer: DescriberOption = None,
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

    settings = _settings(config, _with_describer(assignments, describer))
    if task:
        section = settings.synth.model_copy(update={"families": tuple(task)})
        settings = settings.model_copy(update={"synth": section})
    needed = [name for name in order(settings) if name in {"build", "synth"}]
    _require_whole(_run_stages(needed, settings, out, jobs, as_json=as_json))


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
    settings = _settings(config, [*(assignments or ()), *chosen])
    _require_whole(_run_stages(["validate"], settings, out, jobs, as_json=as_json))


@app.command()
def run(
    describer: DescriberOption = None,
    config: ConfigOption = None,
    out: OutOption = OUT,
    jobs: JobsOption = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run all stages in order, from one YAML file; what is up to date is not done again.

    Exits with 1 if something is missing or undone. What is sound is exported all the same, unless a shard is undone.

    Example: [bold]hgen run -c configs/quickstart.yaml -o out -j 2[/bold]
    """
    from hgen.stages.pipeline import order

    settings = _settings(config, _with_describer(assignments, describer))
    stages = _run_stages(order(settings), settings, out, jobs, as_json=as_json)
    if library.exportable(stages):
        _export(settings, out, (), (), as_json=as_json)
    _require_whole(stages)


@app.command()
def export(
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="hf (parquet, a card), jsonl, grader, harbor, swebench, openhands, verifiers, inspect, trl, nemo-gym, "
            "or another package's; repeatable; default: hf, jsonl.",
        ),
    ] = None,
    hf_push: Annotated[
        list[str] | None,
        typer.Option(
            "--hf-push",
            metavar="[FORMAT=]ORG/NAME",
            help="Upload to a dataset on the Hugging Face Hub: the only FORMAT given, otherwise hf; repeatable.",
        ),
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="The dataset of --hf-push is public.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what --hf-push would send; send nothing.")] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Move a folder aside that holds what no export wrote, or was edited; push where such files are.",
        ),
    ] = False,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="NAME=SHARE,...",
            help="Splits by repository: train, validation, test, as in train=0.9,validation=0.05,test=0.05.",
        ),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(
            "--images", metavar="DIR", help="Build the tasks' images, and write archives of them for docker load."
        ),
    ] = None,
    push_images: Annotated[
        str | None,
        typer.Option("--push-images", metavar="REGISTRY/PREFIX", help="Build the tasks' images, and push them."),
    ] = None,
    runs: Annotated[
        Path | None,
        typer.Option("--runs", metavar="RUNS", help="What sft is made of: what rollout wrote.", rich_help_panel=_RUNS),
    ] = None,
    style: Annotated[
        str, typer.Option("--style", metavar="tools|text", help="Calls as such, or as text.", rich_help_panel=_RUNS)
    ] = "tools",
    min_reward: Annotated[
        float | None,
        typer.Option(
            "--min-reward", metavar="R", help="Runs that earn R; default: resolved ones.", rich_help_panel=_RUNS
        ),
    ] = None,
    keep_failed: Annotated[
        bool,
        typer.Option("--keep-failed", help="The others too, failing steps in the mask.", rich_help_panel=_RUNS),
    ] = False,
    per_task: Annotated[
        int | None, typer.Option("--per-task", min=1, metavar="N", help="Runs of one task.", rich_help_panel=_RUNS)
    ] = None,
    drop_truncated: Annotated[
        bool, typer.Option("--drop-truncated", help="No run that a limit cut off.", rich_help_panel=_RUNS)
    ] = False,
    no_suspicious: Annotated[
        bool, typer.Option("--no-suspicious", help="No run that is marked.", rich_help_panel=_RUNS)
    ] = False,
    balance: Annotated[
        bool, typer.Option("--balance", help="As many runs of each family.", rich_help_panel=_RUNS)
    ] = False,
    max_tokens: Annotated[
        int | None,
        typer.Option("--max-tokens", min=1, metavar="N", help="Tokens of a run.", rich_help_panel=_RUNS),
    ] = None,
    tokenizer: Annotated[
        str,
        typer.Option(
            "--tokenizer", metavar="NAME", help="A tokenizer.json or a model on the Hub.", rich_help_panel=_RUNS
        ),
    ] = "",
    config: ConfigOption = None,
    out: OutOption = OUT,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export sound tasks to OUT/export/FORMAT, or runs to OUT/export/sft.

    Examples: [bold]hgen export --format hf[/bold]; [bold]hgen export --hf-push my-org/my-tasks --dry-run[/bold];
    [bold]hgen export --split train=0.9,validation=0.05,test=0.05[/bold];
    [bold]hgen export --format harbor --images images[/bold]; [bold]hgen export --format jsonl --force[/bold];
    [bold]hgen export --format sft --runs runs --per-task 2[/bold]
    """
    from hgen.config import shares

    chosen = [f"export.splits={json.dumps(shares(split))}"] if split else []
    settings = _settings(config, [*(assignments or ()), *chosen])
    if runs is not None or "sft" in (formats or ()):
        from hgen.agents.tokens import counter
        from hgen.console import export_table
        from hgen.export.sft import Selection, styled

        if runs is None or list(formats or ()) != ["sft"]:
            raise ConfigError(
                "the format sft is made of runs: hgen export --format sft --runs RUNS, and no other format"
            )
        if (max_tokens is None) != (not tokenizer):
            raise ConfigError("--max-tokens needs --tokenizer, which counts them, and the other way round")
        selection = Selection(
            min_reward=min_reward, keep_failed=keep_failed, per_task=per_task, drop_truncated=drop_truncated,
            no_suspicious=no_suspicious, balance=balance, max_tokens=max_tokens, style=styled(style),
            count=counter(tokenizer) if tokenizer else None,
        )  # fmt: skip
        written = library.export_runs(runs, settings, out, selection=selection, force=force)
        _answer([written.row()], export_table([written]), as_json=as_json)
        return
    _export(
        settings,
        out,
        formats or (),
        hf_push or (),
        public=public,
        dry_run=dry_run,
        force=force,
        images=images,
        push_images=push_images,
        as_json=as_json,
    )


@app.command()
def score(
    tasks: Annotated[str, typer.Argument(metavar="TASKS", help=_TASKS_HELP)],
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTIONS",
            help="As harnesses leave them: JSON lines or an array of rows with instance_id and model_patch, OpenHands' "
            "output.jsonl, verifiers' traces.jsonl, mini-swe-agent's preds.json or trajectories, a Harbor job, a "
            "folder of .diff files named by instance_id.",
        ),
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

    A task may have several answers, of several models. Goes on where it stopped, from shards that it keeps beside the
    rewards (FILE.shards); needs a container engine for families that are judged by running tests. Exits with 1 if a
    prediction cannot be read, has no task or no verdict (its reward is null, or not there if a shard is undone).

    Snapshots are looked for beside the tasks, then in the out folder.

    Example: [bold]hgen score out/export predictions.jsonl[/bold];
    [bold]hgen score out/export/jsonl/dep_search.jsonl predictions.jsonl --rewards rewards.jsonl[/bold]
    """
    from hgen.console import progress, score_table

    settings = _settings(config, assignments)
    with progress() as report:
        found = library.score(tasks, predictions, rewards, out=out, config=settings, jobs=jobs, progress=report)
    _answer(found.row(), score_table(found), as_json=as_json)
    print(f"hgen: the predictions are {found.shape}", file=sys.stderr)
    print(f"hgen: the rewards are in {found.rewards}", file=sys.stderr)
    for problem in found.problems():
        _complain(problem, 1)
    if found.failed:
        raise typer.Exit(1)


@app.command()
def rollout(
    tasks: Annotated[str, typer.Argument(metavar="TASKS", help=_TASKS_HELP)],
    model: Annotated[
        str,
        typer.Option("--model", metavar="NAME", help="What the endpoint calls it; or oracle or nop, which need none."),
    ],
    base_url: Annotated[
        str, typer.Option("--base-url", metavar="URL", help="An OpenAI-compatible endpoint; default: OPENAI_BASE_URL.")
    ] = "",
    runs: Annotated[Path, typer.Option("-o", "--runs", metavar="RUNS", help="Where runs are kept.")] = Path("runs"),
    samples: Annotated[int, typer.Option("--samples", min=1, metavar="K", help="Runs of each task.")] = 1,
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N tasks.")] = None,
    harness: Annotated[
        str,
        typer.Option("--harness", metavar="NAME", help="plain, mini (mini-swe-agent), or package.module.function."),
    ] = "plain",
    max_turns: Annotated[int, typer.Option("--max-turns", min=1, metavar="N", help="Replies of the model.")] = 50,
    run_seconds: Annotated[
        float, typer.Option("--run-seconds", min=1, max=3500, metavar="S", help="What one run may take.")
    ] = 1800.0,
    command_seconds: Annotated[
        float, typer.Option("--command-seconds", min=1, metavar="S", help="What one command may take.")
    ] = 120.0,
    temperature: Annotated[
        float | None, typer.Option("--temperature", min=0, metavar="T", help="For the endpoint.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", help="For the endpoint: the first sample's, the next one's is one more."),
    ] = None,
    config: ConfigOption = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where snapshots are looked for that are not beside the tasks.")
    ] = OUT,
    jobs: JobsOption = 0,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Roll out an agent on tasks: its loop runs here, its commands in a sandbox, and what it leaves is graded.

    Runs are kept in RUNS, a folder for each agent, and never done twice; the same command goes on after a stop. A
    failing engine or endpoint leaves a run undone, and is no verdict. Needs a container engine; sandboxes have no
    network.

    Examples: [bold]hgen rollout out --model oracle --limit 10[/bold];
    [bold]hgen rollout out/export --model my-model --base-url http://localhost:8000/v1 --samples 4 -j 8 -o runs[/bold]
    """
    from hgen.console import progress, runs_table
    from hgen.records import AgentSettings

    settings = _settings(config, assignments)
    agent = AgentSettings(
        model=model,
        harness=harness,
        base_url=base_url,
        max_turns=max_turns,
        run_seconds=run_seconds,
        command_seconds=command_seconds,
        temperature=temperature,
        seed=seed,
    )
    with progress() as report:
        done = library.rollout(
            tasks, runs, agent, samples=samples, limit=limit, out=out, config=settings, jobs=jobs, progress=report
        )
    row = {"folder": str(done.folder), "stage": done.stage.row(), "families": [each.row() for each in done.families]}
    _answer(row, runs_table(done.families), as_json=as_json)
    print(f"hgen: the runs are in {done.folder}", file=sys.stderr)
    _require_whole([done.stage])


@app.command()
def skills(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUNS...", help="Folders of runs; several are compared side by side.")
    ],
    by_family: Annotated[bool, typer.Option("--by-family", help="A row for each family too.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw bars to a .svg, .png or .pdf.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show which skills runs use: exploration, reasoning, implementation, execution, verification, as in the paper.

    Each action is classified by rules over the syntax tree of what it runs. Verification that verifies nothing, such as
    compiling, is counted apart.

    Examples: [bold]hgen skills runs[/bold]; [bold]hgen skills runs --plot skills.svg[/bold]
    """
    from hgen.agents.results import runs_in
    from hgen.agents.skills.shares import counted
    from hgen.pages.skills import plot as draw
    from hgen.pages.skills import render, to_json

    found = counted((run for folder in runs for run in runs_in(folder)), by_family=by_family)
    if plot is not None:
        draw(found, plot)
    _answer(to_json(found), render(found), as_json=as_json)


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
    from hgen.pages.deps import deps_rows, deps_tree
    from hgen.sources.files import read_files

    settings = _settings(config, assignments)
    most = settings.parse.max_file_bytes
    files = read_files(path, settings.mine, store=out / "snapshots", cache=library.default_cache(), max_bytes=most)
    rows = deps_rows(files, max_bytes=most)
    if as_json or not sys.stdout.isatty():
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
    else:
        _answer(None, deps_tree(rows, title=path), as_json=False)


@app.command()
def show(
    task_id: Annotated[str | None, typer.Argument(metavar="TASK_ID", help="An id, or the beginning of one.")] = None,
    tasks: TasksOption = None,
    out: OutOption = OUT,
    as_json: JsonOption = False,
) -> None:
    """Show one task in full: the problem statement, both patches, the checks. Without an id, the first one.

    Examples: [bold]hgen show pypi__boltons-26.2.0.dep-search.1f[/bold]; [bold]hgen show --tasks out/export/hf[/bold]
    """
    from hgen.pages.task import render, to_json
    from hgen.tasksets.finding import find

    found = find(tasks or out, task_id)
    _answer(to_json(found), render(found), as_json=as_json, soft_wrap=True)


@app.command()
def checkout(
    task: Annotated[str, typer.Argument(metavar="TASK", help="An id, or the beginning of one.")],
    rest: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[DIR | -- COMMAND...]", help="A folder, by default named by the id; or what --container runs."
        ),
    ] = None,
    gold: Annotated[bool, typer.Option("--gold", help="With the reference answer, uncommitted.")] = False,
    container: Annotated[
        bool, typer.Option("--container", help="Open a shell in the task's sandbox instead, for an hour at most.")
    ] = False,
    tasks: TasksOption = None,
    config: ConfigOption = None,
    out: OutOption = OUT,
    assignments: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check out a task's start state: a git repository of one commit, as an agent meets it.

    With --container, the shell runs COMMAND, or what is piped to it; its output is passed on, and its exit status.

    Examples: [bold]hgen checkout pypi__boltons-26.2.0.dep-search.1f work[/bold];
    [bold]hgen checkout pypi__boltons-26.2.0.dep-search.1f --gold gold --tasks out/export/hf[/bold];
    [bold]hgen checkout pypi__boltons-26.2.0.dep-search.1f --container -- git log[/bold]
    """
    words = rest or []
    if container:
        settings = _settings(config, assignments)
        raise typer.Exit(_run_in_container(task, words, tasks, out, settings, gold=gold, as_json=as_json))
    if len(words) > 1:
        raise ConfigError(f"too many arguments: {' '.join(words[1:])}; a command is run with --container")
    done = library.checkout(task, *words, tasks=tasks, out=out, gold=gold)
    _answer_checkout(done.task, done.folder, tasks or out, as_json=as_json)


@app.command()
def stats(out: OutOption = OUT, as_json: JsonOption = False) -> None:
    """Show what an out directory holds: stages, rejects, families, difficulty, lazy baselines.

    Example: [bold]hgen stats -o out --json | jq .families[/bold]
    """
    from hgen.console import progress
    from hgen.pages.stats import render, to_json
    from hgen.pages.stats import stats as count

    with progress() as report:
        found = count(out, partial(report, "stats"))
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
    sys.exit(_guarded(_answer_command_line))


def _answer_command_line() -> Any:
    # What an unset variable of a script leaves; an empty path would mean the current folder.
    for before, argument in pairwise(sys.argv):
        if not argument or (argument.startswith("--") and argument.partition("=")[1:] == ("=", "")):
            raise ConfigError(f"an argument is empty: {argument or 'the one after ' + before}; give it a value")
    return app(standalone_mode=False)


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


def _with_describer(assignments: list[str] | None, describer: str | None) -> list[str]:
    return [*(assignments or ()), *([f"synth.describer={describer}"] if describer else [])]


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


def _answer_checkout(task: "Task", folder: Path, tasks: str | Path, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"instance_id": task.instance_id, "folder": str(folder)}, ensure_ascii=False))
        return
    place, name, where = (shlex.quote(str(each)) for each in (folder, task.instance_id, tasks))
    option = "--tasks" if (Path(tasks) / "validate").is_dir() is False else "-o"
    print(f"{task.instance_id} is in {folder}")
    print(f"  the problem statement:  hgen show {name} {option} {where}")
    print(f"  your answer as a diff:  git -C {place} add -AN && git -C {place} diff --binary")


def _run_in_container(
    task: str,
    command: Sequence[str],
    tasks: str | None,
    out: Path,
    settings: "Config",
    *,
    gold: bool,
    as_json: bool,
) -> int:
    from hgen.checkout import run_in

    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        # A terminal that is closed ends this as Ctrl-C does, so that nothing is left on the engine.
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    interactive = sys.stdin.isatty() and not command
    if interactive and (as_json or not sys.stdout.isatty()):
        raise ConfigError("a shell needs a terminal for its output, too; give a command after --, or pipe a script")
    script = b"" if command or interactive else sys.stdin.buffer.read()
    with library.sandbox(task, tasks=tasks, out=out, gold=gold, config=settings) as (chosen, opened):
        if interactive:
            return opened.shell() or 0
        ran = run_in(opened, command, script)
    if as_json:
        texts = {name: text.decode(errors="replace") for name, text in (("stdout", ran.stdout), ("stderr", ran.stderr))}
        print(json.dumps({"instance_id": chosen.instance_id, "status": ran.exit_code, "ended": ran.ended, **texts}))
    else:
        sys.stdout.buffer.write(ran.stdout)
        sys.stderr.buffer.write(ran.stderr)
    if ran.exit_code is None:
        raise MachineError(f"the command was stopped in the sandbox ({ran.ended})")
    return ran.exit_code


def _run_stages(names: Sequence[str], settings: "Config", out: Path, jobs: int, *, as_json: bool) -> "Stages":
    """Run stages, and show what they did and what they could not do."""
    from hgen.console import progress, summary_table

    with progress() as report:
        stages = library.run_stages(names, settings, out, jobs=jobs, progress=report)
    _answer([summary.row() for summary in stages], summary_table(stages), as_json=as_json)
    for problem in library.problems(stages, out):
        _complain(problem, 1)
    return stages


def _require_whole(stages: "Stages") -> None:
    if any(summary.failed for summary in stages):
        raise typer.Exit(1)


def _export(
    settings: "Config",
    out: Path,
    formats: Sequence[str],
    push_to: Sequence[str],
    *,
    public: bool = False,
    dry_run: bool = False,
    force: bool = False,
    images: Path | None = None,
    push_images: str | None = None,
    as_json: bool,
) -> None:
    from hgen.console import export_table, progress, push_table

    with progress() as report:
        done = library.export(
            settings,
            out,
            formats=formats,
            push_to=push_to,
            public=public,
            dry_run=dry_run,
            force=force,
            images=images,
            push_images=push_images or "",
            progress=report,
        )
    rows = [each.row() for each in done.formats]
    plans = [each.row() for each in done.plans]
    _answer({"formats": rows, "urls": done.urls, "plans": plans}, export_table(done.formats), as_json=as_json)
    for each in done.formats:
        for why, count in each.left_out.items():
            print(f"hgen: {each.format}: {count} tasks left out: {why}", file=sys.stderr)
        for aside in each.moved_aside:
            print(f"hgen: {each.folder} held what no export wrote; all of it is in {aside}", file=sys.stderr)
    for split, count in done.formats[0].splits.items():
        if not count:
            print(f"hgen: no repository falls into the split {split}; more repositories fill it", file=sys.stderr)
    if not as_json:
        for plan in done.plans:
            _answer(None, push_table(plan), as_json=False)
        for url in done.urls:
            print(url)
