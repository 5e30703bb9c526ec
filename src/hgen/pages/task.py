"""One task in full: found by its id, and laid out for reading."""

import heapq
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from hgen.errors import ConfigError
from hgen.pages.text import visible
from hgen.records import Check, Reject, Target, Task, Validated
from hgen.shards import read_shard

# Within any string of the record the quotes would be escaped, so the first match is the key.
_ID = re.compile(rb'"instance_id":("(?:[^"\\]|\\.)*")')

_LINE_STYLES = {"+": "green", "-": "red", "@": "cyan", "d": "bold"}

NEAR = 3
"""How many names an error offers."""


@dataclass(frozen=True)
class ShownTask:
    """A task and what validation said of it."""

    task: Task
    checks: tuple[Check, ...] = ()
    baselines: dict[str, bool] | None = None
    """None if the task is not sound, or was not validated."""
    reject: Reject | None = None
    """Why the task is not sound."""


def find(out: Path, task_id: str | None) -> ShownTask:
    """The task with this id, or with the only id that begins so; without an id, the first.

    Sound tasks come first; a task that is not among them is taken from ``synth``, with the reason why it was
    rejected. Raises ``ConfigError`` if there is none or more than one, naming the nearest.
    """
    places = list(_matches(out, task_id or "", first=task_id is None))
    names = sorted({place.name for place in places})
    exact = [place for place in places if place.name == task_id] or places
    if not places:
        raise _unknown(out, task_id)
    if len(names) > 1 and exact is places:
        more = f" and {len(names) - NEAR} more" if len(names) > NEAR else ""
        raise ConfigError(f"{task_id!r} begins {len(names)} ids: {', '.join(names[:NEAR])}{more}")
    return _read(out, exact[0])


def to_json(found: ShownTask) -> dict[str, object]:
    """The task and its validation as JSON can hold them."""
    return {
        "task": found.task.model_dump(mode="json"),
        "checks": [check.model_dump(mode="json") for check in found.checks],
        "baselines": found.baselines,
        "reject": found.reject and found.reject.model_dump(mode="json"),
    }


def render(found: ShownTask) -> RenderableType:
    """The task as a page for a terminal; control characters are shown as pictures.

    Print it with ``soft_wrap=True``, or long lines are broken.
    """
    task = found.task
    parts: list[RenderableType] = [_header(task), *_section("Problem statement", _verbatim(task.problem_statement))]
    start = _diff(task.setup_patch) if task.setup_patch else Text("The snapshot as it is.", style="italic")
    parts += _section("Start state: what the setup patch changes in the snapshot", start)
    if task.candidate_patch:
        parts += _section(
            "Candidate: what is changed in the start state and not committed", _diff(task.candidate_patch)
        )
    gold = _diff(task.patch) if task.patch else Text("Nothing: the candidate is right.", style="italic")
    parts += _section("Gold patch", gold)
    for title, tests in (("Tests to pass", task.FAIL_TO_PASS), ("Tests that must go on passing", task.PASS_TO_PASS)):
        if tests:
            parts += _section(title, _verbatim("\n".join(tests)))
    for number, mutant in enumerate(task.mutants, 1):
        parts += _section(f"Mutant {number} of {len(task.mutants)}", _diff(mutant))
    if task.subject is not None:
        parts += _section("Subject", _targets((task.subject,)))
    parts += _section("Targets", _targets(task.targets))
    if found.reject is not None:
        parts += _section("Not sound", _verbatim(f"{found.reject.reason}: {found.reject.detail}", "red"))
    if found.checks:
        parts += _section("Checks", _checks(found.checks))
    if found.baselines:
        parts += _section("Lazy baselines", _baselines(found.baselines))
    return Group(*parts)


@dataclass(frozen=True)
class _Place:
    stage: str
    name: str
    shard: Path
    line: int


def _matches(out: Path, prefix: str, *, first: bool) -> Iterator[_Place]:
    """Where ids begin so, in the first stage that has any; only the very first place if ``first``."""
    for stage in ("validate", "synth"):
        found = False
        for place in _places(out, stage):
            if place.name.startswith(prefix):
                found = True
                yield place
                if first:
                    return
        if found:
            return


def _places(out: Path, stage: str) -> Iterator[_Place]:
    for shard in sorted(path for path in (out / stage).glob("[0-9]*.jsonl") if path.name.count(".") == 1):
        with shard.open("rb") as lines:
            for number, line in enumerate(lines):
                if match := _ID.search(line):
                    yield _Place(stage, json.loads(match[1]), shard, number)


def _unknown(out: Path, task_id: str | None) -> ConfigError:
    names = (place.name for stage in ("validate", "synth") for place in _places(out, stage))
    if task_id is None:
        return ConfigError(f"{out} holds no tasks; run `hgen synth` first")
    near = heapq.nlargest(NEAR, set(names), key=lambda name: (SequenceMatcher(None, task_id, name).ratio(), name))
    if not near:
        return ConfigError(f"there is no task {task_id!r}: {out} holds no tasks; run `hgen synth` first")
    return ConfigError(f"there is no task {task_id!r} in {out}; the nearest are {', '.join(near)}")


def _read(out: Path, place: _Place) -> ShownTask:
    if place.stage == "validate":
        validated = next(islice(read_shard(place.shard, Validated), place.line, None))
        return ShownTask(validated.task, validated.checks, validated.baselines)
    task = next(islice(read_shard(place.shard, Task), place.line, None))
    return ShownTask(task, reject=_reject(out, place.name))


def _reject(out: Path, name: str) -> Reject | None:
    for shard in sorted((out / "validate").glob("[0-9]*.rejects.jsonl")):
        for reject in read_shard(shard, Reject):
            if reject.source == name:
                return reject
    return None


def _header(task: Task) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    made = task.provenance
    facts = {
        "task": task.instance_id,
        "family": f"{task.family} ({task.variant})",
        "repository": f"{task.repo} {task.base_commit}",
        "licence": task.license,
        "snapshot": task.snapshot,
        "difficulty": ", ".join(f"{fact} {value}" for fact, value in sorted(task.difficulty.items())),
        "secrets": ", ".join(task.secrets),
        "environment": _environment(task),
        "made by": f"hgen {made.hgen}, seed {made.seed}, template {made.template[:12]}",
    }
    for name, fact in facts.items():
        if fact:
            table.add_row(name, _verbatim(fact))
    return table


def _environment(task: Task) -> str:
    if task.environment is None:
        return ""
    made = task.environment
    editable = "the repository installed" if made.editable else f"its folders {', '.join(made.path)} importable"
    return f"Python {made.python}, {len(made.wheels)} wheels, {editable}"


def _section(title: str, body: RenderableType) -> list[RenderableType]:
    return [Text(), Rule(title, align="left", style="bold"), body]


def _verbatim(text: str, style: str = "") -> Text:
    return Text(visible(text).removesuffix("\n"), style=style)


def _diff(patch: str) -> Text:
    page = Text()
    for line in visible(patch).removesuffix("\n").split("\n"):
        page.append(f"{line}\n", style=_LINE_STYLES.get(line[:1], ""))
    page.rstrip()
    return page


def _targets(targets: tuple[Target, ...]) -> Table:
    table = Table("file", "line", "symbol", "kind", box=None)
    for target in targets:
        table.add_row(*map(_verbatim, (target.file, str(target.def_line), target.qualname, target.kind)))
    return table


def _checks(checks: tuple[Check, ...]) -> Table:
    table = Table("check", "holds", "evidence", box=None)
    for check in checks:
        mark = Text("yes", style="green") if check.passed else Text("no", style="red")
        table.add_row(_verbatim(check.name), mark, _verbatim(check.evidence))
    return table


def _baselines(baselines: dict[str, bool]) -> Table:
    table = Table("baseline", "solves it", box=None)
    for name, solved in sorted(baselines.items()):
        table.add_row(_verbatim(name), Text("yes", style="red") if solved else Text("no", style="green"))
    return table
