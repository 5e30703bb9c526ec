"""What agents are told: prompts of hgen's own, with advice for each family, as stock ones forbid what some ask."""

from functools import cache

import jinja2

from hgen import resources
from hgen.agents.loop import Prompt

_FOLDER = "templates/agents"
_ENVIRONMENT = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)
_FOREIGN = "other"
"""The advice for another package's family."""


def prompt(family: str, problem_statement: str, *, turns: int) -> Prompt:
    """The prompt for a task."""
    task = _template("task.md.j2").render(problem_statement=problem_statement, advice=advice(family), turns=turns)
    return Prompt(system=_template("system.md.j2").render(), task=task)


def advice(family: str) -> str:
    """How to go about tasks of a family."""
    known = {path.stem for path in resources.path(f"{_FOLDER}/advice").glob("*.md")}
    return resources.text(f"{_FOLDER}/advice/{family if family in known else _FOREIGN}.md")


@cache
def _template(name: str) -> jinja2.Template:
    return _ENVIRONMENT.from_string(resources.text(f"{_FOLDER}/{name}"))
