"""The stage ``rollout``: a task and the number of a sample become a run, with its trajectory and its verdict."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic

from hgen import __version__
from hgen.agents.harnesses import harness
from hgen.agents.loop import Conversation, Prompt, RunLimits
from hgen.agents.models import model_for, seed_of
from hgen.agents.prompts import prompt
from hgen.agents.suspicion import suspicions, top_packages
from hgen.agents.trajectory import trajectory
from hgen.agents.workplace import Workplace
from hgen.checkout import apply_patches, committed
from hgen.config import Config
from hgen.errors import Skip
from hgen.predictions.grading import graded, verdict_on
from hgen.records import AgentSettings, Attempt, Run, Task
from hgen.runner import Stage
from hgen.sandbox.container import Containers
from hgen.sandbox.layout import StartState
from hgen.scoring import Refusal, Score
from hgen.snapshots import Store


def stage(settings: AgentSettings, config: Config, *, store: Path, cache: Path, replies: Path) -> Stage:
    """The stage, ready for the runner; ``store`` holds the tasks' snapshots, ``replies`` what models have answered.

    Its fingerprint is the settings': what they do not say, as whether a key has expired, makes no run another one.
    """
    fingerprint = hashlib.sha256(f"{settings.model_dump_json()} {config.sandbox.fingerprint()}".encode()).hexdigest()
    apply = partial(roll_out, settings=settings, config=config, store=store, cache=cache, replies=replies)
    return Stage("rollout", "attempts", Attempt, Run, apply, fingerprint)


def roll_out(
    attempt: Attempt, *, settings: AgentSettings, config: Config, store: Path, cache: Path, replies: Path
) -> Iterator[Run]:
    """Let the agent work on the task in a sandbox of its own, and grade what it leaves.

    Raises ``Skip`` for a task that is damaged, ``MachineError`` if the engine or the endpoint is at fault.
    """
    task = attempt.task
    told = prompt(task.family, task.problem_statement, turns=settings.max_turns)
    drive = harness(settings.harness)
    state = _state(task, store)
    started = monotonic()
    with _sandboxes(task, config, store, cache).start(state) as sandbox:
        apply_patches(sandbox, task, gold=False)
        workplace = Workplace(sandbox, seconds=settings.command_seconds, all_seconds=settings.run_seconds)
        with model_for(settings, task, attempt.sample, config, replies) as model:
            talk = drive(model, workplace, told, RunLimits(turns=settings.max_turns, seconds=settings.run_seconds))
        patch = workplace.patch()
    work = _Work(told, talk, patch or "", monotonic() - started, workplace.seconds, top_packages(state.files))
    row = task.model_dump(mode="json")
    # A tree that cannot be read is no answer.
    verdict = graded(row, patch, store=store, sandbox=config.sandbox, cache_folder=cache)
    yield _run(attempt, settings, work, verdict)


@dataclass(frozen=True)
class _Work:
    """What came of a run; seconds are wall time."""

    told: Prompt
    talk: Conversation
    patch: str
    seconds: float
    command_seconds: float
    packages: frozenset[str]


def _sandboxes(task: Task, config: Config, store: Path, cache: Path) -> Containers:
    # What talks to container engines takes long to load.
    from hgen.engines import worker_engine  # noqa: PLC0415

    engine = worker_engine(config.sandbox, store, cache)
    if task.environment is None:
        return engine.generic
    return engine.sandboxes(task.environment, base_commit=task.base_commit, name=task.repo)


def _state(task: Task, store: Path) -> StartState:
    with Store(store).open(task.snapshot) as snapshot:
        try:
            return committed(task, snapshot)
        except Refusal as refusal:
            raise Skip(refusal.reason.code, refusal.reason.detail) from None
        except ValueError as error:
            raise Skip("bad-task", str(error)) from None


def _run(attempt: Attempt, settings: AgentSettings, work: _Work, verdict: Score) -> Run:
    task, talk, told = attempt.task, work.talk, work.told
    done = trajectory(
        talk,
        session=f"{task.instance_id}.{attempt.sample}",
        agent=f"hgen {settings.harness}",
        version=__version__,
        model=settings.model,
    )
    usage = talk.usage()
    counted = any(reply.usage for reply in talk.replies)
    return Run(
        instance_id=task.instance_id,
        family=task.family,
        variant=task.variant,
        repo=task.repo,
        license=task.license,
        sample=attempt.sample,
        model=settings.model,
        harness=settings.harness,
        prompt_digest=hashlib.sha256(f"{told.system}\0{told.task}".encode()).hexdigest(),
        seed=seed_of(settings, attempt.sample),
        exit_status=talk.exit_status,
        turns=len(talk.replies),
        prompt_tokens=usage.prompt_tokens if counted else None,
        completion_tokens=usage.completion_tokens if counted else None,
        cost=usage.cost,
        seconds=round(work.seconds, 3),
        command_seconds=round(work.command_seconds, 3),
        patch=work.patch,
        **verdict_on(verdict),
        suspicious=suspicions(done, packages=work.packages),
        trajectory=done,
    )
