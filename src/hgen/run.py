"""hgen as a library: run stages, export, score predictions, read the tasks and write their trees.

Nothing here prints or exits. What goes wrong is raised as one of ``hgen.errors``, a full disk or a folder that cannot
be written to as ``MachineError``; what a run could not do although it went on is in what it returns. Importing this
module costs little: each function loads what it needs. docs/library.md has an example.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from hgen.errors import ConfigError, MachineError, ShardError

if TYPE_CHECKING:
    from hgen.agents.results import FamilyRuns
    from hgen.config import Config
    from hgen.export.hub import PushPlan
    from hgen.export.sft import Selection
    from hgen.export.summary import ExportSummary
    from hgen.predictions.rewards import ScoreSummary
    from hgen.records import AgentSettings, Task, Validated
    from hgen.runner import Summary
    from hgen.sandbox.container import ContainerSandbox

State = Literal["committed", "start", "gold"]
"""What a task's tree can be: the one commit of the agent's repository; what the agent meets, which for families with a
change to verify is the commit with that change; and as the reference answer leaves it."""

AnyPath = str | os.PathLike[str]
"""What names a file or folder."""

OUT = Path("out")
"""The usual out folder."""

_NAMED = 5
"""How many records a message names."""


class Progress(Protocol):
    """Is told how many of how many shards, tasks or predictions of a step are done; called in the caller's thread."""

    def __call__(self, step: str, done: int, total: int, /) -> None:
        """``step`` is the name of a stage, or ``export``."""


def quiet(step: str, done: int, total: int, /) -> None:
    """The progress of which nobody wants to hear."""


@dataclass(frozen=True)
class Exported:
    """What was exported, and where it is on the hub, or what would be sent there."""

    formats: "tuple[ExportSummary, ...]"
    urls: tuple[str, ...] = ()
    plans: "tuple[PushPlan, ...]" = ()
    """Of a dry run."""


@dataclass(frozen=True)
class Outcome:
    """What a run of all stages did."""

    stages: "tuple[Summary, ...]"
    exported: Exported
    problems: tuple[str, ...]
    """What is undone, or missing in the export, a line each; the next run tries it again."""


@dataclass(frozen=True)
class Rollout:
    """What a rollout did, and what all runs of its agent come to."""

    folder: Path
    stage: "Summary"
    families: "tuple[FamilyRuns, ...]"


@dataclass(frozen=True)
class CheckedOut:
    """A task and the working tree that was written for it."""

    task: "Task"
    folder: Path


@contextmanager
def _own_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError(str(error)) from error


def run(
    config: "Config", out: AnyPath = OUT, *, jobs: int = 1, cache: AnyPath | None = None, progress: Progress = quiet
) -> Outcome:
    """Bring everything up to date from the sources to the exports, as ``hgen run`` does.

    Records that met a bug in hgen are left out and named in ``problems``; if a shard is undone, what follows is not
    begun. Arguments are those of ``run_stages``. Raises what that and ``export`` raise, for no sound task too.
    """
    from hgen.stages.pipeline import order

    stages = run_stages(order(config), config, out, jobs=jobs, cache=cache, progress=progress)
    exported = Exported(())
    if exportable(stages):
        exported = export(config, out, cache=cache, progress=progress)
    return Outcome(stages, exported, problems(stages, out))


@_own_errors()
def run_stages(
    names: Sequence[str],
    config: "Config",
    out: AnyPath = OUT,
    *,
    jobs: int = 1,
    cache: AnyPath | None = None,
    progress: Progress = quiet,
) -> "tuple[Summary, ...]":
    """Bring stages up to date, one after the other, up to the first that leaves a shard undone.

    ``jobs`` worker processes do the work, 0 meaning one per core; a script that asks for more than one needs the usual
    ``if __name__ == "__main__":``. ``cache`` is where git mirrors and wheels are shared between runs. Raises
    ``ConfigError`` if the folder is not hgen's or another hgen works in it, ``ShardError`` if the stage before is
    undone, or if there is no such folder and the first stage is not ``mine``.
    """
    from hgen.config import dump
    from hgen.executors import local
    from hgen.out_folder import claimed, write_settings
    from hgen.runner import run as run_stage
    from hgen.runner import write_sources
    from hgen.stages.pipeline import Folders, specs, stage

    out = Path(out)
    folders = Folders(out=out, cache=Path(cache or default_cache()))
    stages = [stage(name, config, folders) for name in names]
    if "mine" in names and not config.mine.sources:
        raise ConfigError("nothing to mine: name a source, or list some under mine.sources in the configuration")
    sources = specs(config.mine) if "mine" in names else ()
    summaries: list[Summary] = []
    workers = _workers(jobs)
    with claimed(out, new="mine" in names), local(workers) as executor:
        write_settings(out, dump(config))
        if "mine" in names:
            write_sources(out, sources, config.run.sources_per_shard)
        for each in stages:
            summaries.append(run_stage(each, out, executor, partial(progress, each.name)))
            if summaries[-1].failures:
                break
    return tuple(summaries)


def exportable(stages: "Sequence[Summary]") -> bool:
    """Whether what the stages of a run have left may be exported: no shard is undone, and bugs have left something."""
    bugs = any(summary.failed for summary in stages)
    return not any(summary.failures for summary in stages) and (not bugs or stages[-1].given > 0)


def problems(stages: "Sequence[Summary]", out: AnyPath = OUT) -> tuple[str, ...]:
    """What the stages could not do, a line each."""
    from hgen.runner import BUG

    out = Path(out)
    lines = []
    for summary in stages:
        lines += summary.failures
        if bugs := summary.rejects[BUG]:
            names = _named(_bugs(out / summary.stage), bugs)
            lines.append(
                f"{bugs} records met a bug in hgen in {summary.stage}, and are missing in what follows: {names}; "
                f"see {out / summary.stage}/*.rejects.jsonl"
            )
    return tuple(lines)


@_own_errors()
def export(
    config: "Config",
    out: AnyPath = OUT,
    *,
    formats: Sequence[str] = (),
    push_to: str | Sequence[str] = (),
    public: bool = False,
    dry_run: bool = False,
    force: bool = False,
    images: AnyPath | None = None,
    push_images: str = "",
    cache: AnyPath | None = None,
    progress: Progress = quiet,
) -> Exported:
    """Write the sound tasks to ``out/export/FORMAT``, for the configuration's formats or others.

    ``push_to`` names dataset repositories on the Hugging Face Hub: ``FORMAT=ORG/NAME``, or ``ORG/NAME`` for the only
    one of ``formats``, otherwise ``hf``. One that is made for it is private unless ``public``, without which none that
    is public is written to; a ``dry_run`` says what would be sent. ``force`` moves folders aside in which there are
    files that no export wrote, and writes to repositories with such files.
    ``images`` is a folder for archives of the images of tasks' environments, ``push_images`` a registry and a path in
    it that they are pushed to, ``REGISTRY/PREFIX``; either needs a container engine, and has the exports name the
    images. ``cache`` is where the wheels of environments are, as for ``run_stages``.

    Raises ``ConfigError`` for no sound task, an unknown format, tasks that must not be published, or such a folder.
    """
    from hgen import __version__
    from hgen.config import IMAGE_PREFIX
    from hgen.export import hub
    from hgen.export.table import chosen
    from hgen.out_folder import claimed
    from hgen.stages.export import export as write
    from hgen.stages.export import make_images, require_publishable

    pushes = hub.destinations([push_to] if isinstance(push_to, str) else push_to, formats)
    if dry_run and not pushes:
        raise ConfigError("a dry run is of a push; say where to, as in --hf-push ORG/NAME")
    if dry_run and push_images:
        raise ConfigError("a dry run sends nothing, and images have no plan; leave --push-images out")
    if pushes and not dry_run:
        hub.require_token()
    wanted = tuple(dict.fromkeys((*(formats or config.export.formats), *(push.format for push in pushes))))
    out = Path(out)
    for name in wanted:
        chosen(name)
    if push_images:
        if not IMAGE_PREFIX.fullmatch(push_images):
            # Without what was found: there may be a password in it.
            raise ConfigError(
                "images are pushed to REGISTRY/PREFIX, such as registry.example:5000/tasks: no scheme, no user, "
                "no capitals; `docker login` is where a password belongs"
            )
        section = config.export.model_copy(update={"image_prefix": push_images})
        config = config.model_copy(update={"export": section})
    shared = Path(cache or default_cache())
    built = images is not None or push_images != ""
    with claimed(out, new=False):
        if pushes:
            require_publishable(out)
        if built:
            make_images(
                out, config, cache=shared, folder=None if images is None else Path(images),
                registry=push_images != "", progress=partial(progress, "images"),
            )  # fmt: skip
        told = partial(progress, "export")
        summaries = tuple(write(out, wanted, config, force=force, cache=shared, built=built, progress=told))
        folders = [out / "export" / push.format for push in pushes]
        each = tuple(zip(folders, pushes, strict=True))
        if dry_run:
            return Exported(
                summaries, plans=tuple(hub.plan(folder, to, private=not public, force=force) for folder, to in each)
            )
        message = f"Tasks made by hgen {__version__}"
        urls = tuple(hub.push(folder, to, private=not public, message=message, force=force) for folder, to in each)
    return Exported(summaries, urls)


@_own_errors()
def export_runs(
    runs: AnyPath, config: "Config", out: AnyPath = OUT, *, selection: "Selection | None" = None, force: bool = False
) -> "ExportSummary":
    """Write runs to ``out/export/sft``, a row each, for fine-tuning; by default those that resolve their task.

    Each is in the split of its task, where ``out`` has tasks; else in the first split of the configuration. Raises
    ``ConfigError`` if there are none.
    """
    from hgen.agents.results import runs_in
    from hgen.export import sft
    from hgen.export.folders import move_aside
    from hgen.out_folder import claimed
    from hgen.stages.export import splits_of_runs

    folder = Path(out) / "export" / sft.NAME
    found = Path(runs)
    with claimed(Path(out), new=True):
        aside = move_aside(folder) if force else ()
        folder.parent.mkdir(exist_ok=True)
        splits = splits_of_runs(Path(out), config)
        summary = sft.write(lambda: runs_in(found), folder, selection or sft.Selection(), splits)
        return replace(summary, moved_aside=aside)


@_own_errors()
def score(
    tasks: AnyPath,
    predictions: AnyPath,
    rewards: AnyPath | None = None,
    *,
    out: AnyPath = OUT,
    config: "Config | None" = None,
    jobs: int = 1,
    cache: AnyPath | None = None,
    progress: Progress = quiet,
) -> "ScoreSummary":
    """Score predictions, and write a line of JSON for each to ``rewards``, in the order of the tasks.

    ``tasks`` is a file or folder of tasks as any stage or export wrote them, or a dataset ``ORG/NAME`` on the Hugging
    Face Hub. ``predictions`` is a file or folder as harnesses leave them (``shape`` in the summary says what it was
    taken for), of any number of models and with any number of answers to a task. Snapshots are looked for beside the
    tasks, then in ``out``. The verdicts are kept in shards in a folder beside ``rewards``, ``NAME.shards``, from which
    a run that was stopped goes on. A shard that cannot be done is named in the summary, and the others go on.

    Raises ``ConfigError`` if ``rewards`` names an input or holds something else, for a file that cannot be read, and
    for two tasks with one id; ``ShardError`` for a damaged task.
    """
    from hgen.config import Config
    from hgen.executors import local
    from hgen.out_folder import claimed
    from hgen.predictions.reading import given
    from hgen.predictions.rewards import require_rewards, rewards_beside, write_rewards
    from hgen.predictions.submissions import lay_out
    from hgen.runner import finished_shards
    from hgen.runner import run as run_stage
    from hgen.stages.score import stage
    from hgen.tasksets.taskset import link_archives, task_set

    found = task_set(tasks if isinstance(tasks, str) else Path(tasks))
    predictions, out = Path(predictions), Path(out)
    named = Path(rewards) if rewards else rewards_beside(predictions)
    require_rewards(named, found, predictions)
    given(predictions)
    # Through a link, and beside what it leads to.
    written = named.resolve()
    folder = written.with_name(f"{written.name}.shards")
    scoring = stage(folder / "snapshots", (config or Config()).sandbox, Path(cache or default_cache()))
    workers = _workers(jobs)
    with claimed(folder, new=True), local(workers) as executor:
        joined = lay_out(found, predictions, folder / scoring.reads)
        link_archives(found.archives(joined.snapshots, out=out), folder / "snapshots")
        summary = run_stage(scoring, folder, executor, partial(progress, "score"))
        return write_rewards(written, finished_shards(scoring, folder), joined, summary, folder=folder)


@_own_errors()
def rollout(
    tasks: AnyPath,
    runs: AnyPath,
    settings: "AgentSettings",
    *,
    samples: int = 1,
    limit: int | None = None,
    out: AnyPath = OUT,
    config: "Config | None" = None,
    jobs: int = 1,
    cache: AnyPath | None = None,
    progress: Progress = quiet,
) -> "Rollout":
    """Let an agent work on tasks in sandboxes, ``samples`` times each, and grade what it leaves.

    ``tasks`` is what ``score`` takes. The runs are kept in a folder of the agent's own in ``runs``; a run that is done
    is never done again, those of other settings lie beside it. An engine or an endpoint that is at fault leaves a run
    undone, which the same call takes up again. Raises as ``score`` does, and ``ConfigError`` for an unknown model or
    harness.
    """
    from hgen.agents.attempts import folder_name, lay_out, wanted_tasks
    from hgen.agents.harnesses import harness
    from hgen.agents.models import require_model
    from hgen.agents.results import runs_in, summed
    from hgen.config import Config
    from hgen.executors import local
    from hgen.out_folder import claimed
    from hgen.runner import run as run_stage
    from hgen.stages.rollout import stage
    from hgen.tasksets.taskset import link_archives, task_set

    config = config or Config()
    harness(settings.harness)
    require_model(settings, config)
    found = task_set(tasks if isinstance(tasks, str) else Path(tasks))
    folder = Path(runs) / folder_name(settings)
    rolling = stage(settings, config, store=folder / "snapshots", cache=Path(cache or default_cache()),
                    replies=folder / "replies")  # fmt: skip
    workers = _workers(jobs)
    with claimed(Path(runs), new=True):
        # Two agents may work side by side; each has its folder for itself.
        folder.mkdir(exist_ok=True)
    with claimed(folder, new=True), local(workers) as executor:
        snapshots = lay_out(wanted_tasks(found, limit), samples, folder)
        link_archives(found.archives(snapshots, out=Path(out)), folder / "snapshots")
        summary = run_stage(rolling, folder, executor, partial(progress, "rollout"))
        return Rollout(folder, summary, tuple(summed(runs_in(folder))))


def tasks(out: AnyPath = OUT) -> "Iterator[Validated]":
    """The sound tasks of an out folder with their evidence, one by one, each ``instance_id`` once.

    Raises ``ShardError`` if ``validate`` has not run or left a shard undone.
    """
    from hgen.stages.export import sound_tasks

    with _own_errors():
        yield from sound_tasks(Path(out))


@_own_errors()
def materialise(task: "Task", folder: AnyPath, *, out: AnyPath = OUT, state: State = "start") -> None:
    """Write a task's tree to a folder, which is created and must be empty: plain files and links, no git.

    Raises ``ConfigError`` for a folder that holds something or an unknown state, ``ShardError`` if the snapshot is
    missing or damaged, or if it is not the one that the task was made from.
    """
    from hgen.scoring import Refusal
    from hgen.scoring.start_state import committed_state, gold_state, start_state
    from hgen.snapshots import Store

    if state not in get_args(State):
        raise ConfigError(f"unknown state {state!r}; known: {', '.join(get_args(State))}")
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or next(folder.iterdir(), None) is not None):
        raise ConfigError(f"{folder} is not an empty folder")
    with Store(Path(out) / "snapshots").open(task.snapshot) as snapshot:
        try:
            match state:
                case "committed":
                    files = committed_state(snapshot, task.setup_patch)
                case "start":
                    files = start_state(snapshot, task.setup_patch, task.candidate_patch)
                case "gold":
                    files = gold_state(snapshot, task.setup_patch, task.candidate_patch, task.patch)
        except Refusal as refusal:
            raise ShardError(f"{task.instance_id}: {refusal.reason.detail}") from None
        snapshot.extract(folder, files)


@_own_errors()
def checkout(
    task: "Task | str",
    folder: AnyPath | None = None,
    *,
    tasks: AnyPath | None = None,
    out: AnyPath = OUT,
    gold: bool = False,
) -> "CheckedOut":
    """Write a task's start state to a folder as a git repository of one commit, as the agent meets it.

    A change to verify lies in the tree uncommitted, and with ``gold`` the reference answer on top. ``task`` is one, or
    the id or beginning of an id of one in ``tasks``, which is all that ``score`` takes, by default ``out``. Snapshots
    are looked for beside these, then in ``out``. The folder is by default named after the task; it must not be there,
    or be empty. Raises ``ConfigError`` for one that is not, or an unknown task; ``ShardError`` for a missing or damaged
    snapshot.
    """
    from hgen.checkout import folder_name, located, write_tree

    where = tasks if isinstance(tasks, str) else Path(tasks or out)
    chosen, archive = located(task, where, out=Path(out))
    written = Path(folder_name(chosen) if folder is None else folder)
    write_tree(chosen, archive, written, gold=gold)
    return CheckedOut(chosen, written)


@contextmanager
def sandbox(
    task: "Task | str",
    *,
    tasks: AnyPath | None = None,
    out: AnyPath = OUT,
    gold: bool = False,
    config: "Config | None" = None,
    cache: AnyPath | None = None,
) -> "Iterator[tuple[Task, ContainerSandbox]]":
    """Open a container with a task's start state, as graders use it; all of it is gone after the block.

    In it ``sandbox.exec(["git", "log"], timeout=60)`` runs a command as the agent would, with no network. The other
    arguments are those of ``checkout``, and the configuration whose section ``sandbox`` says what a container gets.
    Raises what that raises, and ``SandboxError`` if no engine answers or one is at fault.
    """
    from hgen.checkout import located, opened_sandbox
    from hgen.config import Config

    with _own_errors():
        where = tasks if isinstance(tasks, str) else Path(tasks or out)
        chosen, archive = located(task, where, out=Path(out))
    limits, shared = (config or Config()).sandbox, Path(cache or default_cache())
    with opened_sandbox(chosen, archive, gold=gold, sandbox=limits, cache=shared) as opened:
        yield chosen, opened


def default_cache() -> Path:
    """Where git mirrors and wheels are shared between runs: ``HGEN_CACHE``, or ``hgen`` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("HGEN_CACHE") or Path(base) / "hgen")


def _workers(jobs: int) -> int:
    if jobs < 0:
        raise ConfigError(f"jobs is {jobs}; give a number of workers, or 0 for one per core")
    return jobs or os.cpu_count() or 1


def _bugs(folder: Path) -> Iterator[str]:
    from hgen.records import Reject
    from hgen.runner import BUG
    from hgen.shards import read_shard

    for shard in sorted(folder.glob("[0-9]*.rejects.jsonl")):
        yield from (reject.source for reject in read_shard(shard, Reject) if reject.reason == BUG)


def _named(names: Iterator[str], total: int) -> str:
    first = [name for name, _ in zip(names, range(_NAMED), strict=False)]
    return ", ".join(first) + (", …" if total > _NAMED else "")
