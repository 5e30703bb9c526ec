"""One task in full, laid out for reading."""

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from hgen.pages.text import visible
from hgen.records import Check, Target, Task
from hgen.tasksets.finding import FoundTask

_LINE_STYLES = {"+": "green", "-": "red", "@": "cyan", "d": "bold"}


def to_json(found: FoundTask) -> dict[str, object]:
    """The task and its validation as JSON can hold them."""
    return {
        "task": found.task.model_dump(mode="json"),
        "checks": [check.model_dump(mode="json") for check in found.checks],
        "baselines": found.baselines,
        "reject": found.reject and found.reject.model_dump(mode="json"),
    }


def render(found: FoundTask) -> RenderableType:
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
        "described by": f"{made.model}, prompts {', '.join(prompt[:12] for prompt in made.prompts)}"
        if made.model
        else "",
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
